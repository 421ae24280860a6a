"""QuickBooks Online as a Connector: what is read, and in which pages."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

import msgspec

from connectors import cursors
from connectors.errors import NotFound, Refused, Unsupported
from connectors.fields import Record, read_row, record, text
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
    Standing,
    TokenStore,
)
from connectors.quickbooks import mail, push
from connectors.quickbooks.census import census
from connectors.quickbooks.client import PAGE_SIZE, Found, QuickBooksClient, quoted
from connectors.quickbooks.company import Company
from connectors.quickbooks.identity import id_of, is_id
from connectors.quickbooks.journals import entry_of, without_lost_lines
from connectors.quickbooks.manifest import MANIFEST
from connectors.quickbooks.records import by_ids
from connectors.quickbooks.streams import STREAMS, Stream
from connectors.quickbooks.sweeps import Query, sweep
from connectors.quickbooks.translate import Realm
from connectors.reread import checked
from connectors.transport import one_write
from receivables.commands import AnyCommand
from receivables.facts import Fact, Gone
from receivables.refs import Ref

#: Changes are read again from this long before the last answer, so that none slips through between two polls.
OVERLAP = dt.timedelta(minutes=5)
#: Change data capture looks back 30 days at most; a day is kept in hand.
_LOOK_BACK = dt.timedelta(days=29)
#: Streams that are read within this time are read in one run.
_ONE_RUN = dt.timedelta(minutes=15)
#: Intuit cuts change data off here without saying so; it is not told whether by entity or in all.
_CHANGES_CAP = 1000


class Mark(msgspec.Struct, omit_defaults=True):
    """The cursor. Sweeping: `position` is the next STARTPOSITION, of what changed since `window` where that is given.
    Later: changes since `since`. `told` are the journal lines that were told, by entry."""

    since: str = ""
    home: str = ""
    position: int = 0
    last_id: str = ""
    window: str = ""
    told: dict[str, list[str]] = {}


class _Poll(msgspec.Struct):
    """One change data answer, which serves every stream once."""

    found: Found
    at: dt.datetime
    served: set[str]


class QuickBooksConnector:
    manifest = MANIFEST

    def __init__(self, endpoint: Endpoint, tokens: TokenStore, limiter: Limiter, clock: Clock) -> None:
        self._name = endpoint.name
        self._client = QuickBooksClient(endpoint, tokens, limiter, clock)
        self._clock = clock
        self._company = Company(self._client, endpoint.options.get("home_currency", ""))
        self._started: dt.datetime | None = None
        self._polls: dict[str, _Poll] = {}

    def check(self) -> Health:
        self._company.forget()
        company = record(self._client.get(f"companyinfo/{self._client.realm}"), "CompanyInfo")
        return Health(
            account=self._client.realm,
            name=text(company, "CompanyName"),
            currency=self._company.home_currency(),
            timezone=text(company, "DefaultTimeZone"),
            locked_until=self._company.locked_until(),
        )

    # --- pulling ----------------------------------------------------------------------------------------------------

    def pull(self, stream: str, cursor: str) -> Iterator[Page]:
        mark = cursors.read(cursor, Mark())
        self._company.home = self._company.home or mark.home
        self._company.forget()
        if mark.position or not mark.since:
            yield from self._sweep(stream, mark)
        else:
            yield from self._changed(stream, mark)

    def _sweep(self, stream: str, mark: Mark) -> Iterator[Page]:
        """Every record, or every one that changed since the window opened."""
        query = Query(STREAMS[stream].entity, where=_where(STREAMS[stream], mark.window))
        since, told = mark.since, mark.told
        for swept in sweep(self._client, query, mark.position or 1, mark.last_id):
            since = since or _text(self._start(swept.found.time))
            rows, told = self._told(stream, swept.raws, told)
            place = Mark() if swept.last else Mark(position=swept.position, last_id=swept.last_id, window=mark.window)
            after = msgspec.structs.replace(place, since=since, home=self._company.home, told=told)
            complete = swept.last and swept.whole and not mark.window
            yield Page(stream, rows, cursors.write(after), last=swept.last, complete=complete)

    def _changed(self, stream: str, mark: Mark) -> Iterator[Page]:
        """One call serves all streams; more changes than it can tell, or a longer gap, and the stream is queried. The
        gap is measured by Intuit's clock."""
        entity, since = STREAMS[stream].entity, dt.datetime.fromisoformat(mark.since)
        found = self._poll(stream, since)
        if found is None or found.time - since > _LOOK_BACK:
            yield from self._sweep(stream, Mark(told=mark.told))
            return
        if sum(map(len, found.rows.values())) >= _CHANGES_CAP:
            found = self._client.changes((entity,), since)
        if len(found.of(entity)) >= _CHANGES_CAP:
            yield from self._many_changes(stream, mark, found)
            return
        rows, told = self._told(stream, found.of(entity), mark.told)
        after = Mark(since=_text(found.time - OVERLAP), home=self._company.home, told=told)
        yield Page(stream, rows, cursors.write(after))

    def _many_changes(self, stream: str, mark: Mark, cut_off: Found) -> Iterator[Page]:
        """A query of the window, where it is shorter than one of everything. A query never shows deletions: those in
        the answer that was cut off are told, others by the next census."""
        table = STREAMS[stream]
        window = _where(table, mark.since)
        if _calls(self._client.count(table.entity, window)) >= _calls(self._client.count(table.entity, table.where)):
            yield from self._sweep(stream, Mark(told=mark.told))
            return
        deleted = [raw for raw in cut_off.of(table.entity) if b'"Deleted"' in raw]
        rows, told = self._told(stream, deleted, mark.told)
        if rows:
            yield Page(stream, rows, cursors.write(msgspec.structs.replace(mark, told=told)), last=False)
        yield from self._sweep(stream, Mark(window=mark.since, told=told))

    def _poll(self, stream: str, since: dt.datetime) -> Found | None:
        """None when Intuit refuses to look back that far."""
        try:
            return self._shared_poll(stream, since)
        except Refused:
            if self._clock() - since > _LOOK_BACK:
                return None
            raise

    def _shared_poll(self, stream: str, since: dt.datetime) -> Found:
        now = self._clock()
        self._polls = {mark: poll for mark, poll in self._polls.items() if now - poll.at <= _ONE_RUN}
        known = self._polls.get(_text(since))
        if known is None or stream in known.served:
            entities = tuple(table.entity for table in STREAMS.values())
            known = self._polls[_text(since)] = _Poll(self._client.changes(entities, since), now, set())
        known.served.add(stream)
        return known.found

    def _start(self, time: dt.datetime) -> dt.datetime:
        """All streams that are swept in one run go on from one instant, so that one change poll serves them."""
        if self._started is None or time - self._started > OVERLAP + _ONE_RUN:
            self._started = time - OVERLAP
        return self._started

    # --- reading ----------------------------------------------------------------------------------------------------

    def census(self, stream: str) -> Iterator[Sequence[Standing]]:
        if STREAMS[stream].is_journal:
            yield from self._census_of_lines(stream)
        else:
            yield from census(self._client, STREAMS[stream], self._company.home_currency)

    def _census_of_lines(self, stream: str) -> Iterator[Sequence[Standing]]:
        """Which lines concern customers only the entries themselves tell."""
        for swept in sweep(self._client, Query(STREAMS[stream].entity)):
            rows = self._rows(STREAMS[stream], swept.raws)
            yield [Standing(fact.id, fact.version or None) for row in rows for fact in row.facts]

    def reread(self, stream: str, ids: Sequence[str]) -> Iterator[Page]:
        """Ids as the facts have them; journal entries by their own ids too."""
        self._company.forget()
        table = STREAMS[stream]
        theirs = _by_record(table, ids)
        strange = [name for name in dict.fromkeys(ids) if not is_id(_record_id(table, name))]
        if strange:
            yield Page(stream, self._missing(table, strange), "")
        for batch, raws in by_ids(self._client, table, list(theirs)):
            rows = self._rows(table, raws)
            shown = {fact.id for row in rows for fact in row.facts} | {id_of(raw) for raw in raws if table.is_journal}
            unread = {id_of(raw) for raw, row in zip(raws, rows, strict=True) if row.problem}
            asked = [name for entry in batch if entry not in unread for name in theirs[entry]]
            lost = [] if "" in unread else [name for name in asked if name not in shown]
            yield Page(stream, rows + self._missing(table, lost), "")

    def _missing(self, table: Stream, ids: Sequence[str]) -> list[Row]:
        return [Row(b"", (Gone(connection=self._name, id=name, of_kind=table.kind),)) for name in ids]

    def read_pdf(self, invoice_id: str) -> bytes:
        if not is_id(invoice_id):
            raise NotFound(f"there is no invoice {invoice_id!r}")
        return self._client.pdf(f"invoice/{invoice_id}/pdf")

    def aged_receivables(self, customer_id: str) -> Mapping[str, Decimal]:  # noqa: ARG002 - the protocol's argument
        raise Unsupported("QuickBooks states a customer's balance itself")

    def read_invoices(self, ids: Sequence[str]) -> dict[str, Checked]:
        found = {identifier: Checked(None) for identifier in ids if not is_id(identifier)}
        for batch, raws in by_ids(self._client, STREAMS["invoices"], ids):
            rows = self._rows(STREAMS["invoices"], raws)
            found |= checked(batch, zip(map(id_of, raws), rows, strict=True))
        return found

    # --- rows -------------------------------------------------------------------------------------------------------

    def _told(
        self, stream: str, raws: list[bytes], told: Mapping[str, list[str]]
    ) -> tuple[list[Row], dict[str, list[str]]]:
        """Rows for a page of a pull; for journals also what the cursor has to remember."""
        table = STREAMS[stream]
        rows = self._rows(table, raws)
        return without_lost_lines(rows, told, self._name) if table.is_journal else (rows, {})

    def _rows(self, table: Stream, raws: list[bytes]) -> list[Row]:
        if any(b'"CurrencyRef"' not in raw and b'"Deleted"' not in raw for raw in raws):
            self._company.home_currency()
        accounts = self._company.receivable() if table.is_journal and raws else frozenset[str]()
        realm = Realm(self._name, self._company.home, accounts)

        def facts(row: Record) -> tuple[Fact, ...]:
            return table.facts(row, realm)

        where = f"{self._name}:{table.kind}"
        return [read_row(raw, where, "Id", facts) for raw in raws]

    # --- writing ----------------------------------------------------------------------------------------------------

    def prepare(self, command: AnyCommand) -> dict[str, str]:
        return push.prepare(self._client, command)

    def push(self, intent: Intent) -> Receipt:
        with one_write(intent.command.verb):
            return push.push(self._client, intent)

    def find(self, intent: Intent) -> Finding:
        return push.find(self._client, intent)

    def invoice_url(self, ref: Ref) -> str:
        return mail.invoice_link(self._client, ref.id)


def _where(table: Stream, window: str) -> str:
    """`window` is an instant that this connector wrote into its own cursor."""
    opened = f"MetaData.LastUpdatedTime >= {quoted(window)}" if window else ""
    return " AND ".join(filter(None, (table.where, opened)))


def _calls(count: int) -> int:
    """Pages overlap by one record, and a page that is full is followed by another."""
    return count // (PAGE_SIZE - 1) + 1


def _record_id(table: Stream, name: str) -> str:
    """The platform's id of the record that tells a fact; "" for a fact of another stream."""
    if table.is_journal:
        return entry_of(name)
    return name.removeprefix(table.prefix) if name.startswith(table.prefix) else ""


def _by_record(table: Stream, ids: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in dict.fromkeys(ids):
        found.setdefault(_record_id(table, name), []).append(name)
    return found


def _text(instant: dt.datetime) -> str:
    return instant.isoformat(timespec="seconds")
