"""What fails outside owed is one clear line and exit code 1, never a traceback; Ctrl-C is 130."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.owed.conftest import Desk, run

_ROOT = Path(__file__).resolve().parents[2]


def fails(folder: Path, *command: str) -> str:
    told = run(*(command or ("status",)), "--config", str(folder / "owed.toml"))
    assert (told.code, told.out) == (1, ""), told
    return told.err


@pytest.fixture
def home(tmp_path: Path) -> Path:
    assert run("init", "--config", str(tmp_path / "owed.toml")).code == 0
    return tmp_path


def store_is(home: Path, url: str) -> None:
    path = home / "owed.toml"
    path.write_text(path.read_text().replace("sqlite:///owed.db", url))


def garbage(home: Path) -> None:
    (home / "owed.db").write_text("this is no database, but long enough to be taken for one at first " * 20)


def folder_in_its_place(home: Path) -> None:
    (home / "owed.db").mkdir()


def of_the_future(home: Path) -> None:
    run("status", "--config", str(home / "owed.toml"))
    with sqlite3.connect(home / "owed.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'ffffffffffff'")
    connection.close()


def nobody_listens(home: Path) -> None:
    store_is(home, "postgresql://owed:hidden@127.0.0.1:1/owed")


def useless_key(home: Path) -> None:
    (home / "owed.key").write_text("too short\n")


def key_of_bytes(home: Path) -> None:
    (home / "owed.key").write_bytes(b"\xff\xfe\x00")


def empty_key(home: Path) -> None:
    (home / "owed.key").write_text("")


def folder_for_key(home: Path) -> None:
    (home / "owed.key").mkdir()


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (garbage, "not a database"),
        (folder_in_its_place, "unable to open"),
        (of_the_future, "another version of owed"),
        (nobody_listens, "127.0.0.1"),
        (useless_key, "no usable key"),
        (key_of_bytes, "no usable key"),
        (empty_key, "no usable key"),
        (folder_for_key, "owed.key: "),
    ],
)
def test_a_store_or_key_that_cannot_be_used(home: Path, spoil: Callable[[Path], None], says: str) -> None:
    spoil(home)
    told = fails(home)
    assert says in told
    assert "hidden" not in told


def test_a_folder_where_nothing_can_be_written(home: Path) -> None:
    store_is(home, "sqlite:////proc/nowhere/owed.db")
    assert fails(home).count("\n") == 1
    told = run("init", "--config", "/proc/nowhere/owed.toml")
    assert (told.code, told.err.count("\n")) == (1, 1)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_read_only(home: Path) -> None:
    home.chmod(0o500)
    try:
        assert fails(home).count("\n") == 1
    finally:
        home.chmod(0o700)


def test_a_disk_that_is_full(tmp_path: Path) -> None:
    """A limit on the size of files stands in for a full disk."""
    script = f"ulimit -f 1; exec {sys.executable} -m owed init --config {tmp_path}/owed.toml"
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        ["bash", "-c", script], cwd=_ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, "Traceback" in done.stderr, done.stdout) == (1, False, "")
    assert "too large" in done.stderr
    assert not (tmp_path / "owed.toml").exists(), "half a file would be in the way of the next try"


def test_credentials_sealed_with_another_key(desk: Desk) -> None:
    (desk.folder / "owed.key").unlink()
    status = desk.owed("status").out
    assert "locked" in status
    assert f"another key than that of {desk.folder}/owed.key: put back the key file" in status
    told = desk.owed("sync", "cards", code=1)
    assert "sealed with another key" in told.out + told.err


def test_a_locked_database_is_waited_for_and_then_told(home: Path) -> None:
    run("status", "--config", str(home / "owed.toml"))
    locker = sqlite3.connect(home / "owed.db", isolation_level=None)
    locker.execute("BEGIN IMMEDIATE")
    script = (
        "import sqlalchemy as sa; from store import engine; tune = engine._tune_sqlite\n"
        "engine._tune_sqlite = lambda c, r: (tune(c, r), c.execute('PRAGMA busy_timeout=50'))\n"
        "from owed.__main__ import main; main()"
    )
    try:
        command = [sys.executable, "-c", script, "status", "--config", str(home / "owed.toml")]
        done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, timeout=60)
    finally:
        locker.close()
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith("database is locked\n")
    assert done.stderr.count("\n") == 1


def test_a_platform_that_is_away(desk: Desk) -> None:
    desk.settings(r'(name = "cards"\n(?:.*\n)*?api_base = )"[^"]*"', r'\1"http://127.0.0.1:1"')
    told = desk.owed("sync", "cards", code=1)
    assert ("no connection" in told.out, told.err) == (True, "")
    assert desk.json("status")["connections"][2]["state"] == "failing"


def start(home: Path, *command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "owed", *command, "--config", str(home / "owed.toml")],
        cwd=_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_hears_ctrl_c,
    )


def _hears_ctrl_c() -> None:
    """What a shell starts in the background inherits that Ctrl-C is ignored: these tests may be run so."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_a_reader_that_leaves(desk: Desk) -> None:
    """`owed invoices --all --json | head -1`: no complaint of Python's at its end."""
    process = start(desk.folder, "invoices", "--json")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stdin is not None
    with process.stderr, process.stdin:
        assert process.stderr.read() == ""
    assert process.wait(60) == 1


def test_ctrl_c_at_a_question(desk: Desk) -> None:
    process = start(desk.folder, "golive")
    assert process.stderr is not None
    asked = ""
    while "?" not in asked:
        asked += process.stderr.read(1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, "Traceback" in err) == (130, False), asked + err


def test_ctrl_c_ends_the_worker_after_its_round(desk: Desk) -> None:
    process = start(desk.folder, "worker", "--now", desk.now.isoformat())
    assert process.stdout is not None
    line = ""
    while "messages:" not in line:
        line = process.stdout.readline()
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, "Traceback" in err) == (0, False)
