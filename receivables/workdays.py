"""Working days: weekdays that are no public holiday in a country (holidays library)."""

import datetime as dt
from functools import lru_cache

import holidays

_SATURDAY = 5


@lru_cache(maxsize=4096)
def _holidays(country: str, year: int) -> frozenset[dt.date]:
    """An unknown or empty country has no holidays of its own, only weekends."""
    try:
        return frozenset(holidays.country_holidays(country, years=year).keys()) if country else frozenset()
    except NotImplementedError:
        return frozenset()


def is_workday(day: dt.date, country: str = "") -> bool:
    """`country` is an ISO 3166 alpha-2 code."""
    return day.weekday() < _SATURDAY and day not in _holidays(country, day.year)


def next_workday(day: dt.date, country: str = "") -> dt.date:
    """`day` itself when it is a working day, else the first one after it."""
    while not is_workday(day, country):
        day += dt.timedelta(days=1)
    return day
