"""Limits of platforms: shared by all processes, long windows budgeted, writes not metered where the vendor says so."""

import datetime as dt

import pytest

from connectors.errors import Throttled
from store.engine import Store
from sync.limiter import StoredLimiter
from sync.limits import Window, windows_of

NOW = dt.datetime(2026, 1, 31, 22, 0, tzinfo=dt.UTC)


def limiter(store: Store, *windows: Window, urgent: bool = False) -> StoredLimiter:
    return StoredLimiter(store, "books", windows, lambda: NOW, urgent=urgent)


def spent_before_it_waits(limited: StoredLimiter) -> int:
    for count in range(100):
        try:
            limited.spend()
        except Throttled:
            return count
    raise AssertionError("nothing holds it back")


def test_pulling_leaves_a_tenth_of_the_day_for_sending(store: Store) -> None:
    day = Window("day", 20)
    assert spent_before_it_waits(limiter(store, day)) == 18
    assert spent_before_it_waits(limiter(store, day, urgent=True)) == 2


def test_a_used_up_day_is_not_slept_through(store: Store) -> None:
    limited = limiter(store, Window("day", 1), urgent=True)
    limited.spend()
    with pytest.raises(Throttled) as raised:
        limited.spend()
    assert raised.value.retry_at == NOW + dt.timedelta(days=1)


def test_a_metered_month_ends_with_the_calendar_month(store: Store) -> None:
    limited = limiter(store, Window("month", 1), urgent=True)
    limited.spend()
    with pytest.raises(Throttled) as raised:
        limited.spend()
    assert raised.value.retry_at == dt.datetime(2026, 2, 1, tzinfo=dt.UTC)


def test_writes_are_not_counted_where_only_reads_are_metered(store: Store) -> None:
    limited = limiter(store, Window("month", 1, reads_only=True), urgent=True)
    for _ in range(5):
        limited.spend(write=True)
    limited.spend()
    with pytest.raises(Throttled):
        limited.spend()


def test_a_smaller_plan_is_written_into_the_settings() -> None:
    assert windows_of("xero", {"calls_per_day": "950"}) == (Window("minute", 58), Window("day", 950))
