"""Records of Stripe as rows, completed by what their lists cut off or never show."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from connectors.errors import NotFound
from connectors.fields import Record, decode_record, read_row, text
from connectors.protocol import Row
from connectors.stripe.client import StripeClient, safe
from connectors.stripe.payouts import Payouts
from connectors.stripe.records import Account, gone
from connectors.stripe.translate import Stream
from receivables.facts import Fact


class Reader:
    """`account` says how the records are understood."""

    def __init__(self, client: StripeClient, payouts: Payouts, account: Account) -> None:
        self._client = client
        self._payouts = payouts
        self.account = account

    def rows(
        self, table: Stream, raws: Iterable[msgspec.Raw | bytes], also: Mapping[str, Record] | None = None
    ) -> list[Row]:
        """`also` are fields, by the record's id, that belong to a record but are not shown in it."""
        where = f"{self.account.connection}:{table.kind}"

        def facts(row: Record) -> tuple[Fact, ...]:
            more = also.get(text(row, "id")) if also else None
            return table.facts(self._completed(table.kind, row | more if more else row), self.account)

        return [read_row(bytes(raw), where, "id", facts) for raw in raws]

    def read_again(self, table: Stream, identifier: str) -> Row:
        """One record as it is now; `Gone` when it no longer exists."""
        if table.kind == "balance_transaction":
            return self._movement(table, identifier)
        raw = self.read_one(table, identifier)
        return self.rows(table, [raw])[0] if raw else self.gone(table, identifier)

    def read_one(self, table: Stream, identifier: str) -> bytes:
        """b"" when it no longer exists."""
        try:
            return self._client.get_raw(f"{table.path}/{safe(identifier)}", table.expand).body
        except NotFound:
            return b""

    def gone(self, table: Stream, identifier: str) -> Row:
        return Row(b"", (gone(self.account.connection, table.kind, identifier),))

    def _movement(self, table: Stream, identifier: str) -> Row:
        """A balance transaction does not tell its payout; the payouts made after it do."""
        raw = self.read_one(table, identifier)
        if not raw:
            return self.gone(table, identifier)
        made = decode_record(raw).get("created")
        self._payouts.ask_since(made if type(made) is int else 0)
        return self.rows(table, [raw])[0]

    def _completed(self, kind: str, row: Record) -> Record:
        if kind == "invoice":
            return row | rest if (rest := self._cut_off(row)) else row
        if kind == "payout" and row.get("deleted") is not True and self._payouts.note(row):
            return row | {"charges": self._payouts.charges(text(row, "id"))}
        if kind == "balance_transaction":
            return row | {"payout": self._payouts.payout_of(text(row, "id"))}
        return row

    def _cut_off(self, row: Record) -> Record:
        """An invoice shows its first ten lines and payments only; the rest are listed."""
        name, rest = text(row, "id"), dict[str, Record]()
        if _goes_on(row, "payments"):
            rest["payments"] = self._all_of("/v1/invoice_payments", {"invoice": name})
        if _goes_on(row, "lines"):
            rest["lines"] = self._all_of(f"/v1/invoices/{safe(name)}/lines", {})
        return rest

    def _all_of(self, path: str, query: Mapping[str, str]) -> Record:
        return {"data": [decode_record(bytes(raw)) for page in self._client.pages(path, query) for raw in page.data]}


def _goes_on(row: Record, name: str) -> bool:
    found = row.get(name)
    return isinstance(found, dict) and found.get("has_more") is True


def in_pages(names: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """Each name once."""
    wanted = list(dict.fromkeys(names))
    for start in range(0, len(wanted), size):
        yield wanted[start : start + size]
