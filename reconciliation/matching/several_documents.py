"""Readings of several documents: those that are stated, those that add up, and the oldest."""

import re
from math import log

from reconciliation.matching import amounts as reasons
from reconciliation.matching import weights as w
from reconciliation.matching.amounts import Amounts
from reconciliation.matching.combinations import adding_up
from reconciliation.matching.evidence import Evidence
from reconciliation.matching.references import CLEAR

_SEVERAL = re.compile(
    r"\b(?:STATEMENT|ALL|EVERYTHING|ON ACCOUNT|ACCOUNT|OPEN INVOICES|INVOICES|BALANCE|KONTOAUSZUG|SALDO)\b"
)


class SeveralDocuments(Evidence):
    """Payments for more than one document."""

    __slots__ = ()

    def _stated(self, customer: int, near: list[int], amounts: Amounts) -> None:
        """All documents of a customer that the text states, some of them, or these and one more."""
        book, currency = self.book, self.payment.currency
        stated = tuple(sorted(
            place for place, weight in self.cited.items()
            if book.customer[place] == customer and weight >= CLEAR and book.currency[place] == currency
        ))  # fmt: skip
        if not stated:
            return
        total = sum(book.left[place] for place in stated)
        base = self._payer(customer) - log(max(1, len(book.open_of(customer, currency))))
        if len(stated) > 1 and total > 0:
            weight, story = amounts.story(total)
            self._add_set(stated, base + weight, story, "stated")
            if story != reasons.EXACT:
                self._some_of(stated, base, amounts)
        missing = self.payment.amount - total
        if missing:
            self._one_more(stated, [place for place in near if book.left[place] == missing], base, amounts)

    def _some_of(self, stated: tuple[int, ...], base: float, amounts: Amounts) -> None:
        places = list(stated[: w.WINDOW])
        for chosen, _, _ in adding_up(
            places, [self.book.left[one] for one in places], self.payment.amount, len(places)
        ):
            self._add_set(chosen, base + amounts.exact, reasons.EXACT, "stated")

    def _one_more(self, stated: tuple[int, ...], more: list[int], base: float, amounts: Amounts) -> None:
        """A credit note that is netted without a word, or an invoice whose number cannot be read."""
        for place in more:
            if place not in stated:
                netted = self.book.left[place] < 0
                weight = w.CREDIT_NETTED if netted else w.NOT_STATED + (2.0 if self.reading.spoken else 0.0)
                chosen = tuple(sorted((*stated, place)))
                self._add_set(chosen, base + amounts.exact + weight, reasons.EXACT, "netted" if netted else "stated")

    def _sets(self, customer: int, places: list[int], amounts: Amounts) -> None:
        """No clear number: which of the payer's documents add up, or are the oldest?"""
        book, base = self.book, self._payer(customer)
        said = w.SPEAKS_OF_SEVERAL if _SEVERAL.search(self.payment.reference.upper()) else 0.0
        said += w.UNKNOWN_NUMBER if self.reading.spoken and not said else 0.0
        due = [place for place in places if not self.day or book.issue[place] <= self.day]
        left = [book.left[place] for place in due]
        found = adding_up(due, left, self.payment.amount, len(book.open_of(customer, self.payment.currency)))
        for chosen, weight, pattern in found[:12]:
            days = sum(map(self._on_day, chosen)) / len(chosen)
            bonus = said if pattern != "several" else 0.0
            self._add(chosen, base + weight + amounts.exact + days + bonus, reasons.EXACT, chosen[0], pattern)
        if not found:
            self._oldest_first(due, base + said, amounts)

    def _oldest_first(self, due: list[int], base: float, amounts: Amounts) -> None:
        """A sum on account: the oldest documents, the last of them in part; or all of them but for a small difference."""
        owed = [place for place in due if self.book.left[place] > 0]
        total = sum(self.book.left[place] for place in owed)
        if len(owed) > 1 and self.payment.amount < total * 2:
            weight, story = amounts.story(total)
            if story in reasons.CLOSING:
                self._add(tuple(owed), base + w.EVERYTHING + weight, story, owed[0], "everything open")
        reached, chosen = 0, []
        for place in owed:
            chosen.append(place)
            reached += self.book.left[place]
            if reached >= self.payment.amount:
                break
        if len(chosen) > 1 and reached > self.payment.amount:
            weight = base + w.OLDEST_FIRST + amounts.by_chance
            self._add(tuple(chosen), weight, reasons.PART, chosen[0], "oldest first")

    def _of_two_customers(self, amounts: Amounts) -> None:
        """A parent or an agent that pays at once for several customers, all stated."""
        clear = tuple(sorted(
            group[0] for group in self.reading.groups.values()
            if len(group) == 1 and self.cited[group[0]] >= CLEAR and self.book.currency[group[0]] == self.payment.currency
        ))  # fmt: skip
        clear = tuple(dict.fromkeys(clear))
        if len(clear) > 1 and sum(self.book.left[place] for place in clear) == self.payment.amount:
            payer = max(self._payer(self.book.customer[place]) for place in clear)
            self._add_set(clear, payer + w.TWO_CUSTOMERS + amounts.exact, reasons.EXACT, "stated")
