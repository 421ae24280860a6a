"""The business that is owed the money, and the connections to where it keeps its books."""

import datetime as dt
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

Platform = Literal["quickbooks", "xero", "stripe", "email", "webhook", "csv"]

#: Connections that are only told things: nothing is read there.
WRITE_ONLY: frozenset[str] = frozenset({"email", "webhook"})

#: Platforms that keep books: they own the balance of a document that is mirrored elsewhere.
BOOKS: frozenset[str] = frozenset({"quickbooks", "xero", "csv"})


class Business(msgspec.Struct, frozen=True, kw_only=True):
    """`id` is the organisation that every stored row carries. `timezone` decides what is overdue today."""

    id: str
    name: str
    timezone: str = "UTC"
    country: str = ""
    currency: str = ""
    domains: tuple[str, ...] = ()
    #: Days after its issue on which an invoice without a due date is due; None: it is never overdue.
    terms_days: int | None = None

    def day_of(self, instant: dt.datetime) -> dt.date:
        """The calendar day of an aware instant at the business's place."""
        return instant.astimezone(ZoneInfo(self.timezone)).date()


class ConnectionState(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one connection at the time of a snapshot."""

    name: str
    platform: str
    #: Start of the newest pull in which every stream came through.
    synced_at: dt.datetime | None = None
    #: The platform's own automatic reminders; None: the platform cannot tell and nobody has answered yet.
    reminds_by_itself: bool | None = None
    #: Clearing account per currency for money that was received elsewhere; empty: nothing is posted.
    clearing_accounts: dict[str, str] = {}
    #: The owner's answer to "does anything else post Stripe money here?"; None: not yet answered.
    posted_by_others: bool | None = None
    #: When every record was last compared with the platform's own figures.
    counted_at: dt.datetime | None = None
    #: The day of the newest receipt that is recorded here; None: not known, or none at all.
    newest_receipt_on: dt.date | None = None
    #: The owner's word that none is missing up to this day.
    receipts_complete_on: dt.date | None = None
    #: The books are closed up to and with this day: nothing may be posted on it.
    locked_until: dt.date | None = None
