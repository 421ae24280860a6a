"""kill -9 at each numbered step of an hour's slot: opened, promised, claimed, renewed, finished. The next worker does what
is left, once. The organisation has no connections, so that all that happens is whose turn it was."""

import datetime as dt
import multiprocessing
import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa

from store import journal
from store.engine import Store, open_engine
from tests.chaos.victim import do_hour

pytestmark = pytest.mark.long

_SETTINGS = """[business]
id = "harbour"
name = "Harbour Joinery Ltd"
timezone = "Europe/London"
country = "GB"
currency = "GBP"
[store]
url = "sqlite:///owed.db"
"""

HOUR = dt.datetime(2026, 11, 18, 10, 0, tzinfo=dt.UTC)
KILLED = -9

_fork = multiprocessing.get_context("forkserver")
_fork.set_forkserver_preload(["tests.chaos.victim"])


def work(folder: Path, now: dt.datetime, die_at: int = 0, *, is_shared: bool = False) -> int:
    """A worker's hour in a process; its exit code."""
    process = _fork.Process(target=do_hour, args=(folder / "owed.toml", now, die_at, is_shared))
    process.start()
    process.join()
    assert process.exitcode is not None
    return process.exitcode


def rounds(folder: Path) -> int:
    path = folder / "rounds.txt"
    return len(path.read_text().splitlines()) if path.exists() else 0


def slots(folder: Path) -> list[str]:
    """The states of all slots, oldest first; and the journal is whole."""
    engine = open_engine(f"sqlite:///{folder}/owed.db")
    with engine.connect() as connection:
        states = list(connection.execute(sa.text("SELECT state FROM slot ORDER BY slot_at")).scalars())
    with Store(engine, "harbour").read() as tx:
        assert journal.verify(tx).fault == ""
    engine.dispose()
    return states


@pytest.fixture
def hour_before(tmp_path: Path) -> Path:
    """What a worker leaves that did the hour before; steps.txt says in how many steps."""
    folder = tmp_path / "before"
    folder.mkdir()
    (folder / "owed.toml").write_text(_SETTINGS)
    assert work(folder, HOUR - dt.timedelta(hours=2)) == 0
    assert work(folder, HOUR - dt.timedelta(hours=1), is_shared=True) == 0
    (folder / "rounds.txt").unlink()
    return folder


@pytest.mark.parametrize("is_shared", [False, True], ids=["own queue", "shared queue"])
def test_each_slot_is_done_once_wherever_its_worker_dies(hour_before: Path, tmp_path: Path, is_shared: bool) -> None:
    died_in: set[str] = set()
    for die_at in range(1, int((hour_before / "steps.txt").read_text()) + 1):
        folder = tmp_path / f"{die_at}"
        shutil.copytree(hour_before, folder)
        if work(folder, HOUR, die_at, is_shared=is_shared) != KILLED:
            break
        left, done = slots(folder), rounds(folder)
        died_in.add(left[-1] if len(left) == 3 else "not open")
        assert work(folder, HOUR) == 0
        assert slots(folder) == ["done", "done", "done"]
        assert rounds(folder) - done == (0 if left[2:] == ["done"] else 1), f"killed at step {die_at}"
        shutil.rmtree(folder)
    assert died_in == {"not open", "waiting", "claimed", "done"}
