"""What happened since a position: the event list, read once for all streams of a pull."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from connectors.errors import Forbidden
from connectors.fields import Record, Unreadable, decode_record
from connectors.stripe.changes import OVERLAP_SECONDS, Changes, Event, Position, changes_of, position_after
from connectors.stripe.checks import naming
from connectors.stripe.client import API_VERSION, StripeClient, id_of
from connectors.stripe.payouts import Payouts
from connectors.stripe.translate import STREAMS
from receivables.problems import Problem

#: Events that a sweep remembers as told: more than that within the overlap are looked at twice.
_NEWEST = 10


@dataclass(slots=True)
class Poll:
    """One reading of the event list, which serves every stream once. `changes` is None after a gap."""

    changes: Changes | None
    position: Position
    problems: tuple[Problem, ...] = ()
    served: set[str] = field(default_factory=set)


class Recent:
    def __init__(self, client: StripeClient, payouts: Payouts, connection: str) -> None:
        self._client = client
        self._connection = connection
        self._payouts = payouts
        self._began: Position | None = None
        self._polls: dict[Position, Poll] = {}
        self._movements: tuple[int, list[bytes]] | None = None

    def start(self) -> Position:
        """All streams that one connector sweeps go on from one event, so that one poll serves them.

        What the events before it tell is in the sweep, which begins after them.
        """
        if self._began is None:
            with naming("events", "Events"):
                told = map(_event, self._client.page("/v1/events", {"limit": _NEWEST}).data)
            self._began = position_after([event for event in told if event], Position())
        return self._began

    def poll(self, stream: str, position: Position) -> Poll:
        known = self._polls.get(position)
        if known is None or stream in known.served:
            known = self._read(position)
            self._polls = {at: poll for at, poll in self._polls.items() if len(poll.served) < len(STREAMS)}
            self._polls[position] = known
        known.served.add(stream)
        return known

    def _read(self, position: Position) -> Poll:
        """The event that was newest last time must still be there, else some in between may be gone."""
        query = {"created": {"gte": position.at - OVERLAP_SECONDS}} if position.at else {}
        with naming("events", "Events"):
            told = [_event(raw) for found in self._client.pages("/v1/events", query) for raw in found.data]
        events = [event for event in told if event]
        if position.anchor and all(event.id != position.anchor for event in events):
            return Poll(None, position)
        changes = changes_of([event for event in events if event.id not in position.seen], API_VERSION)
        self._movements = None
        self._payouts.forget(changes.touched["payouts"])
        return Poll(changes, position_after(events, position), self._unread(len(told) - len(events)))

    def _unread(self, count: int) -> tuple[Problem, ...]:
        if not count:
            return ()
        what = f"{count} of the events cannot be read: the next census finds what changed"
        return (Problem(f"{self._connection}:event", what),)

    def movements(self, since: int) -> list[bytes]:
        """The balance transactions made at or after `since`, listed once for the fees of charges and for themselves."""
        if self._movements is None or self._movements[0] > since:
            pages = self._client.pages("/v1/balance_transactions", {"created": {"gte": max(since, 0)}})
            self._movements = since, [bytes(raw) for page in pages for raw in page.data]
        return self._movements[1]

    def with_fees(
        self, charges: Mapping[str, bytes | None], since: int
    ) -> tuple[dict[str, bytes | None], dict[str, Record]]:
        """Charges of events with what Stripe kept back of each; one whose fee is not told here is read again."""
        movement_of = {name: named for name, raw in charges.items() if raw and (named := _balance_transaction(raw))}
        listed = self._listed(since) if movement_of else {}
        fees = {name: listed[movement] for name, movement in movement_of.items() if movement in listed}
        unknown = movement_of.keys() - fees.keys()
        also = {name: {"balance_transaction": decode_record(raw)} for name, raw in fees.items()}
        return {name: None if name in unknown else raw for name, raw in charges.items()}, also

    def _listed(self, since: int) -> dict[str, bytes]:
        """{} for a key that may not list them."""
        try:
            return {id_of(raw): raw for raw in self.movements(since)}
        except Forbidden:
            return {}


def _balance_transaction(raw: bytes) -> str:
    """The id that a charge names without showing what is behind it."""
    try:
        found = decode_record(raw).get("balance_transaction")
    except Unreadable:
        return ""
    return found if isinstance(found, str) else ""


def _event(raw: msgspec.Raw) -> Event | None:
    try:
        return msgspec.json.decode(raw, type=Event)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
