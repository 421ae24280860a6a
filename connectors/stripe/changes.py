"""Events as hints: which records changed. Pure.

Stripe lists no changed records, only events of the last 30 days, rendered as they were at that time and in the API
version of that time. So an event says what to read again; its own copy is used only where that shows the same.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from connectors.stripe.translate import STREAMS

#: Events within a second come in no order, and late; this many seconds are looked at again.
OVERLAP_SECONDS = 300
#: More events than this within the overlap are not remembered but looked at twice.
_REMEMBERED = 500

_STREAM_OF = {
    "customer": "customers",
    "invoice": "invoices",
    "credit_note": "credit_notes",
    "charge": "payments",
    "refund": "refunds",
    "dispute": "chargebacks",
    "payout": "payouts",
    "payment_link": "payment_links",
}
#: Fields that name another record which this event may have changed.
_RELATED = {
    "invoice_payment": {"invoice": "invoices"},
    "credit_note": {"invoice": "invoices"},
    "refund": {"charge": "payments"},
    "dispute": {"charge": "payments"},
    "payment_intent": {"latest_charge": "payments"},
    "checkout.session": {"payment_link": "payment_links", "invoice": "invoices"},
}


class EventData(msgspec.Struct):
    object: msgspec.Raw


class Event(msgspec.Struct):
    id: str
    type: str
    created: int
    data: EventData
    api_version: str | None = None


class _Head(msgspec.Struct):
    """Ids only; a field may hold the whole record behind the id."""

    object: str = ""
    id: Any = None
    invoice: Any = None
    charge: Any = None
    latest_charge: Any = None
    payment_link: Any = None


class Position(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far events were read: the newest one, and those near it that were already dealt with."""

    anchor: str = ""
    at: int = 0
    seen: tuple[str, ...] = ()


#: Stream → id → the record as the event shows it, or None: read it again. b"" says that it was deleted.
Touched = dict[str, dict[str, bytes | None]]


def position_after(events: list[Event], before: Position) -> Position:
    """`events` is everything since the overlap before `before`, in any order."""
    if not events:
        return before
    newest = max(events, key=lambda event: event.created)
    near = [event.id for event in events if event.created >= newest.created - OVERLAP_SECONDS]
    return Position(newest.id, newest.created, tuple(near) if len(near) <= _REMEMBERED else ())


def touched(events: Iterable[Event], version: str) -> Touched:
    """What changed, each record once. `version` is the API version that our translation is written for."""
    found: Touched = {name: {} for name in STREAMS}
    last_seen: dict[tuple[str, str], int] = {}
    for event in sorted(events, key=lambda event: event.created):
        head = _head(event)
        stream, identifier = _STREAM_OF.get(head.object, ""), _id(head.id)
        for name, related in _RELATED.get(head.object, {}).items():
            if other := _id(getattr(head, name)):
                found[related].setdefault(other, None)
        if not stream or not identifier:
            continue
        tie = last_seen.get((stream, identifier)) == event.created
        last_seen[stream, identifier] = event.created
        found[stream][identifier] = _shown(event, stream, version, tie)
    return found


def _shown(event: Event, stream: str, version: str, tie: bool) -> bytes | None:
    if event.type.endswith(".deleted"):
        return b""
    usable = STREAMS[stream].whole and event.api_version == version and not tie
    return bytes(event.data.object) if usable else None


def _head(event: Event) -> _Head:
    try:
        return msgspec.json.decode(event.data.object, type=_Head)
    except msgspec.DecodeError:
        return _Head()


def _id(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("id")
    return value if isinstance(value, str) else ""
