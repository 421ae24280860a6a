"""Readings of one document: each of a likely payer's, others of this very amount, and those in another currency."""

from math import log

from reconciliation.matching import amounts as reasons
from reconciliation.matching import weights as w
from reconciliation.matching.amounts import Amounts, Exchanged, ratio
from reconciliation.matching.evidence import Evidence

#: A reading as unlikely as this before its day is looked at is not followed.
_FORLORN = -8.5


class OneDocument(Evidence):
    """Payments for one document."""

    __slots__ = ()

    def _singles(self, customer: int, places: list[int], amounts: Amounts, *, only_cited: bool) -> bool:
        """Each document alone; True when one of them has exactly this amount."""
        book, exact = self.book, False
        count = len(book.open_of(customer, self.payment.currency)) or 1
        base = self._payer(customer) + w.ONE - log(count)
        currency = self.payment.currency
        looked = [
            place for place in self.cited if book.customer[place] == customer and book.currency[place] == currency
        ]
        if not only_cited:
            looked += self._of_like_amount(places, anything=count <= w.FEW)
        for place in looked:
            left = book.left[place]
            if left > 0:
                weight, story = amounts.story(left)
                exact |= story == reasons.EXACT
                self._single(place, base + weight, story)
        return exact

    def _of_like_amount(self, places: list[int], *, anything: bool) -> list[int]:
        """Those not stated of which about this amount is left, or a multiple: it may be one of equal parts."""
        cited, left, amount = self.cited, self.book.left, self.payment.amount
        if anything:
            return [place for place in places if place not in cited]
        least, most = amount * 0.95, amount * 1.13
        return [
            place
            for place in places
            if (least <= left[place] <= most or (left[place] + 2) % amount <= 4) and place not in cited
        ]

    def _single(self, place: int, weight: float, story: str) -> None:
        """`weight` is of payer and amount."""
        weight += self._text(place)
        if weight > _FORLORN:
            weight += self._on_day(place)
            weight += self._left_out((place,)) if self.reading.groups else 0.0
            known = "one" if self.book.customer[place] in self.payer_of else "amount"
            self._add((place,), weight, story, place, self.reading.how.get(place, known))

    def _same_amount(self, amounts: Amounts) -> None:
        """Other customers' documents of exactly this amount."""
        book, currency = self.book, self.payment.currency
        places = book.of_amount(currency, self.payment.amount)
        if len(places) > (10 if self.reading.spoken or self.reading.loose else 1) * w.SAME_AMOUNT:
            return
        for place in places:
            customer = book.customer[place]
            if customer not in self.payer_of and place not in self.cited:
                count = len(book.open_of(customer, currency)) or 1
                self._single(place, self.others + w.ONE - log(count) + amounts.exact, reasons.EXACT)

    def _exchanged(self, customer: int) -> None:
        for currency in self.book.currencies_of(customer):
            if currency == self.payment.currency:
                continue
            rate = ratio(self.payment, currency, self.judge.rates)
            if rate:
                self._in(currency, customer, Exchanged(self.payment.amount, rate))

    def _in(self, currency: str, customer: int, exchanged: Exchanged) -> None:
        book = self.book
        base = self._payer(customer) + w.ONE - log(max(1, len(book.open_of(customer, currency))))
        for place in book.near(customer, currency, self.day, w.WINDOW):
            if book.left[place] > 0 and (
                place in self.cited or abs(book.left[place] - exchanged.worth) < exchanged.worth * 0.04
            ):
                weight, story = exchanged.story(book.left[place])
                self._single(place, base + weight, story)
        stated = tuple(
            sorted(one for one in self.cited if book.customer[one] == customer and book.currency[one] == currency)
        )
        total = sum(book.left[place] for place in stated)
        if len(stated) > 1 and total > 0:
            weight, story = exchanged.story(total)
            self._add_set(stated, base + weight, story, "stated")
