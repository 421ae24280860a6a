"""Column types that mean the same on SQLite (STRICT) and PostgreSQL.

Instants are stored as text of one fixed width, so that text order is time order on both engines.
"""

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger, Dialect, Integer, LargeBinary, Text
from sqlalchemy.types import TypeDecorator


class UtcText(TypeDecorator[dt.datetime]):
    """An aware instant as `2026-01-02T03:04:05.123456Z`. A naive datetime raises ValueError."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002  # SQLAlchemy's signature
        return None if value is None else utc_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> dt.datetime | None:  # noqa: ARG002  # SQLAlchemy's signature
        return None if value is None else dt.datetime.fromisoformat(value)


class DateText(TypeDecorator[dt.date]):
    """A calendar day as `2026-01-02`."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: dt.date | None, dialect: Dialect) -> str | None:  # noqa: ARG002  # SQLAlchemy's signature
        return date_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> dt.date | None:  # noqa: ARG002  # SQLAlchemy's signature
        return None if value is None else dt.date.fromisoformat(value)


def date_text(day: dt.date | None) -> str | None:
    return None if day is None else day.isoformat()


def utc_text(instant: dt.datetime) -> str:
    if instant.tzinfo is None:
        raise ValueError(f"an instant needs a time zone: {instant}")
    if instant.tzinfo is not dt.UTC:
        instant = instant.astimezone(dt.UTC)
    return instant.isoformat(timespec="microseconds")[:-6] + "Z"


#: Minor units of a currency, counters and sequence numbers.
Whole = BigInteger().with_variant(Integer, "sqlite")
Words = Text
Bytes = LargeBinary
