"""No network but this machine; every test database is made by the migrations."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_socket import socket_allow_hosts

from store.engine import Store, open_engine
from store.migrate import upgrade


@pytest.fixture(autouse=True)
def only_this_machine() -> None:
    socket_allow_hosts(["127.0.0.1", "localhost", "::1"], allow_unix_socket=True)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    engine = open_engine(f"sqlite:///{tmp_path}/owed.db")
    upgrade(engine)
    yield Store(engine, "harbour")
    engine.dispose()
