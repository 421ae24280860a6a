"""Calls are spent in fixed windows that every process shares; a pause holds for all."""

import datetime as dt

from store import allowances
from store.allowances import Spending
from store.engine import Store
from tests.builders import NOW

MINUTE = dt.timedelta(minutes=1)


def of_minute(at: dt.datetime, limit: int = 3, scope: str = "books/minute") -> Spending:
    return Spending(scope, 1, limit, at, lambda began: began + MINUTE)


def spend(store: Store, at: dt.datetime) -> dt.datetime | None:
    with store.write() as tx:
        return allowances.spend(tx, [of_minute(at)], at)


def test_the_window_ends_and_begins_anew(store: Store) -> None:
    assert [spend(store, NOW) for _ in range(4)] == [None, None, None, NOW + MINUTE]
    assert spend(store, NOW + MINUTE) is None


def test_a_pause_of_the_platform_holds_for_everyone(store: Store) -> None:
    until = NOW + dt.timedelta(hours=2)
    with store.write() as tx:
        allowances.pause(tx, "books/minute", until, "the day's calls are used up", NOW)
    assert spend(store, NOW + MINUTE) == until
    assert spend(store, until) is None


def test_a_call_that_one_window_refuses_is_taken_from_none(store: Store) -> None:
    wide, narrow = of_minute(NOW, 10, "books/day"), of_minute(NOW, 1)
    with store.write() as tx:
        assert allowances.spend(tx, [wide, narrow], NOW) is None
        assert allowances.spend(tx, [wide, narrow], NOW) == NOW + MINUTE
        assert allowances.used(tx, "books/day", lambda began: began + MINUTE, NOW) == 1
