"""Events as hints: which records changed. Pure.

Stripe lists no changed records, only events of the last 30 days, rendered as they were at that time and in the API
version of that time. So an event says what to read again; its own copy is used only where that shows the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from connectors.fields import Record, Unreadable, decode_record
from connectors.stripe.translate import STREAMS

#: Events within a second come in no order, and late; this many seconds are looked at again.
OVERLAP_SECONDS = 300
#: More events than this within the overlap are not remembered but looked at twice.
REMEMBERED = 500

STREAM_OF = {
    "customer": "customers",
    "invoice": "invoices",
    "credit_note": "credit_notes",
    "charge": "payments",
    "refund": "refunds",
    "dispute": "chargebacks",
    "payout": "payouts",
    "payment_link": "payment_links",
}
#: Events of these objects move Stripe's balance, which has no event of its own transactions.
_MOVE_MONEY = {"charge", "refund", "dispute", "payout", "balance", "transfer", "topup", "application_fee"}


class EventData(msgspec.Struct):
    object: msgspec.Raw


class Event(msgspec.Struct):
    id: str
    type: str
    created: int
    data: EventData
    api_version: str | None = None


class Head(msgspec.Struct):
    """Ids only; a field may hold the whole record behind the id."""

    object: Any = ""
    id: Any = None
    invoice: Any = None
    charge: Any = None
    latest_charge: Any = None
    payment_link: Any = None
    metadata: Any = None
    customer: Any = None
    starting_balance: Any = None
    ending_balance: Any = None
    amount_overpaid: Any = None
    customer_balance_transaction: Any = None


@dataclass(frozen=True, slots=True)
class Related:
    """Another record that an event may have changed.

    `surely`: that record's own event is believed only if it is younger, because it may show the state before.
    """

    stream: str
    id: str
    surely: bool = False


def related(head: Head) -> list[Related]:
    """The records that an event's own record names, and changes."""
    found: list[Related] = []
    match head.object:
        case "invoice_payment":
            found = [Related("invoices", id_in(head.invoice))]
        case "credit_note":
            found = [Related("invoices", id_in(head.invoice), surely=True)]
        case "refund":
            found = [Related("payments", id_in(head.charge), surely=True)]
        case "payment_intent":
            found = [Related("payments", id_in(head.latest_charge))]
        case "checkout.session":
            found = [Related("payment_links", id_in(head.payment_link) if _is_ours(head) else "")]
            found.append(Related("invoices", id_in(head.invoice)))
    if _moves_balance(head):
        found.append(Related("customers", id_in(head.customer), surely=True))
    return [one for one in found if one.id]


def _is_ours(head: Head) -> bool:
    """A link of ours gives its metadata to each session."""
    return isinstance(head.metadata, dict) and "owed_invoice" in head.metadata


def _moves_balance(head: Head) -> bool:
    """A customer's balance at Stripe changes without an event: what used it up, or added to it, tells."""
    if head.object == "credit_note":
        return head.customer_balance_transaction is not None
    used = head.ending_balance is not None and head.ending_balance != head.starting_balance
    return head.object == "invoice" and (used or bool(head.amount_overpaid))


class Position(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far events were read: the newest one, and those near it that were already dealt with."""

    anchor: str = ""
    at: int = 0
    seen: tuple[str, ...] = ()


#: Stream → id → the record as the event shows it, or None: read it again. b"" says that it was deleted.
Touched = dict[str, dict[str, bytes | None]]


@dataclass(slots=True)
class Changes:
    """What events tell. `payments` are those of touched invoices; `money_moved`: the balance has new transactions."""

    touched: Touched = field(default_factory=lambda: {name: {} for name in STREAMS})
    payments: dict[str, list[Record]] = field(default_factory=dict)
    money_moved: bool = False


def position_after(events: list[Event], before: Position) -> Position:
    """`events` is everything since the overlap before `before`, in any order."""
    if not events:
        return before
    newest = max(events, key=lambda event: event.created)
    near = [event.id for event in events if event.created >= newest.created - OVERLAP_SECONDS]
    return Position(newest.id, newest.created, tuple(near) if len(near) <= REMEMBERED else ())


def changes_of(events: Iterable[Event], version: str) -> Changes:
    """What changed, each record once. `version` is the API version that our translation is written for."""
    found = _Reading(version)
    for event in sorted(events, key=lambda event: event.created):
        found.add(event)
    return found.result()


class _Reading:
    """Events one after the other, oldest first."""

    def __init__(self, version: str) -> None:
        self._version = version
        self._changes = Changes()
        self._shown_at: dict[tuple[str, str], int] = {}
        self._doubtful_from: dict[tuple[str, str], int] = {}
        self._last: dict[tuple[str, str], bytes] = {}
        self._paid: dict[str, dict[str, Record]] = {}

    def add(self, event: Event) -> None:
        head = head_of(event.data.object)
        self._changes.money_moved |= str(head.object) in _MOVE_MONEY
        self._relate(event, head)
        if head.object == "invoice_payment":
            self._pay(event, head)
        stream, identifier = STREAM_OF.get(str(head.object), ""), id_in(head.id)
        if stream and identifier:
            self._show(event, stream, identifier)

    def _relate(self, event: Event, head: Head) -> None:
        for other in related(head):
            self._changes.touched[other.stream].setdefault(other.id, None)
            if other.surely:
                self._doubtful_from[other.stream, other.id] = event.created

    def _pay(self, event: Event, head: Head) -> None:
        invoice, row = id_in(head.invoice), _record(event.data.object)
        if invoice and event.api_version == self._version and row.get("status") == "paid":
            self._paid.setdefault(invoice, {})[id_in(head.id)] = row

    def _show(self, event: Event, stream: str, identifier: str) -> None:
        """Two different copies of the same second have no order: the record is read again."""
        key, raw = (stream, identifier), bytes(event.data.object)
        tie = self._shown_at.get(key) == event.created and self._last[key] != raw
        self._shown_at[key], self._last[key] = event.created, raw
        usable = event.api_version == self._version and not tie
        shown = raw if usable else None
        self._changes.touched[stream][identifier] = b"" if event.type.endswith(".deleted") else shown

    def result(self) -> Changes:
        for (stream, identifier), at in self._doubtful_from.items():
            if self._shown_at.get((stream, identifier), 0) <= at and self._changes.touched[stream].get(identifier):
                self._changes.touched[stream][identifier] = None
        self._settle_invoices()
        return self._changes

    def _settle_invoices(self) -> None:
        """An invoice's event shows no payments. Where those of other events add up to what was paid, all are known;
        they stand in Stripe's order, newest first."""
        invoices = self._changes.touched["invoices"]
        for identifier, raw in invoices.items():
            if not raw:
                continue
            payments = sorted(self._paid.get(identifier, {}).values(), key=_made_at, reverse=True)
            if _record(raw).get("amount_paid") == _sum(payments):
                self._changes.payments[identifier] = payments
            else:
                invoices[identifier] = None


def _made_at(payment: Record) -> int:
    found = payment.get("created")
    return found if type(found) is int else 0


def _sum(payments: Iterable[Record]) -> int | None:
    amounts = [payment.get("amount_paid") for payment in payments]
    whole = [amount for amount in amounts if type(amount) is int]
    return sum(whole) if len(whole) == len(amounts) else None


def _record(raw: msgspec.Raw | bytes) -> Record:
    try:
        return decode_record(bytes(raw))
    except Unreadable:
        return {}


def head_of(raw: msgspec.Raw | bytes) -> Head:
    try:
        return msgspec.json.decode(raw, type=Head)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Head()


def id_in(value: Any) -> str:
    """The id that a field holds, whether the object behind it is shown or not."""
    if isinstance(value, dict):
        value = value.get("id")
    return value if isinstance(value, str) else ""
