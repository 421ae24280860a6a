"""QuickBooks Online as a Connector: what is read, and in which pages."""

import datetime as dt
from collections.abc import Iterator, Sequence

import msgspec

from connectors import cursors
from connectors.errors import Malformed, Refused
from connectors.fields import Record, read_rows, record, text
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
from connectors.quickbooks import push
from connectors.quickbooks.client import PAGE_SIZE, Found, QuickBooksClient, quoted
from connectors.quickbooks.manifest import MANIFEST
from connectors.quickbooks.translate import STREAMS, Realm, Stream
from connectors.reread import checked
from connectors.transport import one_write
from receivables.commands import AnyCommand
from receivables.facts import Fact
from receivables.refs import Ref

#: Changes are read again from this long before the last answer, so that none slips through between two polls.
OVERLAP = dt.timedelta(minutes=5)
#: Change data capture looks back 30 days at most; a day is kept in hand.
_LOOK_BACK = dt.timedelta(days=29)
#: Intuit cuts change data off here without saying so.
_CHANGES_CAP = 1000
_RESTARTS = 5


class Mark(msgspec.Struct, omit_defaults=True):
    """The cursor. Sweeping: `position` is the next STARTPOSITION. Later: changes since `since`."""

    since: str = ""
    home: str = ""
    position: int = 0
    last_id: str = ""


class _Id(msgspec.Struct):
    Id: str = ""


class _Poll(msgspec.Struct):
    """One change data answer, which serves every stream once."""

    found: Found
    served: set[str]


class QuickBooksConnector:
    manifest = MANIFEST

    def __init__(self, endpoint: Endpoint, tokens: TokenStore, limiter: Limiter, clock: Clock) -> None:
        self._name = endpoint.name
        self._client = QuickBooksClient(endpoint, tokens, limiter, clock)
        self._clock = clock
        self._home = ""
        #: Of the business, for a company that does not tell its own.
        self._business_currency = endpoint.options.get("home_currency", "")
        self._started: dt.datetime | None = None
        self._polls: dict[str, _Poll] = {}

    def check(self) -> Health:
        company = record(self._client.get(f"companyinfo/{self._client.realm}"), "CompanyInfo")
        return Health(
            account=self._client.realm,
            name=text(company, "CompanyName"),
            currency=self._home_currency(),
            timezone=text(company, "DefaultTimeZone"),
        )

    def pull(self, stream: str, cursor: str) -> Iterator[Page]:
        mark = cursors.read(cursor, Mark())
        self._home = self._home or mark.home
        if mark.position or not mark.since:
            yield from self._sweep(stream, mark)
        else:
            yield from self._changed(stream, dt.datetime.fromisoformat(mark.since))

    def _sweep(self, stream: str, mark: Mark) -> Iterator[Page]:
        """Every record, ordered by Id. Each page starts with the last record of the one before: if it is another
        one, something was deleted meanwhile and the offsets moved, so the sweep starts again."""
        table = STREAMS[stream]
        position, last_id = mark.position or 1, mark.last_id
        whole, restarts = position == 1, 0
        while True:
            found = self._client.query(_select(table, position), table.entity)
            since = mark.since or _text(self._start(found.time))
            raws = found.of(table.entity)
            ids = [_id(raw) for raw in raws]
            if last_id and ids[:1] != [last_id]:
                position, last_id, whole, restarts = 1, "", True, restarts + 1
                if restarts > _RESTARTS:
                    raise Malformed(f"{table.entity}: the pages of a query do not fit together")
                continue
            rows = self._rows(table, raws[1:] if last_id else raws)
            if len(raws) < PAGE_SIZE:
                yield self._page(stream, rows, Mark(since=since, home=self._home), complete=whole)
                return
            position, last_id = position + PAGE_SIZE - 1, ids[-1]
            held = Mark(since=since, home=self._home, position=position, last_id=last_id)
            yield self._page(stream, rows, held, last=False)

    def _changed(self, stream: str, since: dt.datetime) -> Iterator[Page]:
        """One call serves all streams; more changes than it can tell, or a longer gap, and the stream is swept. The
        gap is measured by Intuit's clock."""
        table = STREAMS[stream]
        found = self._poll(stream, since)
        if found is None or found.time - since > _LOOK_BACK:
            yield from self._sweep(stream, Mark())
            return
        if sum(map(len, found.rows.values())) >= _CHANGES_CAP:
            found = self._client.changes((table.entity,), since)
        if len(found.of(table.entity)) >= _CHANGES_CAP:
            yield from self._sweep(stream, Mark())
            return
        rows = self._rows(table, found.of(table.entity))
        yield self._page(stream, rows, Mark(since=_text(found.time - OVERLAP), home=self._home))

    def _poll(self, stream: str, since: dt.datetime) -> Found | None:
        """None when Intuit refuses to look back that far."""
        try:
            return self._shared_poll(stream, since)
        except Refused:
            if self._clock() - since > _LOOK_BACK:
                return None
            raise

    def _shared_poll(self, stream: str, since: dt.datetime) -> Found:
        known = self._polls.get(_text(since))
        if known is None or stream in known.served:
            entities = tuple(table.entity for table in STREAMS.values())
            known = _Poll(self._client.changes(entities, since), set())
            self._polls = {mark: poll for mark, poll in self._polls.items() if len(poll.served) < len(STREAMS)}
            self._polls[_text(since)] = known
        known.served.add(stream)
        return known.found

    def _start(self, time: dt.datetime) -> dt.datetime:
        """All streams that are swept by this connector go on from one instant, so that one change poll serves them."""
        self._started = self._started or time - OVERLAP
        return self._started

    def _page(self, stream: str, rows: list[Row], mark: Mark, *, last: bool = True, complete: bool = False) -> Page:
        return Page(stream, rows, cursors.write(mark), last=last, complete=complete)

    def _rows(self, table: Stream, raws: list[bytes]) -> list[Row]:
        if any(b'"CurrencyRef"' not in raw and b'"Deleted"' not in raw for raw in raws):
            self._home_currency()
        realm = Realm(self._name, self._home)

        def facts(row: Record) -> tuple[Fact, ...]:
            return table.facts(row, realm)

        return read_rows(raws, f"{self._name}:{table.kind}", "Id", facts)

    def _home_currency(self) -> str:
        if not self._home:
            try:
                preferences = record(self._client.get("preferences"), "Preferences")
            except Refused:
                preferences = {}
            home = text(record(record(preferences, "CurrencyPrefs"), "HomeCurrency"), "value")
            self._home = home or self._business_currency
        return self._home

    def read_invoices(self, ids: Sequence[str]) -> dict[str, Checked]:
        wanted = [identifier for identifier in dict.fromkeys(ids) if identifier.isascii() and identifier.isdigit()]
        found = {identifier: Checked(None) for identifier in ids if identifier not in wanted}
        for start in range(0, len(wanted), MANIFEST.reread_batch):
            batch = wanted[start : start + MANIFEST.reread_batch]
            listed = ", ".join(map(quoted, batch))
            statement = f"SELECT * FROM Invoice WHERE Id IN ({listed}) MAXRESULTS {PAGE_SIZE}"  # noqa: S608 - digits only
            raws = self._client.query(statement, "Invoice").of("Invoice")
            rows = self._rows(STREAMS["invoices"], raws)
            found |= checked(batch, zip(map(_id, raws), rows, strict=True))
        return found

    def prepare(self, command: AnyCommand) -> dict[str, str]:
        return push.prepare(self._client, command)

    def push(self, intent: Intent) -> Receipt:
        with one_write(intent.command.verb):
            return push.push(self._client, intent)

    def find(self, intent: Intent) -> Finding:
        return push.find(self._client, intent)

    def invoice_url(self, ref: Ref) -> str:
        return push.invoice_link(self._client, ref.id)


def _select(table: Stream, position: int) -> str:
    """Name lists show only active records unless both are asked for."""
    where = " WHERE Active IN (true, false)" if table.entity == "Customer" else ""
    return f"SELECT * FROM {table.entity}{where} ORDERBY Id STARTPOSITION {position} MAXRESULTS {PAGE_SIZE}"  # noqa: S608 - our own words only


def _id(raw: bytes) -> str:
    try:
        return msgspec.json.decode(raw, type=_Id).Id
    except msgspec.DecodeError:
        return ""


def _text(instant: dt.datetime) -> str:
    return instant.isoformat(timespec="seconds")
