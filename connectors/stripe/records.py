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
    """Where a record stands. Stripe states instants; `zone` makes calendar days of them.

    `live` is the key's mode: a record of the other one is not taken. None where the key does not tell.
    """

    connection: str
    zone: ZoneInfo
    live: bool | None = None


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


def refuse_other_mode(row: Record, account: Account) -> None:
    """Test records and real money are never mixed. Raises Unreadable."""
    found = row.get("livemode")
    if account.live is not None and found is not None and found is not account.live:
        mode = "live" if account.live else "test"
        raise Unreadable(f"livemode is {found!r}, but the key is for {mode} mode")


def gone(connection: str, kind: str, identifier: str) -> Gone:
    return Gone(connection=connection, id=identifier, of_kind=kind)
