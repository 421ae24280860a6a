"""One worker at a time reads a connection; a dead or silent one gives its turn away."""

import dataclasses
from collections.abc import Callable

import pytest

from sync.installation import Installation, Processes
from sync.pull import pull
from sync.turns import Busy, reading
from tests.sync.conftest import Office


def worker(office: Office, name: str, alive: Callable[[str], bool | None] = lambda _: True) -> Installation:
    return dataclasses.replace(office.unhurried, processes=Processes(name, alive))


def test_two_workers_never_read_one_connection_at_once(office: Office) -> None:
    with reading(worker(office, "one"), "books"):
        with pytest.raises(Busy), reading(worker(office, "two"), "books"):
            pass
        report = pull(worker(office, "two"), "books")
        assert "another worker is reading it now (one)" in report.error
        assert report.calls == 0
        assert not pull(worker(office, "two"), "ledger").error, "another connection is free"
    assert not pull(worker(office, "two"), "books").error


def test_a_worker_that_was_killed_holds_nobody_up(office: Office) -> None:
    turn = reading(worker(office, "one"), "books")
    turn.__enter__()
    assert not pull(worker(office, "two", lambda name: name != "one"), "books").error


def test_a_worker_on_another_machine_that_fell_silent_loses_its_turn(office: Office) -> None:
    elsewhere: Callable[[str], bool | None] = lambda _: None  # noqa: E731 - one line says it
    turn = reading(worker(office, "one"), "books")
    turn.__enter__()
    assert pull(worker(office, "two", elsewhere), "books").error
    office.later(minutes=11)
    assert not pull(worker(office, "two", elsewhere), "books").error
