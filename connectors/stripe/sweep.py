"""Reading a whole list."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from connectors.stripe.client import StripeClient
from connectors.stripe.mark import Window
from connectors.stripe.translate import Stream


@dataclass(frozen=True, slots=True)
class Swept:
    """One page of a sweep, and what is still to be read after it."""

    data: list[msgspec.Raw]
    left: list[Window]


def sweep(client: StripeClient, table: Stream, windows: list[Window]) -> Iterator[Swept]:
    """Newest first. What is made meanwhile stands before the first page, and is told by its events later."""
    while windows:
        window, *rest = windows
        found = client.page(table.path, query_of(table, window))
        windows = [Window(window.low, window.high, found.next), *rest] if found.has_more else rest
        yield Swept(found.data, windows)


def query_of(table: Stream, window: Window) -> dict[str, Any]:
    query: dict[str, Any] = {"expand": [f"data.{name}" for name in table.expand]}
    created = {"gt": window.low or None, "lte": window.high or None}
    if any(created.values()):
        query["created"] = created
    return query | ({"starting_after": window.after} if window.after else {})
