"""Working days: weekends and public holidays do not count."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivables.workdays import is_workday, workdays_after


@pytest.mark.parametrize(
    ("day", "count", "country", "expected"),
    [
        (dt.date(2026, 11, 18), 5, "GB", dt.date(2026, 11, 25)),
        (dt.date(2026, 11, 21), 5, "GB", dt.date(2026, 11, 27)),
        (dt.date(2026, 12, 23), 3, "GB", dt.date(2026, 12, 30)),
        (dt.date(2026, 11, 18), 0, "GB", dt.date(2026, 11, 18)),
    ],
)
def test_so_many_working_days_later(day: dt.date, count: int, country: str, expected: dt.date) -> None:
    assert workdays_after(day, count, country) == expected


@given(st.dates(dt.date(2020, 1, 1), dt.date(2030, 1, 1)), st.integers(1, 15), st.sampled_from(["", "GB", "DE"]))
def test_it_is_a_working_day_with_so_many_in_between(day: dt.date, count: int, country: str) -> None:
    end = workdays_after(day, count, country)
    days = [day + dt.timedelta(days=number) for number in range(1, (end - day).days + 1)]
    assert is_workday(end, country)
    assert sum(is_workday(one, country) for one in days) == count
