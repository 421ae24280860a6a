"""What all Stripe records have in common: ids that may be expanded, instants, metadata. Pure."""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from connectors.fields import (
    Record,
    Unreadable,
    record,
    text,
    whole,
)
from receivables.facts import (
    Fact,
    Gone,
)

Facts = tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Account:
    """Where a record stands. Stripe states instants; `zone` makes calendar days of them."""

    connection: str
    zone: ZoneInfo


def instant(row: Record, name: str) -> dt.datetime | None:
    """Seconds since 1970."""
    if row.get(name) is None:
        return None
    try:
        return dt.datetime.fromtimestamp(whole(row, name), dt.UTC)
    except (OverflowError, OSError):
        raise Unreadable(f"{name} {row[name]} is no time") from None


def day(row: Record, name: str, account: Account) -> dt.date | None:
    found = instant(row, name)
    return found.astimezone(account.zone).date() if found else None


def reference(row: Record, name: str) -> str:
    """An id, whether the object behind it was expanded or not."""
    value = row.get(name)
    return text(value, "id") if isinstance(value, dict) else text(row, name)


def party(row: Record) -> str:
    """A customer, or in accounts of the newer kind a customer account; "" for a guest."""
    return reference(row, "customer") or reference(row, "customer_account")


def metadata(row: Record) -> dict[str, str]:
    return {name: str(value) for name, value in record(row, "metadata").items() if value is not None}


def gone(connection: str, kind: str, identifier: str) -> Gone:
    return Gone(connection=connection, id=identifier, of_kind=kind)
