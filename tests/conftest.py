"""No network but this machine; every test database is made by the migrations."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from pytest_socket import socket_allow_hosts

from store.engine import Store, open_engine
from store.migrate import upgrade
from tests.postgresql import drop_databases, fresh_database, server

# Properties have no time limit: a busy machine is no failure.
settings.register_profile("owed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("owed")

#: Databases of tests need not survive a power cut; in memory their many small commits cost nothing. What a test leaves
#: is deleted when it has passed (pyproject.toml); a run was seen to need 0.4 GB of it.
_MEMORY, _ROOM = Path("/dev/shm"), 3 * 2**30
if os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ROOM:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))


@pytest.fixture(autouse=True)
def only_this_machine() -> None:
    socket_allow_hosts(["127.0.0.1", "localhost", "::1"], allow_unix_socket=True)


@pytest.fixture(autouse=True)
def no_database_is_left() -> Iterator[None]:
    yield
    drop_databases()


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a PostgreSQL server, started once a run."""
    with server(tmp_path_factory.mktemp("postgresql")) as url:
        yield url


@contextmanager
def opened(url: str) -> Iterator[Store]:
    engine = open_engine(url)
    upgrade(engine)
    yield Store(engine, "harbour")
    engine.dispose()


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    with opened(f"sqlite:///{tmp_path}/owed.db") as store:
        yield store


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """The same test on both engines."""
    on_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/owed.db" if on_sqlite else fresh_database(request.getfixturevalue("postgresql"))
    with opened(url) as store:
        yield store
