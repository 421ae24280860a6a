"""Counting what can still change: ids and open amounts, a hundred a call."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from connectors.errors import Unsupported
from connectors.fields import Record, Unreadable, currency, decode_record, text
from connectors.protocol import Standing
from connectors.stripe.amounts import amount_or_none
from connectors.stripe.client import StripeClient
from connectors.stripe.translate import STREAMS

#: The lists that a census asks, each with its filter: Stripe takes one status at a time.
_LISTS: Mapping[str, tuple[Mapping[str, str], ...]] = {
    "invoices": ({"status": "draft"}, {"status": "open"}, {"status": "uncollectible"}),
    "payouts": ({"status": "pending"}, {"status": "in_transit"}),
    "chargebacks": ({},),
}


def census(client: StripeClient, stream: str) -> Iterator[Sequence[Standing]]:
    """Raises Unsupported for a stream of records that Stripe cannot tell apart by their status."""
    if stream not in _LISTS:
        raise Unsupported(f"Stripe cannot be asked for the unfinished {stream} alone")
    for query in _LISTS[stream]:
        for page in client.pages(STREAMS[stream].path, query):
            yield [found for raw in page.data if (found := _standing(raw)).id]


def _standing(raw: msgspec.Raw) -> Standing:
    """A record whose amount cannot be read still exists."""
    row: Record = {}
    try:
        row = decode_record(bytes(raw))
        return Standing(text(row, "id"), None, _open(row))
    except (Unreadable, ValueError, ArithmeticError):
        found: Any = row.get("id")
        return Standing(found if isinstance(found, str) else "")


def _open(row: Record) -> int | None:
    if row.get("object") != "invoice":
        return None
    return amount_or_none(row, "amount_remaining", currency(row, "currency"))
