"""Every record of a query, page by page, though offsets are no snapshot.

Each page starts with the last record of the one before: if it is another one, something came or went meanwhile and
the offsets moved, so the sweep starts again.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from connectors.errors import Malformed
from connectors.quickbooks.client import PAGE_SIZE, Found, QuickBooksClient
from connectors.quickbooks.identity import id_of

_RESTARTS = 5


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked for, of one entity. `columns` and `where` hold our own words or quoted values only."""

    entity: str
    columns: str = "*"
    where: str = ""

    def page(self, position: int) -> str:
        where = f" WHERE {self.where}" if self.where else ""
        return (
            f"SELECT {self.columns} FROM {self.entity}{where} "  # noqa: S608 - see above
            f"ORDERBY Id STARTPOSITION {position} MAXRESULTS {PAGE_SIZE}"
        )


@dataclass(frozen=True, slots=True)
class Swept:
    """One page. `position` and `last_id` are where the next one starts; `whole` while nothing before it was left out."""

    found: Found
    raws: list[bytes]
    position: int
    last_id: str
    last: bool
    whole: bool


def sweep(client: QuickBooksClient, query: Query, position: int = 1, last_id: str = "") -> Iterator[Swept]:
    """From `position` on, where the record `last_id` stood. Raises Malformed when the pages never fit together."""
    whole, restarts = position == 1, 0
    while True:
        found = client.query(query.page(position), query.entity)
        raws = found.of(query.entity)
        ids = [id_of(raw) for raw in raws[:1] + raws[-1:]]
        if last_id and ids[:1] != [last_id]:
            position, last_id, whole, restarts = 1, "", True, restarts + 1
            if restarts > _RESTARTS:
                raise Malformed(f"{query.entity}: the pages of a query do not fit together")
            continue
        last = len(raws) < PAGE_SIZE
        fresh = raws[1:] if last_id else raws
        if not last:
            position, last_id = position + PAGE_SIZE - 1, ids[-1]
        yield Swept(found, fresh, position, last_id, last, whole)
        if last:
            return
