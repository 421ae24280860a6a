"""Opening the store, and the two kinds of transaction on it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from store.same_file import SameFile


class StoreError(Exception):
    """The database cannot be opened or used; the message says which and what to do."""


class DatabaseMoved(StoreError):
    """The file was moved, deleted or replaced under this process."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"the database {path} was moved, deleted or replaced while owed was working;"
            " put it back, or start owed again"
        )


@dataclass(frozen=True, slots=True)
class Transaction:
    """One open transaction of one organisation. Every query in this package adds the organisation itself."""

    connection: sa.Connection
    organisation: str
    #: What it has written itself and need not read again: nobody else writes before it ends.
    written: dict[str, Any] = field(default_factory=dict)

    @property
    def is_postgresql(self) -> bool:
        return self.connection.dialect.name == "postgresql"

    def execute(self, statement: Any, parameters: Any = None) -> sa.CursorResult[Any]:
        return self.connection.execute(statement, parameters)

    def mine(self, table: sa.Table) -> sa.ColumnElement[bool]:
        """The condition that keeps a query inside its organisation."""
        return table.c.organisation == self.organisation


@dataclass(frozen=True, slots=True)
class Store:
    """A database seen by one organisation."""

    engine: sa.Engine
    organisation: str

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[Transaction]:
        """Commits at the end, rolls back on an exception. One writer at a time, from its first moment on: what is read
        in it cannot change before what follows from it is written. On SQLite by BEGIN IMMEDIATE (a deferred BEGIN
        would lose updates), on PostgreSQL by a lock of the organisation. Never hold one over HTTP.

        Not `durable`: SQLite does not wait for the disk, so that a power cut (no kill) may undo it, but nothing before
        it. For counts on which nothing rests."""
        options = {"owed_write": True, "owed_durable": durable}
        with self.engine.connect().execution_options(**options) as connection, connection.begin():
            transaction = Transaction(connection, self.organisation)
            if transaction.is_postgresql:
                lock = sa.text("SELECT pg_advisory_xact_lock(hashtext('owed'), hashtext(:organisation))")
                transaction.execute(lock, {"organisation": self.organisation})
            yield transaction

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """One consistent view; never blocks a writer."""
        with self.engine.connect() as connection, connection.begin():
            yield Transaction(connection, self.organisation)

    def close(self) -> None:
        self.engine.dispose()


def open_engine(url: str) -> sa.Engine:
    """An engine with the settings that owed relies on. Raises StoreError for a URL of another kind."""
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        raise StoreError(f"not a database URL: {url!r}; expected sqlite:///owed.db or postgresql://...") from None
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed)
    if parsed.get_backend_name() == "postgresql":
        return sa.create_engine(parsed, isolation_level="READ COMMITTED", pool_pre_ping=True)
    raise StoreError(f"owed keeps its store in SQLite or PostgreSQL, not in {parsed.get_backend_name()!r}")


class _PooledConnection(sqlite3.Connection):
    """Closed with the pool that held it, also when that is forgotten: Python 3.13 warns of what nobody closed."""

    def __del__(self) -> None:
        with suppress(sqlite3.ProgrammingError):  # one that could not be opened
            self.close()


def _sqlite(url: sa.URL) -> sa.Engine:
    is_file = bool(url.database) and url.database != ":memory:"
    if is_file:
        Path(url.database or "").parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(url, connect_args={"timeout": 30, "factory": _PooledConnection})
    event.listen(engine, "connect", _tune_sqlite)
    if is_file:
        _stay_with_the_file(engine, url.database or "")
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _stay_with_the_file(engine: sa.Engine, path: str) -> None:
    """Asked before each connection, which would make an empty file in the place of one that is gone, and in each
    transaction."""
    file = SameFile(Path(path))

    def check(*_: object) -> None:
        if not file.is_there:
            raise DatabaseMoved(path)

    event.listen(engine, "do_connect", check)
    event.listen(engine, "connect", lambda *_: file.opened())
    event.listen(engine, "begin", check)


def _tune_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # the driver must not open transactions by itself
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    options = connection.get_execution_options()
    if not options.get("owed_write", False):
        connection.exec_driver_sql("BEGIN")
        return
    raw = connection.connection.dbapi_connection
    assert isinstance(raw, sqlite3.Connection)
    raw.execute(f"PRAGMA synchronous={'FULL' if options.get('owed_durable', True) else 'NORMAL'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE")
