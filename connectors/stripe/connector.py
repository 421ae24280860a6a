"""Stripe as a Connector: what is read, and in which pages."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from connectors import cursors
from connectors.errors import Forbidden, Malformed, NotFound, Refused
from connectors.fields import Record, decode_record, read_row, record, text
from connectors.protocol import (
    Checked,
    Clock,
    Endpoint,
    Finding,
    Health,
    Intent,
    Limiter,
    Page,
    Receipt,
    Row,
    TokenStore,
)
from connectors.stripe import push
from connectors.stripe.changes import OVERLAP_SECONDS, Event, Position, Touched, position_after, touched
from connectors.stripe.client import API_VERSION, PAGE_SIZE, Found, StripeClient, safe
from connectors.stripe.in_flight import of_invoice, of_sessions
from connectors.stripe.manifest import MANIFEST
from connectors.stripe.records import Account, gone
from connectors.stripe.translate import STREAMS, Stream
from connectors.transport import one_write
from receivables.commands import AnyCommand
from receivables.facts import Fact, Gone, Invoice
from receivables.problems import Problem
from receivables.refs import Ref

#: Stripe keeps events for 30 days; a day is kept in hand.
_LOOK_BACK = dt.timedelta(days=29)
_RESTARTS = 5


class Mark(msgspec.Struct, omit_defaults=True):
    """The cursor. `after` is the last record shown while sweeping; then events are read on from `position`."""

    position: Position = Position()
    sweeping: bool = False
    after: str = ""
    polled: str = ""
    zone: str = ""


class _Poll(msgspec.Struct):
    """One reading of the event list, which serves every stream once. `touched` is None after a gap."""

    touched: Touched | None
    position: Position
    served: set[str]


class StripeConnector:
    manifest = MANIFEST

    def __init__(self, endpoint: Endpoint, tokens: TokenStore, limiter: Limiter, clock: Clock) -> None:
        self._name = endpoint.name
        self._wanted_account = endpoint.account
        self._client = StripeClient(endpoint, tokens, limiter, clock)
        self._clock = clock
        self._zone = endpoint.options.get("timezone", "")
        self._began: Position | None = None
        self._polls: dict[Position, _Poll] = {}

    def check(self) -> Health:
        try:
            found = self._client.get("/v1/account")
        except (Forbidden, NotFound):
            self._client.page("/v1/invoices", {"limit": 1})
            what = "the key may not read the account: its name and time zone are not known"
            return Health(account=self._wanted_account, problems=(Problem(self._name, what),))
        account, settings = text(found, "id"), record(record(found, "settings"), "dashboard")
        return Health(
            account=account,
            name=text(settings, "display_name") or text(record(found, "business_profile"), "name"),
            currency=text(found, "default_currency").upper(),
            timezone=text(settings, "timezone"),
            problems=self._account_problems(account),
        )

    def _account_problems(self, account: str) -> tuple[Problem, ...]:
        if self._wanted_account in {"", account}:
            return ()
        what = f"the key belongs to {account}, but the connection names {self._wanted_account}"
        return (Problem(self._name, what, "mend account in owed.toml, or give the other account's key"),)

    def pull(self, stream: str, cursor: str) -> Iterator[Page]:
        mark = cursors.read(cursor, Mark(sweeping=True))
        self._zone = self._zone or mark.zone or self._account_zone()
        if not mark.sweeping and mark.polled and self._is_recent(mark.polled):
            poll = self._poll(stream, mark.position)
            if poll.touched is not None:
                yield from self._changed(stream, mark, poll.touched[stream], poll.position)
                return
            mark = Mark(sweeping=True)
        yield from self._sweep(stream, mark if mark.sweeping else Mark(sweeping=True))

    def _is_recent(self, polled: str) -> bool:
        return self._clock() - dt.datetime.fromisoformat(polled) <= _LOOK_BACK

    def _sweep(self, stream: str, mark: Mark) -> Iterator[Page]:
        """Newest first. What is made meanwhile stands before the first page, and is told by its events later."""
        table = STREAMS[stream]
        query = {"expand": [f"data.{name}" for name in table.expand]}
        after, whole, restarts = mark.after, not mark.after, _RESTARTS
        position = mark.position if mark.after else self._start()
        while True:
            try:
                found = self._client.page(table.path, query | ({"starting_after": after} if after else {}))
            except Refused as error:
                if not after or not restarts or error.code != "resource_missing":
                    raise
                after, whole, restarts = "", True, restarts - 1  # the record to go on from was deleted
                continue
            after, last = found.next, not found.has_more
            held = self._mark(position) if last else self._mark(position, after)
            yield Page(stream, self._rows(table, found.data), held, last=last, complete=last and whole)
            if last:
                return

    def _start(self) -> Position:
        """All streams that this connector sweeps go on from one event, so that one poll serves them."""
        if self._began is None:
            events = self._events({"limit": 1}).data
            newest = _event(events[0]) if events else None
            self._began = Position(newest.id, newest.created) if newest else Position()
        return self._began

    def _poll(self, stream: str, position: Position) -> _Poll:
        known = self._polls.get(position)
        if known is None or stream in known.served:
            known = self._read_events(position)
            self._polls = {at: poll for at, poll in self._polls.items() if len(poll.served) < len(STREAMS)}
            self._polls[position] = known
        known.served.add(stream)
        return known

    def _read_events(self, position: Position) -> _Poll:
        """The event that was newest last time must still be there, else some in between may be gone."""
        query = {"created": {"gte": position.at - OVERLAP_SECONDS}} if position.at else {}
        events = [_event(raw) for found in self._client.pages("/v1/events", query) for raw in found.data]
        if position.anchor and all(event.id != position.anchor for event in events):
            return _Poll(None, position, set())
        new = [event for event in events if event.id not in position.seen]
        return _Poll(touched(new, API_VERSION), position_after(events, position), set())

    def _events(self, query: dict[str, Any]) -> Found:
        return self._client.page("/v1/events", query)

    def _changed(self, stream: str, mark: Mark, records: dict[str, bytes | None], position: Position) -> Iterator[Page]:
        """The cursor moves with the last page only: before that, a crash reads the same events again."""
        table, pending = STREAMS[stream], list(records.items())
        held = cursors.write(mark)
        while len(pending) > PAGE_SIZE:
            yield Page(stream, self._reread(table, pending[:PAGE_SIZE]), held, last=False)
            pending = pending[PAGE_SIZE:]
        yield Page(stream, self._reread(table, pending), self._mark(position))

    def _reread(self, table: Stream, pending: list[tuple[str, bytes | None]]) -> list[Row]:
        rows: list[Row] = []
        for identifier, shown in pending:
            raw = self._read_one(table, identifier) if shown is None else shown
            if raw:
                rows += self._rows(table, [raw])
            else:
                rows.append(Row(b"", (gone(self._name, table.kind, identifier),)))
        return rows

    def _read_one(self, table: Stream, identifier: str) -> bytes:
        """b"" when it no longer exists."""
        try:
            return self._client.get_raw(f"{table.path}/{safe(identifier)}", table.expand).body
        except NotFound:
            return b""

    def _rows(self, table: Stream, raws: Iterable[msgspec.Raw | bytes]) -> list[Row]:
        account = Account(self._name, _zone(self._zone))
        rows: list[Row] = []
        for raw in map(bytes, raws):
            rest = self._more_payments(raw) if table.kind == "invoice" else None

            def facts(row: Record, rest: Record | None = rest) -> tuple[Fact, ...]:
                return table.facts(row | rest if rest else row, account)

            rows.append(read_row(raw, f"{self._name}:{table.kind}", "id", facts))
        return rows

    def _more_payments(self, raw: bytes) -> Record | None:
        """An invoice shows its first payments only; the rest are listed."""
        if b'"has_more": true' not in raw and b'"has_more":true' not in raw:
            return None
        try:
            row = decode_record(raw)
        except Malformed:
            return None
        payments = row.get("payments")
        if not isinstance(payments, dict) or payments.get("has_more") is not True:
            return None
        found = self._client.pages("/v1/invoice_payments", {"invoice": str(row.get("id"))})
        return {"payments": {"data": [decode_record(bytes(item)) for page in found for item in page.data]}}

    def _mark(self, position: Position, after: str = "") -> str:
        polled = self._clock().isoformat(timespec="seconds")
        mark = Mark(position=position, sweeping=bool(after), after=after, polled=polled, zone=self._zone)
        return cursors.write(mark)

    def _account_zone(self) -> str:
        try:
            found = self._client.get("/v1/account")
        except (Forbidden, Refused, Malformed):
            return "UTC"
        return text(record(record(found, "settings"), "dashboard"), "timezone") or "UTC"

    def read_invoices(self, ids: Sequence[str]) -> dict[str, Checked]:
        self._zone = self._zone or self._account_zone()
        found = {wanted: self._read_invoice(wanted) for wanted in dict.fromkeys(ids)}
        return {wanted: state for wanted, state in found.items() if state is not None}

    def _read_invoice(self, identifier: str) -> Checked | None:
        """None when the answer cannot be understood."""
        expand = ("payments", "payments.data.payment.payment_intent")
        try:
            raw = self._client.get_raw(f"/v1/invoices/{safe(identifier)}", expand).body
        except NotFound:
            return Checked(None)
        (row,) = self._rows(STREAMS["invoices"], [raw])
        fact = row.facts[0] if row.facts else None
        if isinstance(fact, Gone):
            return Checked(None)
        return Checked(fact, of_invoice(decode_record(raw), fact)) if isinstance(fact, Invoice) else None

    def sessions_of_link(self, link_id: str) -> int:
        """Minor units that were paid, or are being paid, through a payment link; a failed bank debit does not count."""
        query = {"payment_link": link_id, "expand": ["data.payment_intent"]}
        found = self._client.pages("/v1/checkout/sessions", query)
        return of_sessions(decode_record(bytes(raw)) for page in found for raw in page.data)

    def prepare(self, command: AnyCommand) -> dict[str, str]:
        return push.prepare(command)

    def push(self, intent: Intent) -> Receipt:
        with one_write(intent.command.verb):
            return push.push(self._client, intent)

    def find(self, intent: Intent) -> Finding:
        return push.find(self._client, intent)

    def invoice_url(self, ref: Ref) -> str:
        found = self._client.get(f"/v1/invoices/{safe(ref.id)}")
        return text(found, "hosted_invoice_url") if text(found, "status") == "open" else ""


def _event(raw: msgspec.Raw) -> Event:
    try:
        return msgspec.json.decode(raw, type=Event)
    except msgspec.DecodeError as error:
        raise Malformed(f"an event cannot be read: {error}") from None


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError):
        return ZoneInfo("UTC")
