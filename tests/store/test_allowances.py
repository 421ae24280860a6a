"""Calls are spent in fixed windows that every process shares; a pause holds for all."""

import datetime as dt

from store import allowances
from store.engine import Store
from tests.builders import NOW

MINUTE = dt.timedelta(minutes=1)


def spend(store: Store, at: dt.datetime) -> dt.datetime | None:
    with store.write() as tx:
        return allowances.spend(tx, "books/minute", 3, MINUTE, at)


def test_the_window_ends_and_begins_anew(store: Store) -> None:
    assert [spend(store, NOW) for _ in range(4)] == [None, None, None, NOW + MINUTE]
    assert spend(store, NOW + MINUTE) is None


def test_a_pause_of_the_platform_holds_for_everyone(store: Store) -> None:
    until = NOW + dt.timedelta(hours=2)
    with store.write() as tx:
        allowances.pause(tx, "books/minute", until, "the day's calls are used up", NOW)
    assert spend(store, NOW + MINUTE) == until
    assert spend(store, until) is None
