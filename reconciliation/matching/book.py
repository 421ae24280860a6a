"""The open documents that money can be matched to, and what is left of each: an open amount is consumed once."""

import re
from array import array
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Sequence, Set

from reconciliation.matching import numbers
from reconciliation.matching.items import OpenDocument

#: A day that lies before or after all others, for documents without one.
_NO_DAY = 0
_NOTHING_OPEN: list[int] = []
#: Ids shorter than this are found in too many texts.
_SHORTEST_ID = 12


#: One document in so many.
_RARE = 1000
_HEAD = re.compile(r"\W*([A-Za-z]+)(?![A-Za-z0-9])")


class Places(dict[str | int, int | list[int]]):
    """Documents by a key that mostly one has: a plain number then, for the sake of memory, else a list."""

    def add(self, key: str | int, place: int) -> None:
        """In the order of places: added ones come last, but for a rest that is put back."""
        known = self.setdefault(key, place)
        if known == place:
            return
        if isinstance(known, list):
            insort(known, place)
        else:
            self[key] = sorted((known, place))

    def remove(self, key: str | int, place: int) -> None:
        known = self.get(key)
        if known == place:
            del self[key]
        elif isinstance(known, list):
            _remove(known, place)

    def counts(self) -> dict[str | int, int]:
        return {key: len(found) if isinstance(found, list) else 1 for key, found in self.items()}

    def under(self, key: str | int) -> Sequence[int]:
        """Not to be changed."""
        found = self.get(key)
        if found is None:
            return ()
        return found if isinstance(found, list) else (found,)


class Book:
    """Documents by place in a fixed order (customer, due day, id): places are the names used inside the engine.

    A customer's documents are looked at together, and what lies together is read faster.

    `left` is in minor units of the document's currency: above zero for invoices, below zero for credit notes.
    """

    def __init__(
        self, documents: Sequence[OpenDocument], customers: Sequence[str] = (), mirrors: dict[str, str] | None = None
    ) -> None:
        """`customers` are numbered in this order, and may have nothing open; others with documents come behind them.

        `mirrors` maps other ids of a document to its own.
        """
        self.customers = [*customers, *sorted({one.customer_id for one in documents}.difference(customers))]
        number_of = {name: place for place, name in enumerate(self.customers)}
        self.documents = sorted(documents, key=lambda one: (number_of[one.customer_id], _due(one), one.id))
        size = len(self.documents)
        # through an array, so that the numbers of neighbours lie side by side in memory
        self.left = list(array("q", [one.open if one.kind == "invoice" else -one.open for one in self.documents]))
        ordinals: dict[int, int] = {}  # a few hundred days: each number is kept once
        issued = (one.issue_on.toordinal() if one.issue_on else _NO_DAY for one in self.documents)
        self.issue = [ordinals.setdefault(day, day) for day in issued]
        self.due = [ordinals.setdefault(day, day) for day in map(_due, self.documents)]
        self.currency = [one.currency for one in self.documents]
        self.customer = [number_of[one.customer_id] for one in self.documents]
        #: Counts up whenever something is taken, and of each document its count then: an older judgement is stale.
        self.changes = 0
        self.touched = [0] * size
        self.full: list[str] = []
        self.core: list[str] = []
        self.tail: list[str] = []
        self._of_amount: dict[str, Places] = defaultdict(Places)
        self.by_full = Places()
        self.by_core = Places()
        self.by_order = Places()
        #: Of each customer, by currency: places by due day.
        self._open_of: list[dict[str, list[int]]] = [{} for _ in self.customers]
        #: The first words of numbers that begin with letters, as they are read.
        self.heads: set[str] = set()
        self._index()
        self._index_ids(mirrors or {})
        self._amounts_at_first = {currency: places.counts() for currency, places in self._of_amount.items()}
        self.per_currency: dict[str, int] = defaultdict(int)
        for currency in self.currency:
            self.per_currency[currency] += 1

    def _index(self) -> None:
        for place, one in enumerate(self.documents):
            full = numbers.as_read(one.number)
            core, tail = numbers.cores(one.number)
            self.full.append(full)
            self.core.append(core)
            self.tail.append(tail)
            self.add_head(one.number)
            if full:
                self.by_full.add(full, place)
            if core:
                self.by_core.add(core, place)
            if tail and tail != core:
                self.by_core.add(tail, place)
            self._index_order(place, one.purchase_order)
            self._open_of[self.customer[place]].setdefault(one.currency, []).append(place)
            self._of_amount[one.currency].add(self.left[place], place)

    def add_head(self, text: str) -> None:
        """Numbers of several words, such as INV-2025-001, are looked for only where their first word stands."""
        head = _HEAD.match(text)
        if head:
            self.heads.add(numbers.look_alike(head.group(1).upper()))

    def _index_ids(self, mirrors: dict[str, str]) -> None:
        """A document's long id in a text names it too, and so does the id of its mirror."""
        for place, one in enumerate(self.documents):
            self._index_id(one.id, place)
        owners = self.places_of(set(mirrors.values()))
        for name, own in mirrors.items():
            self._index_id(name, owners[own])

    def _index_id(self, name: str, place: int) -> None:
        if len(name) >= _SHORTEST_ID:
            self.add_head(name)
            self.by_full.add(numbers.as_read(name), place)

    def places_of(self, ids: Set[str]) -> dict[str, int]:
        return {one.id: place for place, one in enumerate(self.documents) if one.id in ids} if ids else {}

    def _index_order(self, place: int, order: str) -> None:
        if order:
            self.add_head(order)
            core = numbers.cores(order)[0]
            for key in {numbers.as_read(order), core if len(core) >= 4 else ""} - {""}:
                self.by_order.add(key, place)

    def open_of(self, customer: int, currency: str) -> list[int]:
        """What a customer has open in a currency, by due day. Not to be changed."""
        return self._open_of[customer].get(currency) or _NOTHING_OPEN

    def currencies_of(self, customer: int) -> Iterable[str]:
        """Currencies in which a customer had something open at first."""
        return self._open_of[customer]

    def of_amount(self, currency: str, amount: int) -> Sequence[int]:
        """Documents of which exactly this is left. Not to be changed."""
        places = self._of_amount.get(currency)
        return places.under(amount) if places else ()

    def amounts_seen(self, currency: str, amount: int) -> int:
        """How many documents had exactly this open at first."""
        return self._amounts_at_first.get(currency, {}).get(amount, 0)

    def is_rare(self, currency: str, amount: int) -> bool:
        """So few documents had this amount at first that a misread number hardly hits one of them."""
        seen = self.amounts_seen(currency, amount)
        return seen <= 2 or seen * _RARE < len(self.documents)

    def near(self, customer: int, currency: str, day: int, most: int) -> list[int]:
        """At most `most` open documents of a customer, those due nearest before and after a day, by due day."""
        places = self.open_of(customer, currency)
        if len(places) <= most:
            return places
        middle = bisect_left(places, day, key=lambda place: self.due[place])
        start = max(0, min(middle - most * 3 // 4, len(places) - most))
        return places[start : start + most]

    def take(self, place: int, amount: int, *, closes: bool) -> None:
        """Consume `amount`; with `closes` the small rest is given up and nothing stays open."""
        before = self.left[place]
        after = 0 if closes else before - amount
        self.left[place] = after
        self.changes += 1
        self.touched[place] = self.changes
        currency = self.currency[place]
        self._of_amount[currency].remove(before, place)
        if after == 0:
            _remove(self._open_of[self.customer[place]][currency], place)
        else:
            self._of_amount[currency].add(after, place)


def _remove(places: list[int], place: int) -> None:
    at = bisect_left(places, place)
    if at < len(places) and places[at] == place:
        del places[at]


def _due(one: OpenDocument) -> int:
    day = one.due_on or one.issue_on
    return day.toordinal() if day else _NO_DAY
