"""Bringing a backup into an empty store. Nothing that may have been sent since is sent again by itself."""

import datetime as dt
from dataclasses import dataclass
from itertools import islice

import sqlalchemy as sa

from store import backup, journal, organisations, outbox
from store.backup import Backup
from store.engine import StoreError, Transaction
from store.migrate import known_versions, migrate
from store.tables import metadata
from store.triggers import protect_journal

#: Rows of one statement.
_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Restored:
    """`doubtful` effects stood open when the backup was made: a person has to say what became of them. What comes due
    before the stop is lifted waits for approval."""

    organisations: tuple[str, ...]
    rows: int
    doubtful: int


def restore(engine: sa.Engine, source: Backup, now: dt.datetime, actor: str) -> Restored:
    """All of it in one transaction, or nothing. Raises StoreError when the store is not empty, or the backup is of a
    newer schema, or its journal is broken. An older schema is brought forward."""
    manifest = source.manifest
    if manifest.schema not in known_versions():
        raise StoreError(f"the backup is of a newer version of owed (schema {manifest.schema}): update owed first")
    with engine.connect().execution_options(owed_write=True) as connection, connection.begin():
        _clear(connection)
        migrate(connection, manifest.schema)
        rows = sum(_fill(connection, source, name) for name in manifest.tables)
        migrate(connection, "head")
        protect_journal(connection)
        names = tuple(backup.organisations(connection))
        made_at = dt.datetime.fromisoformat(manifest.made_at)
        for name in names:
            _check(Transaction(connection, name), manifest.heads.get(name))
        doubtful = sum(make_safe(Transaction(connection, name), now, actor, made_at) for name in names)
    return Restored(names, rows, doubtful)


def _clear(connection: sa.Connection) -> None:
    """An empty schema of any version makes way for the backup's. Raises StoreError for one that holds anything."""
    there = set(sa.inspect(connection).get_table_names())
    for table in metadata.sorted_tables:
        if table.name in there and connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first():
            raise StoreError(
                "the store is not empty, and a backup replaces nothing: name another one in [store] url, or move it away"
            )
    for table in metadata.sorted_tables:
        if table.name in there:
            connection.execute(sa.schema.DropTable(table))
    if "alembic_version" in there:
        connection.exec_driver_sql("DROP TABLE alembic_version")


def _fill(connection: sa.Connection, source: Backup, name: str) -> int:
    """As the schema of the backup has the table, which need not be today's."""
    try:
        table = sa.Table(name, sa.MetaData(), autoload_with=connection)
    except sa.exc.NoSuchTableError:
        raise StoreError(f"the backup has a table {name!r} that its schema does not know") from None
    rows, count = source.rows(name), 0
    while page := list(islice(rows, _PAGE)):
        connection.execute(table.insert(), page)
        count += len(page)
    return count


def _check(tx: Transaction, head: tuple[int, str] | None) -> None:
    verdict = journal.verify(tx)
    if verdict.fault:
        raise StoreError(f"the backup's journal is broken: {verdict.fault}")
    if head is not None and tuple(journal.head(tx)) != tuple(head):
        raise StoreError("the backup's journal does not end where its manifest says")


def make_safe(tx: Transaction, now: dt.datetime, actor: str, made_at: dt.datetime | None = None) -> int:
    """Owed went on working after the backup was made, and nobody here knows what it did then. How many open effects
    need a person's word. `made_at` None: the database was brought back by its own means, as of a day nobody told."""
    standing = organisations.standing(tx)
    organisations.stop(tx, standing.stopped_at or now)
    organisations.review(tx)
    journal.append(tx, now, "restored", "store", {"made_at": made_at, "head": journal.head(tx).hash}, actor)
    backup_of = f"a backup of {made_at:%Y-%m-%d %H:%M} UTC" if made_at else "a backup"
    why = f"restored from {backup_of}: it may have been sent since"
    left = outbox.listed(tx, [state for state in outbox.OPEN_STATES if state != "needs_human"])
    return sum(outbox.needs_human(tx, now, effect, why) for effect in left)
