"""A database of an earlier version is brought forward with what it holds; a current one is left alone."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command

from store import connections, journal
from store.columns import utc_text
from store.engine import Store, open_engine
from store.migrate import _config, is_current, known_versions, migrate, upgrade
from tests.builders import NOW
from tests.postgresql import fresh_database


@pytest.mark.parametrize("on", ["sqlite", "postgresql"])
def test_the_first_version_is_brought_forward_with_its_rows(
    on: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path}/owed.db" if on == "sqlite" else fresh_database(request.getfixturevalue("postgresql"))
    engine = open_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect().execution_options(owed_write=True) as old, old.begin():
        command.upgrade(_config(old), "0001")
        row = {
            "organisation": "acme",
            "name": "books",
            "platform": "xero",
            "account": "t",
            "title": "",
            "state": "ok",
            "problem": "",
        }
        columns = ", ".join(row)
        values = ", ".join(f":{name}" for name in row)
        old.execute(sa.text(f"INSERT INTO connection ({columns}) VALUES ({values})"), row)
    assert not is_current(engine)
    upgrade(engine)
    assert is_current(engine)
    upgrade(engine)
    with Store(engine, "acme").read() as tx:
        known = connections.known(tx)["books"]
    assert (known.account, known.verified_at, known.hinted_at) == ("t", None, None)
    engine.dispose()


_OLD_TRIGGERS = {
    "sqlite": ("CREATE TRIGGER journal_no_UPDATE BEFORE UPDATE ON journal BEGIN SELECT RAISE(ABORT, 'no'); END",),
    "postgresql": (
        """CREATE FUNCTION owed_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the journal is append-only'; END $$""",
        """CREATE TRIGGER journal_append_only BEFORE UPDATE OR DELETE ON journal
FOR EACH ROW EXECUTE FUNCTION owed_append_only()""",
    ),
}


def old_journal(tx: sa.Connection, count: int) -> str:
    """Entries as they were written before what they tell had a table of its own; the head."""
    previous = journal.GENESIS
    for number in range(1, count + 1):
        body = f'{{"reason":"Ann said so {number}"}}'
        entry = journal.Entry(number, NOW, "anna", "hold", "books:customer:1", "", previous, "", "", body)
        sealed = journal.first_seal("acme", entry)
        row = {
            "organisation": "acme",
            "number": number,
            "at": utc_text(NOW),
            "actor": entry.actor,
            "event": entry.event,
            "subject": entry.subject,
            "body": body,
            "previous": previous,
            "hash": sealed,
        }
        columns, values = ", ".join(row), ", ".join(f":{name}" for name in row)
        tx.execute(sa.text(f"INSERT INTO journal ({columns}) VALUES ({values})"), row)
        previous = sealed
    return previous


@pytest.mark.parametrize("on", ["sqlite", "postgresql"])
def test_an_old_journal_keeps_its_head_goes_on_and_can_be_erased(
    on: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path}/owed.db" if on == "sqlite" else fresh_database(request.getfixturevalue("postgresql"))
    engine = open_engine(url)
    with engine.connect().execution_options(owed_write=True) as old, old.begin():
        migrate(old, "0004")
        head = old_journal(old, 3)
        for statement in _OLD_TRIGGERS[on]:
            old.exec_driver_sql(statement)
    upgrade(engine)
    store = Store(engine, "acme")
    with store.write() as tx:
        assert journal.verify(tx) == journal.Verdict(3, head)
        assert journal.head(tx).hash == head
        journal.append(tx, NOW, "sent", "effect", {"to": "Ann"})
        journal.erase_bodies(tx, NOW, [one for one in journal.entries(tx) if one.number in (2, 4)], {}, "anna")
    with store.read() as tx:
        verdict = journal.verify(tx)
        assert [one.body is None for one in journal.entries(tx)] == [False, True, False, True, False]
    assert (verdict.count, verdict.fault, verdict.erased) == (5, "", 2)
    with pytest.raises(sa.exc.DatabaseError, match="append-only"), store.write() as tx:
        tx.execute(sa.text("UPDATE journal SET actor = 'x'"))
    engine.dispose()


@pytest.mark.parametrize("on", ["sqlite", "postgresql"])
def test_every_step_of_the_way_leaves_a_schema_that_can_go_on(
    on: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    for number, version in enumerate(known_versions()):
        url = (
            f"sqlite:///{tmp_path}/{number}.db"
            if on == "sqlite"
            else fresh_database(request.getfixturevalue("postgresql"))
        )
        engine = open_engine(url)
        with engine.connect().execution_options(owed_write=True) as old, old.begin():
            migrate(old, version)
        upgrade(engine)
        assert is_current(engine), version
        engine.dispose()


_UPGRADE = """
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from store.engine import open_engine
from store.migrate import upgrade
import alembic.command
print("ready", flush=True)
sys.stdin.readline()
engine = open_engine(sys.argv[1])
upgrade(engine)
engine.dispose()
"""
_AT_ONCE = 4


def upgrade_at_once(url: str) -> list[str]:
    """What processes that begin at the same moment say on stderr; "" when all went well."""
    command = [sys.executable, "-c", _UPGRADE, url]
    pipe = subprocess.PIPE
    begun = [subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) for _ in range(_AT_ONCE)]
    for process in begun:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in begun:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    return [process.communicate()[1] for process in begun]


@pytest.mark.parametrize("version", ["", "0001"])
@pytest.mark.parametrize("on", ["sqlite", "postgresql"])
def test_several_processes_may_begin_with_a_new_version_at_once(
    on: str, version: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path}/owed.db" if on == "sqlite" else fresh_database(request.getfixturevalue("postgresql"))
    engine = open_engine(url)
    if version:
        with engine.connect().execution_options(owed_write=True) as old, old.begin():
            migrate(old, version)
    engine.dispose()
    assert upgrade_at_once(url) == [""] * _AT_ONCE
    assert is_current(engine)
    engine.dispose()


def test_several_threads_may_bring_forward_a_database_each(tmp_path: Path) -> None:
    """As in a worker whose organisations have databases of their own."""
    engines = [open_engine(f"sqlite:///{tmp_path}/{number}.db") for number in range(_AT_ONCE)]
    together = threading.Barrier(_AT_ONCE)

    def begin(engine: sa.Engine) -> bool:
        together.wait()
        upgrade(engine)
        return is_current(engine)

    with ThreadPoolExecutor(_AT_ONCE) as threads:
        assert list(threads.map(begin, engines)) == [True] * _AT_ONCE
    for engine in engines:
        engine.dispose()
