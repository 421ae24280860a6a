"""Records by their ids, as many in one call as a query takes."""

from collections.abc import Iterator, Sequence

from connectors.quickbooks.client import PAGE_SIZE, QuickBooksClient, quoted
from connectors.quickbooks.identity import is_id
from connectors.quickbooks.manifest import MANIFEST
from connectors.quickbooks.streams import Stream


def by_ids(client: QuickBooksClient, table: Stream, ids: Sequence[str]) -> Iterator[tuple[Sequence[str], list[bytes]]]:
    """Batches of (ids asked for, records found). What is no id is not asked for."""
    wanted = [identifier for identifier in dict.fromkeys(ids) if is_id(identifier)]
    also = f" AND {table.where}" if table.where else ""
    for start in range(0, len(wanted), MANIFEST.reread_batch):
        batch = wanted[start : start + MANIFEST.reread_batch]
        where = f"Id IN ({', '.join(map(quoted, batch))}){also}"
        statement = f"SELECT * FROM {table.entity} WHERE {where} MAXRESULTS {PAGE_SIZE}"  # noqa: S608 - digits only
        yield batch, client.query(statement, table.entity).of(table.entity)
