"""A backup comes back as it was, on either engine and from one to the other; and nothing is sent twice after it."""

import datetime as dt
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from receivables.commands import SendReminder
from receivables.refs import Ref
from store import backup, codec, connections, ingest, journal, organisations, outbox, snapshots
from store.backup import Backup
from store.engine import Store, StoreError, Transaction, open_engine
from store.migrate import is_current, known_versions, migrate
from store.outbox import NewEffect
from store.restore import restore
from store.tables import metadata
from tests.builders import NOW, customer, invoice
from tests.postgresql import fresh_database

LATER = NOW + dt.timedelta(days=1)
STATES = ("planned", "approved", "sending", "uncertain", "sent")


def fill(store: Store) -> Store:
    with store.write() as tx:
        organisations.declare(tx, "Harbour Joinery", NOW)
        organisations.go_live(tx, NOW)
        facts = [customer(name="Brøk & Søn"), invoice("i1"), invoice("i2", open=0)]
        ingest.save_rows(tx, "books", "all", NOW, [(fact.id.encode() * 40, [fact]) for fact in facts])
        ingest.save_rows(tx, "books", "all", LATER, [(b"new", [invoice("i1", open=5_000)])])
        for number, state in enumerate(STATES):
            _intend(store, tx, number, state)
    return store


def _intend(store: Store, tx: Transaction, number: int, state: str) -> None:
    invoices = (Ref("books", "invoice", f"i{number}"),)
    words = SendReminder(
        connection="mail", invoices=invoices, to=("a@b.example",), subject="Invoice", text="Please pay"
    )
    effect = outbox.plan(tx, NOW, NewEffect(intent=f"first/{number}", command=words, debtor="books:customer:c1"))
    if state == "planned":
        return
    outbox.approve(tx, NOW, effect, "anna")
    if state == "approved":
        return
    approved = outbox.get(tx, effect.id)
    assert approved
    lease = dt.timedelta(minutes=10)
    held = outbox.claim(tx, NOW, approved, owner="w", wall=NOW, lease=lease, command=words, before={}, key=effect.id)
    assert held
    if state == "uncertain":
        outbox.uncertain(tx, NOW, held, "no answer", None)
    elif state == "sent":
        outbox.sent(tx, NOW, held, "250 ok")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store that nobody has used yet."""
    on_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/new.db" if on_sqlite else fresh_database(request.getfixturevalue("postgresql"))
    engine = open_engine(url)
    yield Store(engine, "harbour")
    engine.dispose()


def content(store: Store) -> dict[str, list[tuple[object, ...]]]:
    with store.engine.connect() as connection:
        return {
            table.name: [
                tuple(row)
                for row in connection.execute(
                    sa.text(f'SELECT * FROM "{table.name}" ORDER BY {", ".join(c.name for c in table.primary_key)}')
                )
            ]
            for table in metadata.sorted_tables
        }


def saved(store: Store, folder: Path) -> Backup:
    backup.save(store.engine, folder / "owed.backup", NOW)
    return Backup(folder / "owed.backup")


def test_everything_comes_back_from_either_engine_to_either(store: Store, empty: Store, tmp_path: Path) -> None:
    before = content(fill(store))
    done = restore(empty.engine, saved(store, tmp_path), LATER, "anna")
    after = content(empty)
    assert done.organisations == ("harbour",)
    for name in set(before) - {"organisation", "outbox", "journal", "journal_body"}:
        assert after[name] == before[name], name
    assert after["journal"][: len(before["journal"])] == before["journal"]
    assert is_current(empty.engine)
    with empty.read() as tx:
        assert journal.verify(tx).fault == ""
        (first,) = [one for one in snapshots.load_facts(tx) if one.ref == Ref("books", "invoice", "i1")]
    assert first == invoice("i1", open=5_000)


def test_what_may_have_been_sent_since_waits_for_a_person(store: Store, empty: Store, tmp_path: Path) -> None:
    done = restore(empty.engine, saved(fill(store), tmp_path), LATER, "anna")
    with empty.read() as tx:
        assert outbox.counts(tx) == {"needs_human": 4, "sent": 1}
        standing = organisations.standing(tx)
    assert done.doubtful == 4
    assert standing.stopped_at == LATER
    assert standing.review_until == organisations.STILL_OPEN


def test_what_comes_due_before_the_stop_is_lifted_may_have_been_done(
    store: Store, empty: Store, tmp_path: Path
) -> None:
    """The old installation may have gone on until then; once it is lifted, a second stop changes nothing."""
    restore(empty.engine, saved(fill(store), tmp_path), LATER, "anna")
    lifted_at = LATER + dt.timedelta(days=30)
    for at in (lifted_at, lifted_at + dt.timedelta(days=1)):
        with empty.write() as tx:
            organisations.lift(tx, at)
            organisations.stop(tx, at)
        with empty.read() as tx:
            assert organisations.standing(tx) == organisations.Standing(NOW, at, lifted_at)


def test_the_restored_journal_still_refuses_changes(sqlite_store: Store, empty: Store, tmp_path: Path) -> None:
    restore(empty.engine, saved(fill(sqlite_store), tmp_path), LATER, "anna")
    with pytest.raises(sa.exc.DatabaseError, match="append-only"), empty.write() as tx:
        tx.execute(sa.text("DELETE FROM journal"))


def test_a_store_that_holds_something_is_left_alone(store: Store, tmp_path: Path) -> None:
    source = saved(fill(store), tmp_path)
    before = content(store)
    with pytest.raises(StoreError, match="not empty"):
        restore(store.engine, source, LATER, "anna")
    assert content(store) == before


def test_a_backup_never_replaces_a_file(sqlite_store: Store, tmp_path: Path) -> None:
    (tmp_path / "there").write_text("mine")
    with pytest.raises(FileExistsError):
        backup.save(sqlite_store.engine, tmp_path / "there", NOW)
    assert (tmp_path / "there").read_text() == "mine"


def test_the_same_state_makes_the_same_bytes(sqlite_store: Store, tmp_path: Path) -> None:
    fill(sqlite_store)
    for name in ("one", "two"):
        backup.save(sqlite_store.engine, tmp_path / name, NOW)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_damaged_backup_is_refused_before_anything_is_written(sqlite_store: Store, tmp_path: Path) -> None:
    source = saved(fill(sqlite_store), tmp_path)
    source.close()
    with (
        zipfile.ZipFile(tmp_path / "owed.backup") as good,
        zipfile.ZipFile(tmp_path / "bad.backup", "w") as bad,
    ):
        for name in good.namelist():
            bad.writestr(name, good.read(name).replace(b"10000", b"1000"))
    with pytest.raises(StoreError, match="is damaged"):
        Backup(tmp_path / "bad.backup")


@pytest.mark.parametrize("body", [b"", b"PK\x03\x04nothing", b"hello"])
def test_another_file_is_no_backup(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "file").write_bytes(body)
    with pytest.raises(StoreError, match="not a backup of owed"):
        Backup(tmp_path / "file")


def test_an_older_schema_is_brought_forward(empty: Store, tmp_path: Path) -> None:
    old = open_engine(f"sqlite:///{tmp_path}/old.db")
    with old.connect().execution_options(owed_write=True) as connection, connection.begin():
        migrate(connection, "0001")
        row = {
            "organisation": "harbour",
            "name": "books",
            "platform": "xero",
            "account": "t",
            "title": "",
            "state": "ok",
        }
        columns = ", ".join([*row, "problem"])
        marks = ", ".join(f":{name}" for name in [*row, "problem"])
        connection.execute(sa.text(f"INSERT INTO connection ({columns}) VALUES ({marks})"), {**row, "problem": ""})
    write_as(old, tmp_path / "old.backup", "0001")
    restore(empty.engine, Backup(tmp_path / "old.backup"), LATER, "anna")
    with empty.read() as tx:
        known = connections.known(tx)["books"]
    assert (known.account, known.verified_at) == ("t", None)
    assert is_current(empty.engine)
    old.dispose()


def write_as(engine: sa.Engine, path: Path, schema: str) -> None:
    """As a version of owed with that schema would have done."""
    with zipfile.ZipFile(path, "w") as bundle, engine.connect() as connection, connection.begin():
        old = sa.MetaData()
        old.reflect(connection)
        tables = [table for table in old.sorted_tables if table.name != "alembic_version"]
        parts = {table.name: backup._save_table(connection, bundle, table) for table in tables}
        manifest = backup.Manifest(
            format=1, schema=schema, made_at="2026-03-10T10:00:00.000000Z", tables=parts, heads={}
        )
        bundle.writestr("manifest.json", codec.encode(manifest))


def test_a_newer_schema_is_refused(sqlite_store: Store, empty: Store, tmp_path: Path) -> None:
    assert "9999" not in known_versions()
    write_as(sqlite_store.engine, tmp_path / "new.backup", "9999")
    with pytest.raises(StoreError, match="newer version of owed"):
        restore(empty.engine, Backup(tmp_path / "new.backup"), LATER, "anna")
