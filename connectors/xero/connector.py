"""Xero as a Connector: what is read, and in which pages."""

import datetime as dt
import re
from collections.abc import Iterator, Sequence

import msgspec

from connectors import cursors
from connectors.errors import Forbidden, Malformed, Refused
from connectors.fields import Record, Unreadable, flag, read_rows, records, text
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
from connectors.reread import checked
from connectors.transport import one_write
from connectors.xero import push
from connectors.xero.client import Found, XeroClient
from connectors.xero.dates import instant_in
from connectors.xero.manifest import MANIFEST
from connectors.xero.translate import STREAMS, Stream
from receivables.commands import AnyCommand
from receivables.facts import Fact, Invoice
from receivables.problems import Problem
from receivables.refs import Ref

#: If-Modified-Since is accurate to a second; this much is read again, so that nothing slips through.
OVERLAP = dt.timedelta(minutes=5)
_SECOND = dt.timedelta(seconds=1)
_GUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


class Mark(msgspec.Struct, omit_defaults=True):
    """The cursor: changed since `since` (UTC, ISO without zone), from `page` on.

    `started` is where the next pull begins once this one is through. `unordered`: Xero would not sort so many.
    """

    since: str = ""
    page: int = 1
    started: str = ""
    unordered: bool = False


class _Stamp(msgspec.Struct):
    UpdatedDateUTC: str = ""


class XeroConnector:
    manifest = MANIFEST

    def __init__(self, endpoint: Endpoint, tokens: TokenStore, limiter: Limiter, clock: Clock) -> None:
        self._name = endpoint.name
        self._client = XeroClient(endpoint, tokens, limiter, clock)

    def check(self) -> Health:
        if not self._client.tenant and (problem := self._choose()):
            return Health(problems=(problem,))
        found = next(iter(records(self._client.get("Organisation"), "Organisations")), {})
        return Health(
            account=self._client.tenant,
            name=text(found, "Name"),
            currency=text(found, "BaseCurrency"),
            timezone=text(found, "Timezone"),
            reminds_by_itself=self._reminders(),
        )

    def _choose(self) -> Problem | None:
        """The only organisation of the grant; a person has to choose between several."""
        seen = [found for found in self._client.tenants() if text(found, "tenantType") == "ORGANISATION"]
        if len(seen) == 1:
            self._client.tenant = text(seen[0], "tenantId")
            return None
        listed = ", ".join(f"{text(found, 'tenantId')} ({text(found, 'tenantName')})" for found in seen) or "none"
        return Problem(
            self._name, f"the grant sees {len(seen)} organisations: {listed}", "set account in owed.toml to one"
        )

    def _reminders(self) -> bool | None:
        try:
            found = records(self._client.get("InvoiceReminders/Settings"), "InvoiceReminders")
        except (Forbidden, Refused, Malformed):
            return None
        return any(flag(setting, "Enabled") for setting in found) if found else None

    def pull(self, stream: str, cursor: str) -> Iterator[Page]:
        """Pages are asked for by the time of the last record, not by number: a record that changes meanwhile would
        move all others by one, and the one at the edge of a page would never be seen."""
        table = STREAMS[stream]
        mark = cursors.read(cursor, Mark())
        shown: set[bytes] = set()
        while True:
            found = self._page(table, mark)
            rows = self._rows(table, [raw for raw in found.raws if raw not in shown])
            mark = _next(mark, found)
            yield Page(stream, rows, cursors.write(mark), last=found.last)
            if found.last:
                return
            shown = set(found.raws)

    def _page(self, table: Stream, mark: Mark) -> Found:
        """Organisations with very many records refuse sorting and filtering; then only the time limit is used."""
        if not mark.unordered:
            try:
                query = table.query | {"order": "UpdatedDateUTC ASC"}
                return self._client.page(table.entity, mark.since, mark.page, query)
            except Refused as error:
                if "filtering" not in str(error) or "efficient" not in str(error):
                    raise
                mark.unordered, mark.page = True, 1
        plain = {name: value for name, value in table.query.items() if name != "where"}
        return self._client.page(table.entity, mark.since, mark.page, plain)

    def _rows(self, table: Stream, raws: list[bytes]) -> list[Row]:
        def facts(row: Record) -> tuple[Fact, ...]:
            found = table.translate(row, self._name)
            return tuple(self._with_pay_page(fact, row) if isinstance(fact, Invoice) else fact for fact in found)

        return read_rows(raws, f"{self._name}:{table.kind}", table.id_field, facts)

    def _with_pay_page(self, invoice: Invoice, row: Record) -> Invoice:
        """Whether an invoice can be paid online is a matter of its branding theme, which a list only names."""
        theme = text(row, "BrandingThemeID")
        if invoice.status != "open" or not theme or not self._client.theme_takes_payments(theme):
            return invoice
        return msgspec.structs.replace(invoice, online_payment=True)

    def read_invoices(self, ids: Sequence[str]) -> dict[str, Checked]:
        wanted = [identifier for identifier in dict.fromkeys(ids) if _GUID.fullmatch(identifier)]
        known = {identifier: Checked(None) for identifier in ids if identifier not in wanted}
        for start in range(0, len(wanted), MANIFEST.reread_batch):
            batch = wanted[start : start + MANIFEST.reread_batch]
            found = self._client.page("Invoices", "", 1, {"IDs": ",".join(batch), "includeArchived": "true"})
            rows = self._rows(STREAMS["invoices"], found.raws)
            known |= checked(batch, zip(map(_id, found.raws), rows, strict=True))
        read = [one.invoice for one in known.values() if one.invoice]
        self._client.payable = {invoice.id for invoice in read if invoice.online_payment}
        return known

    def prepare(self, command: AnyCommand) -> dict[str, str]:
        return push.prepare(self._client, command)

    def push(self, intent: Intent) -> Receipt:
        with one_write(intent.command.verb):
            return push.push(self._client, intent)

    def find(self, intent: Intent) -> Finding:
        return push.find(self._client, intent)

    def invoice_url(self, ref: Ref) -> str:
        return push.invoice_link(self._client, ref.id)


def _next(mark: Mark, found: Found) -> Mark:
    """Where to go on: behind this page, or, when it was the last one, where this pull began less the overlap."""
    newest = max((stamp for raw in found.raws if (stamp := _stamp(raw))), default=None)
    began = found.time or newest
    started = mark.started or (_text(began - OVERLAP) if began else mark.since)
    if found.last:
        return Mark(since=started)
    since = _text(newest - _SECOND) if newest else ""
    if mark.unordered or since <= mark.since:
        return Mark(mark.since, mark.page + 1, started, mark.unordered)
    return Mark(since, 1, started)


class _Id(msgspec.Struct):
    InvoiceID: str = ""


def _id(raw: bytes) -> str:
    try:
        return msgspec.json.decode(raw, type=_Id).InvoiceID
    except msgspec.DecodeError:
        return ""


def _stamp(raw: bytes) -> dt.datetime | None:
    try:
        found = msgspec.json.decode(raw, type=_Stamp).UpdatedDateUTC
        return instant_in(found) if found else None
    except (msgspec.DecodeError, Unreadable):
        return None


def _text(instant: dt.datetime) -> str:
    return instant.replace(tzinfo=None).isoformat(timespec="seconds")
