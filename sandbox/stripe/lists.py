"""Cursor lists of Stripe: newest first, limit at most 100, filters per list."""

from __future__ import annotations

import fnmatch
import math
from bisect import bisect_left
from collections.abc import Callable, Iterable
from typing import Any

from sandbox.calls import Answer, Call, json_answer
from sandbox.state import Record
from sandbox.stripe import errors
from sandbox.stripe.expand import Expander
from sandbox.stripe.forms import Form, decode, integer
from sandbox.stripe.ledger import Ledger

# Where a cursor stands: its index, half an index when it is no longer among the rows, None when there is no such object.
Place = Callable[[str], float | None]
PAGING = ("limit", "starting_after", "ending_before", "expand")
EVENT_LIFE = 30 * 86_400
MOST_TYPES = 20
PLAIN: dict[str, tuple[str, ...]] = {
    "invoice": ("status", "customer", "customer_account", "subscription", "collection_method"),
    "invoice_payment": ("invoice", "status"),
    "credit_note": ("invoice", "customer"),
    "customer": ("email",),
    "charge": ("customer", "payment_intent", "transfer_group"),
    "payment_intent": ("customer",),
    "refund": ("charge", "payment_intent"),
    "payout": ("status", "destination"),
    "balance_transaction": ("source", "type", "currency"),
    "dispute": ("charge", "payment_intent"),
    "payment_link": (),
    "checkout.session": ("payment_link", "payment_intent", "customer", "status"),
    "event": (),
    "payment_record": (),
}
RANGES: dict[str, tuple[str, ...]] = {
    "invoice": ("created", "due_date"),
    "payout": ("created", "arrival_date"),
    "payment_link": (),
    "payment_record": (),
}


class Lists:
    def __init__(self, ledger: Ledger, expander: Expander) -> None:
        self.ledger = ledger
        self.expander = expander
        self._kept: dict[str, tuple[int, dict[str, int]]] = {}

    def all_of(self, call: Call, kind: str) -> Answer:
        asked = decode(call.query)
        rows: Iterable[Record] = self._special(kind, asked, self.ledger[kind])
        ranges = RANGES.get(kind, ("created",))
        for name in asked:
            if name not in (*PLAIN[kind], *ranges, *PAGING, *SPECIAL.get(kind, ())):
                raise errors.unknown_parameter(name)
        for name in PLAIN[kind]:
            if name in asked:
                rows = [one for one in rows if one.get(name) == asked[name]]
        for name in ranges:
            if name in asked:
                rows = [one for one in rows if in_range(one.get(name), asked[name], name)]
        return self.page(call, asked, rows, kind)

    def nested(self, call: Call, rows: list[Record]) -> Answer:
        """A list below one object, in the order given."""
        asked = decode(call.query)
        window, more = cut(
            rows, asked, lambda cursor: next((i for i, one in enumerate(rows) if one["id"] == cursor), None)
        )
        page = {"object": "list", "data": window, "has_more": more, "url": call.path}
        return json_answer(self.expander.expand(page, asked.get("expand")))

    def page(self, call: Call, asked: Form, rows: Iterable[Record], kind: str) -> Answer:
        """Newest first. A cursor is a place in that order, so it holds even when its object no longer fits the filter."""
        places = self._places(kind)
        rows = sorted(rows, key=lambda one: places[one["id"]])

        def place(cursor: str) -> float | None:
            found = self.ledger[kind].get(cursor)
            if found is None or (kind == "event" and found["created"] <= self.ledger.now() - EVENT_LIFE):
                return None
            spot = bisect_left(rows, places[cursor], key=lambda one: places[one["id"]])
            return spot if spot < len(rows) and rows[spot]["id"] == cursor else spot - 0.5

        window, more = cut(rows, asked, place, kind)
        data = [self.ledger.shown(one) for one in window]
        answer: Record = {"object": "list", "data": data, "has_more": more, "url": call.path}
        return json_answer(self.expander.expand(answer, asked.get("expand")))

    def _places(self, kind: str) -> dict[str, int]:
        """Where each object stands; of the same second the one made later comes first. Kept until the table changes."""
        table = self.ledger[kind]
        version, places = self._kept.get(kind, (-1, {}))
        if version != table.version:
            oldest_first = sorted(table, key=lambda one: int(one["created"]))
            places = {one["id"]: -place for place, one in enumerate(oldest_first)}
            self._kept[kind] = (table.version, places)
        return places

    def _special(self, kind: str, asked: Form, rows: Iterable[Record]) -> Iterable[Record]:
        if kind == "event":
            return self._events(asked, rows)
        if kind == "balance_transaction" and "payout" in asked:
            return self.ledger["balance_transaction"].by("_payout", str(asked["payout"]))
        if kind == "invoice_payment" and "payment" in asked:
            wanted = asked["payment"] if isinstance(asked["payment"], dict) else {}
            return [one for one in rows if all(one["payment"].get(name) == value for name, value in wanted.items())]
        if kind == "customer":
            return [one for one in rows if not one.get("_deleted")]
        if kind == "payment_record":
            return [one for one in rows if _made_between(one, asked)]
        if kind == "payment_link" and "active" in asked:
            return [one for one in rows if one["active"] == (asked["active"] == "true")]
        return rows

    def _events(self, asked: Form, rows: Iterable[Record]) -> Iterable[Record]:
        wanted = asked.get("types") or ([asked["type"]] if "type" in asked else [])
        if len(wanted) > MOST_TYPES:
            raise errors.invalid("types", f"At most {MOST_TYPES} types", code="parameter_invalid")
        if "type" in asked and "types" in asked:
            raise errors.invalid("type", "You may pass either type or types", code="parameter_invalid")
        oldest = self.ledger.now() - EVENT_LIFE
        kept = (one for one in rows if one["created"] > oldest)
        return [one for one in kept if not wanted or any(fnmatch.fnmatchcase(one["type"], kind) for kind in wanted)]


SPECIAL = {
    "event": ("type", "types", "delivery_success"),
    "balance_transaction": ("payout",),
    "invoice_payment": ("payment",),
    "payment_link": ("active",),
    "payment_record": ("created_after", "created_before"),
}


def _made_between(record: Record, asked: Form) -> bool:
    after = integer(asked.get("created_after", "0"), "created_after")
    before = integer(asked.get("created_before", str(2**40)), "created_before")
    return after < int(record["created"]) < before


def cut(rows: list[Record], asked: Form, place: Place, kind: str = "item") -> tuple[list[Record], bool]:
    """The page that the cursors ask for, and whether more lies beyond it."""
    limit = integer(asked.get("limit", "10"), "limit")
    if not 1 <= limit <= 100:
        raise errors.invalid("limit", "This value must be between 1 and 100")
    if "starting_after" in asked and "ending_before" in asked:
        raise errors.invalid("starting_after", "You may give only one cursor", code="parameter_invalid")
    name = next((one for one in ("ending_before", "starting_after") if one in asked), None)
    if name is None:
        return rows[:limit], limit < len(rows)
    spot = place(str(asked[name]))
    if spot is None:
        raise errors.missing(kind, str(asked[name]), name, 400)
    if name == "ending_before":
        end = math.ceil(spot)
        return rows[max(0, end - limit) : end], end > limit
    start = math.floor(spot) + 1
    return rows[start : start + limit], start + limit < len(rows)


def in_range(value: int | None, wanted: Any, name: str) -> bool:
    if value is None:
        return False
    if not isinstance(wanted, dict):
        return value == integer(wanted, name)
    tests = {"gt": int.__gt__, "gte": int.__ge__, "lt": int.__lt__, "lte": int.__le__}
    for operator, bound in wanted.items():
        if operator not in tests:
            raise errors.unknown_parameter(f"{name}[{operator}]")
        if not tests[operator](value, integer(bound, name)):
            return False
    return True
