"""The open documents that money can be matched to, and what is left of each: an open amount is consumed once."""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Sequence

from reconciliation.matching import numbers
from reconciliation.matching.items import OpenDocument

#: A day that lies before or after all others, for documents without one.
_NO_DAY = 0
#: Ids shorter than this are found in too many texts.
_SHORTEST_ID = 6


class Book:
    """Documents by place in a fixed order (due day, id): places are the names used inside the engine.

    `left` is in minor units of the document's currency: above zero for invoices, below zero for credit notes.
    """

    def __init__(
        self, documents: Sequence[OpenDocument], customers: Sequence[str] = (), mirrors: dict[str, str] | None = None
    ) -> None:
        """`customers` may have nothing open; `mirrors` maps other ids of a document to its own."""
        self.documents = sorted(documents, key=lambda one: (_due(one), one.id))
        size = len(self.documents)
        self.left = [one.open if one.kind == "invoice" else -one.open for one in self.documents]
        self.issue = [one.issue_on.toordinal() if one.issue_on else _NO_DAY for one in self.documents]
        self.due = [_due(one) for one in self.documents]
        self.currency = [one.currency for one in self.documents]
        self.customer = [0] * size
        #: Counts up whenever something is taken: an old judgement about it is then stale.
        self.touched = [0] * size
        self.full: list[str] = []
        self.core: list[str] = []
        self.tail: list[str] = []
        self._open_of: dict[tuple[int, str], list[int]] = defaultdict(list)
        self._of_amount: dict[tuple[str, int], list[int]] = defaultdict(list)
        self.by_full: dict[str, list[int]] = defaultdict(list)
        self.by_core: dict[str, list[int]] = defaultdict(list)
        self.by_order: dict[str, list[int]] = defaultdict(list)
        self.by_id: dict[str, int] = {one.id: place for place, one in enumerate(self.documents)}
        self.customers: list[str] = sorted({*customers, *(one.customer_id for one in self.documents)})
        self._currencies: dict[int, list[str]] = defaultdict(list)
        self._index()
        self._index_ids(mirrors or {})
        for customer, currency in self._open_of:
            self._currencies[customer].append(currency)
        self.amounts_seen = {key: len(places) for key, places in self._of_amount.items()}
        self.per_currency: dict[str, int] = defaultdict(int)
        for currency in self.currency:
            self.per_currency[currency] += 1

    def _index(self) -> None:
        place_of = {name: place for place, name in enumerate(self.customers)}
        for place, one in enumerate(self.documents):
            full = numbers.as_read(one.number)
            core, tail = numbers.cores(one.number)
            self.full.append(full)
            self.core.append(core)
            self.tail.append(tail)
            customer = self.customer[place] = place_of[one.customer_id]
            if full:
                self.by_full[full].append(place)
            for key in {core, tail} - {""}:
                self.by_core[key].append(place)
            self._index_order(place, one.purchase_order)
            self._open_of[customer, one.currency].append(place)
            self._of_amount[one.currency, self.left[place]].append(place)

    def _index_ids(self, mirrors: dict[str, str]) -> None:
        """A document's id in a text names it too, and so does the id of its mirror."""
        for name in self.by_id:
            self._index_id(name, name)
        for name, own in mirrors.items():
            self._index_id(name, own)
            self.by_id[name] = self.by_id[own]

    def _index_id(self, name: str, own: str) -> None:
        place, key = self.by_id[own], numbers.as_read(name)
        if len(key) >= _SHORTEST_ID and key != self.full[place]:
            self.by_full[key].append(place)

    def _index_order(self, place: int, order: str) -> None:
        if order:
            core = numbers.cores(order)[0]
            for key in {numbers.as_read(order), core if len(core) >= 4 else ""} - {""}:
                self.by_order[key].append(place)

    def open_of(self, customer: int, currency: str) -> list[int]:
        """What a customer has open in a currency, by due day. Not to be changed."""
        return self._open_of.get((customer, currency), [])

    def currencies_of(self, customer: int) -> Sequence[str]:
        """Currencies in which a customer had something open at first."""
        return self._currencies.get(customer, ())

    def of_amount(self, currency: str, amount: int) -> list[int]:
        """Documents of which exactly this is left. Not to be changed."""
        return self._of_amount.get((currency, amount), [])

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
        self.touched[place] += 1
        currency = self.currency[place]
        _remove(self._of_amount[currency, before], place)
        if after == 0:
            _remove(self._open_of[self.customer[place], currency], place)
        else:
            insort(self._of_amount[currency, after], place)


def _remove(places: list[int], place: int) -> None:
    at = bisect_left(places, place)
    if at < len(places) and places[at] == place:
        del places[at]


def _due(one: OpenDocument) -> int:
    day = one.due_on or one.issue_on
    return day.toordinal() if day else _NO_DAY
