"""A slot is done by one; a dead one's slot may be taken over, a living one's never."""

import datetime as dt

from store import slots
from store.engine import Store
from tests.builders import NOW

LEASE = dt.timedelta(minutes=50)


def claim(store: Store, owner: str, at: dt.datetime = NOW) -> bool:
    with store.write() as tx:
        return slots.claim(tx, "hourly", NOW, owner, at, LEASE)


def test_one_scheduler_of_many_gets_the_slot(store: Store) -> None:
    assert [claim(store, f"worker-{number}") for number in range(4)] == [True, False, False, False]


def test_a_slot_whose_worker_died_is_taken_over_after_its_lease(store: Store) -> None:
    assert claim(store, "first")
    assert not claim(store, "second", NOW + LEASE / 2)
    assert claim(store, "second", NOW + LEASE * 2)
    with store.write() as tx:
        assert not slots.finish(tx, "hourly", NOW, "first", "done", NOW, "")
        assert slots.finish(tx, "hourly", NOW, "second", "done", NOW, "")


def test_a_finished_slot_is_never_done_again(store: Store) -> None:
    claim(store, "first")
    with store.write() as tx:
        slots.finish(tx, "hourly", NOW, "first", "done", NOW, "")
    assert not claim(store, "second", NOW + LEASE * 2)
