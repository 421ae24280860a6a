"""Opening the store, and the two kinds of transaction on it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event


class StoreError(Exception):
    """The database cannot be opened or used; the message says which and what to do."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """One open transaction of one organisation. Every query in this package adds the organisation itself."""

    connection: sa.Connection
    organisation: str

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
    def write(self) -> Iterator[Transaction]:
        """Commits at the end, rolls back on an exception. One writer at a time, from its first moment on: what is read
        in it cannot change before what follows from it is written. On SQLite by BEGIN IMMEDIATE (a deferred BEGIN
        would lose updates), on PostgreSQL by a lock of the organisation. Never hold one over HTTP."""
        with self.engine.connect().execution_options(owed_write=True) as connection, connection.begin():
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


def _sqlite(url: sa.URL) -> sa.Engine:
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(url, connect_args={"timeout": 30})
    event.listen(engine, "connect", _tune_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _tune_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # the driver must not open transactions by itself
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("owed_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
