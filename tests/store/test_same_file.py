"""A database file that is moved away under a running process takes nothing more, and gets no empty one in its place."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from store import journal
from store.engine import DatabaseMoved, Store, open_engine
from store.migrate import upgrade
from tests.builders import NOW


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "owed.db"


@pytest.fixture
def store(file: Path) -> Iterator[Store]:
    engine = open_engine(f"sqlite:///{file}")
    upgrade(engine)
    store = Store(engine, "harbour")
    yield store
    store.close()


def write(store: Store) -> None:
    with store.write() as tx:
        journal.append(tx, NOW, "sent", "effect")


def entries(store: Store) -> int:
    with store.read() as tx:
        return journal.verify(tx).count


def test_nothing_is_written_after_the_file_was_moved_and_all_goes_on_once_it_is_back(store: Store, file: Path) -> None:
    write(store)
    store.close()  # no log beside it is left to be moved as well
    file.rename(file.with_name("away.db"))
    for _ in range(2):
        with pytest.raises(DatabaseMoved, match="moved, deleted or replaced"):
            write(store)
    assert not file.exists()
    file.with_name("away.db").rename(file)
    write(store)
    assert entries(store) == 2


def test_an_open_connection_notices_too(store: Store, file: Path) -> None:
    write(store)
    file.unlink()
    with pytest.raises(DatabaseMoved):
        write(store)
    with pytest.raises(DatabaseMoved):
        entries(store)


def test_a_copy_in_its_place_is_another_store(store: Store, file: Path) -> None:
    write(store)
    store.close()
    shutil.copy(file, file.with_name("copy.db"))
    file.with_name("copy.db").replace(file)
    with pytest.raises(DatabaseMoved):
        write(store)
    another = Store(open_engine(f"sqlite:///{file}"), "harbour")
    assert entries(another) == 1
    another.close()
