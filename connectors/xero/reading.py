"""The lists of one Xero organisation: pulled, counted, and single records read again."""

from collections.abc import Iterator, Sequence

import msgspec

from connectors import cursors
from connectors.errors import Forbidden, Malformed, Unauthorised, Unsupported
from connectors.fields import Record, Unreadable, amount, currency, decode_record, identifier, read_rows, text
from connectors.protocol import Page, Row, Standing
from connectors.xero.client import XeroClient
from connectors.xero.manifest import MANIFEST
from connectors.xero.paging import Mark, Sheet, sheets
from connectors.xero.translate import STREAMS, Stream
from receivables.facts import Fact, Invoice

#: Leaves out lines, payments and balances; ids, amounts and times stay.
_SUMMARY = {"summaryOnly": "true"}


def stream_of(name: str) -> Stream:
    if name not in STREAMS:
        raise Unsupported(f"Xero has no stream {name!r}")
    return STREAMS[name]


class Reading:
    def __init__(self, client: XeroClient, name: str) -> None:
        self._client = client
        self._name = name

    def pull(self, stream: str, cursor: str) -> Iterator[Page]:
        """The last page is complete when all was asked for by time from the beginning and every row could be read."""
        table = stream_of(stream)
        try:
            yield from self._pages(stream, table, cursor)
        except (Forbidden, Unauthorised):
            if not table.may_be_closed:
                raise
            yield Page(stream, (), cursor)

    def _pages(self, stream: str, table: Stream, cursor: str) -> Iterator[Page]:
        mark = cursors.read(cursor, Mark())
        whole, shown, expected = mark == Mark(), 0, None
        themes_on = self._recall_themes(mark) if table.kind == "invoice" else ""
        for sheet in self._sheets(table, mark, table.query):
            rows = self.rows(table, sheet.raws)
            shown += len(rows)
            expected = sheet.expected if expected is None else expected
            whole = whole and sheet.next.page == 1 and not any(row.problem for row in rows)
            complete = whole and sheet.last and shown >= (expected or 0)
            mark = self._held(sheet.next, themes_on) if table.kind == "invoice" else sheet.next
            yield Page(stream, rows, cursors.write(mark), last=sheet.last, complete=complete)

    def _recall_themes(self, mark: Mark) -> str:
        """A theme's payment service hardly ever changes: it is asked for once a day, not in every pull. Returns the day
        of Xero's clock on which that was, "" for now."""
        if mark.themes_on and mark.themes_on == mark.since[:10]:
            self._client.themes = dict(mark.themes)
            return mark.themes_on
        return ""

    def _held(self, mark: Mark, themes_on: str) -> Mark:
        if self._client.themes:
            mark.themes, mark.themes_on = self._client.themes, themes_on or (mark.started or mark.since)[:10]
        return mark

    def census(self, stream: str) -> Iterator[Sequence[Standing]]:
        """Raises Malformed at the end when fewer records were shown than Xero counts: then nothing is proven."""
        table = stream_of(stream)
        if stream not in MANIFEST.censuses:
            raise Unsupported(f"Xero cannot count {stream} in fewer calls than a full pull")
        seen: set[str] = set()
        expected: int | None = None
        for sheet in self._sheets(table, Mark(), table.query | _SUMMARY):
            found = [_standing(raw, table) for raw in sheet.raws]
            seen |= {one.id for one in found}
            expected = sheet.expected if expected is None else expected
            yield found
        if expected is not None and len(seen) < expected:
            raise Malformed(f"Xero counts {expected} {table.entity}, but shows {len(seen)}")

    def _sheets(self, table: Stream, mark: Mark, query: dict[str, str]) -> Iterator[Sheet]:
        return sheets(self._client, table.entity, mark, query, paged=table.paged)

    def rows(self, table: Stream, raws: list[bytes]) -> list[Row]:
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


def _standing(raw: bytes, table: Stream) -> Standing:
    """A record whose id cannot be read makes the whole count worthless, so that is not passed over."""
    row = decode_record(raw)
    return Standing(identifier(row, table.id_field), text(row, "UpdatedDateUTC") or None, _open(row))


def _open(row: Record) -> int | None:
    """AmountDue in minor units; None for a record without one, and for one that cannot be understood."""
    if row.get("AmountDue") is None:
        return None
    try:
        return amount(row, "AmountDue", currency(row, "CurrencyCode"))
    except (Unreadable, ValueError, ArithmeticError):
        return None
