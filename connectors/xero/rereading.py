"""Single records of Xero as they are now: forty invoices or contacts in one call, other things one by one."""

from collections.abc import Iterator, Sequence

import msgspec

from connectors.errors import NotFound
from connectors.protocol import Checked, Page, Row
from connectors.reread import checked
from connectors.xero.client import XeroClient
from connectors.xero.manifest import MANIFEST
from connectors.xero.reading import Reading, stream_of
from connectors.xero.tags import GUID
from connectors.xero.translate import STREAMS, Stream
from receivables.facts import Gone


class Rereading:
    def __init__(self, client: XeroClient, reading: Reading, name: str) -> None:
        self._client = client
        self._reading = reading
        self._name = name

    def reread(self, stream: str, ids: Sequence[str]) -> Iterator[Page]:
        """A page for every forty ids. What is no GUID cannot exist at Xero and is not asked for."""
        table = stream_of(stream)
        wanted = list(dict.fromkeys(ids))
        batches = [wanted[at : at + MANIFEST.reread_batch] for at in range(0, len(wanted), MANIFEST.reread_batch)]
        for number, batch in enumerate(batches, start=1):
            rows = self._batch(table, [one for one in batch if GUID.fullmatch(one)])
            gone = [self._gone(table, one) for one in batch if not GUID.fullmatch(one)]
            yield Page(stream, [*rows, *gone], "", last=number == len(batches))

    def _batch(self, table: Stream, wanted: list[str]) -> list[Row]:
        if not wanted:
            return []
        if not table.by_ids:
            return [row for one in wanted for row in self._one(table, one)]
        raws = self._raws(table, wanted)
        shown = {_id(raw, table).lower() for raw in raws}
        # A record without an id may be any of them, so then none is said to be gone.
        missing = [] if "" in shown else [one for one in wanted if one.lower() not in shown]
        return [*self._reading.rows(table, raws), *(self._gone(table, one) for one in missing)]

    def _one(self, table: Stream, wanted: str) -> list[Row]:
        try:
            found = self._client.single(table.entity, wanted)
        except NotFound:
            return [self._gone(table, wanted)]
        return self._reading.rows(table, found)

    def _raws(self, table: Stream, wanted: Sequence[str]) -> list[bytes]:
        query = {"IDs": ",".join(wanted), "includeArchived": "true"}
        return self._client.page(table.entity, "", 1, query).raws

    def _gone(self, table: Stream, wanted: str) -> Row:
        return Row(b"", (Gone(connection=self._name, id=wanted, of_kind=table.kind),))

    def read_invoices(self, ids: Sequence[str]) -> dict[str, Checked]:
        table = STREAMS["invoices"]
        wanted = [one for one in dict.fromkeys(ids) if GUID.fullmatch(one)]
        known = {one: Checked(None) for one in ids if one not in wanted}
        for start in range(0, len(wanted), MANIFEST.reread_batch):
            batch = wanted[start : start + MANIFEST.reread_batch]
            raws = self._raws(table, batch)
            ids_shown = [_id(raw, table) for raw in raws]
            known |= checked(batch, zip(ids_shown, self._reading.rows(table, raws), strict=True))
        read = [one.invoice for one in known.values() if one.invoice]
        self._client.payable = {invoice.id for invoice in read if invoice.online_payment}
        return known


def _id(raw: bytes, table: Stream) -> str:
    try:
        found = msgspec.json.decode(raw, type=dict[str, msgspec.Raw]).get(table.id_field)
        return msgspec.json.decode(found, type=str) if found else ""
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return ""
