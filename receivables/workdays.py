"""Working days: weekdays that are no public holiday in a country (holidays library)."""

import datetime as dt
from functools import lru_cache

import holidays

_SATURDAY = 5


#: Where holidays differ inside a country and the national list leaves most people's out: the part where most live.
_PARTS = {"GB": "ENG", "AU": "NSW", "CA": "ON", "CH": "ZH", "ES": "MD"}


@lru_cache(maxsize=4096)
def _holidays(country: str, year: int) -> frozenset[dt.date]:
    """An unknown or empty country has no holidays of its own, only weekends."""
    try:
        part = _PARTS.get(country)
        return frozenset(holidays.country_holidays(country, subdiv=part, years=year).keys()) if country else frozenset()
    except NotImplementedError:
        return frozenset()


def is_workday(day: dt.date, country: str = "") -> bool:
    """`country` is an ISO 3166 alpha-2 code."""
    return day.weekday() < _SATURDAY and day not in _holidays(country, day.year)


def workdays_between(start: dt.date, end: dt.date, country: str = "") -> int:
    """Working days after `start`, up to and with `end`; counts no further than a month."""
    days = min((end - start).days, 31)
    return sum(is_workday(start + dt.timedelta(days=passed), country) for passed in range(1, days + 1))


def next_workday(day: dt.date, country: str = "") -> dt.date:
    """`day` itself when it is a working day, else the first one after it."""
    while not is_workday(day, country):
        day += dt.timedelta(days=1)
    return day


def workdays_after(day: dt.date, count: int, country: str = "") -> dt.date:
    """The `count`-th working day after `day`."""
    for _ in range(count):
        day = next_workday(day + dt.timedelta(days=1), country)
    return day
