"""The ids, versions and balances of what an entity holds now, without its records.

Intuit's guide promises no projections, though its servers make them: a server that shows whole records all the same
is understood, and one that refuses is asked for whole records.
"""

from collections.abc import Callable, Iterator, Sequence

from connectors.errors import Refused
from connectors.fields import Record, Unreadable, amount_or_none, decode_record, identifier, record, text
from connectors.protocol import Standing
from connectors.quickbooks.client import QuickBooksClient
from connectors.quickbooks.streams import Stream
from connectors.quickbooks.sweeps import Query, sweep
from receivables.money import MoneyError

#: The codes of a query that names what cannot be named.
_BAD_QUERY = {"4000", "4001"}


def census(client: QuickBooksClient, table: Stream, home: Callable[[], str]) -> Iterator[Sequence[Standing]]:
    """`home` tells the currency of records that name none."""
    try:
        yield from _pages(client, Query(table.entity, table.columns, table.where), table, home)
    except Refused as error:
        if error.code not in _BAD_QUERY:
            raise
        yield from _pages(client, Query(table.entity, where=table.where), table, home)


def _pages(
    client: QuickBooksClient, query: Query, table: Stream, home: Callable[[], str]
) -> Iterator[Sequence[Standing]]:
    for page in sweep(client, query):
        yield [standing for raw in page.raws for standing in _standing(raw, table, home)]


def _standing(raw: bytes, table: Stream, home: Callable[[], str]) -> list[Standing]:
    """A record without an id that can be read is passed over; its sweep shows it as a problem."""
    try:
        row = decode_record(raw)
        return [Standing(table.prefix + identifier(row, "Id"), text(row, "SyncToken") or None, _open(row, table, home))]
    except Unreadable:
        return []


def _open(row: Record, table: Stream, home: Callable[[], str]) -> int | None:
    if not table.open:
        return None
    try:
        return amount_or_none(row, table.open, text(record(row, "CurrencyRef"), "value") or home())
    except (Unreadable, MoneyError):
        return None
