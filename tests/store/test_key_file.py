"""The key file that seals credentials: made once, whoever else begins at the same moment."""

import threading
from pathlib import Path

import pytest

from store.credentials import Vault
from store.engine import StoreError


def test_of_many_workers_that_begin_at_once_one_makes_the_key(tmp_path: Path) -> None:
    for number in range(50):
        path, made = tmp_path / f"{number}" / "owed.key", list[Vault]()
        start = threading.Barrier(8)

        def begin(path: Path = path, made: list[Vault] = made, start: threading.Barrier = start) -> None:
            start.wait()
            made.append(Vault.from_file(path))

        threads = [threading.Thread(target=begin) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(made) == 8
        assert {one.open(made[0].seal(b"secret")) for one in made} == {b"secret"}
        assert [one.name for one in path.parent.iterdir()] == ["owed.key"]
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_key_that_is_there_stays(tmp_path: Path) -> None:
    sealed = Vault.from_file(tmp_path / "owed.key").seal(b"secret")
    assert Vault.from_file(tmp_path / "owed.key").open(sealed) == b"secret"


def test_a_file_without_a_key_is_told_of_and_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "owed.key"
    path.write_text("")
    with pytest.raises(StoreError, match="holds no usable key"):
        Vault.from_file(path)
    assert path.read_text() == ""
