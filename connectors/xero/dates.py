"""Xero's dates: `/Date(1757894400000+0000)/`, milliseconds since 1970. Pure."""

import datetime as dt
import re

from connectors.fields import Record, Unreadable, instant_of, text

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_DATE = re.compile(r"/Date\((-?\d+)(?:[+-]\d{4})?\)/")


def instant_in(value: str, name: str = "date") -> dt.datetime:
    """The offset behind the milliseconds says how it is shown, not when it is."""
    match = _DATE.fullmatch(value)
    if match is None:
        return instant_of(value, name)
    try:
        return _EPOCH + dt.timedelta(milliseconds=int(match[1]))
    except OverflowError:
        raise Unreadable(f"{name} {value!r} is no date") from None


def instant(row: Record, name: str) -> dt.datetime | None:
    value = text(row, name)
    return instant_in(value, name) if value else None


def day(row: Record, name: str) -> dt.date | None:
    """A calendar day of the organisation: Xero writes it as midnight UTC, so it is not converted to any zone."""
    found = instant(row, name)
    return found.date() if found else None
