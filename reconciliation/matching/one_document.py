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
        amount, currency, cited = self.payment.amount, self.payment.currency, self.cited
        least, most = (0, 1 << 62) if count <= w.FEW else (amount * 0.95, amount * 1.13)
        stated = [place for place in cited if book.customer[place] == customer and place not in places]
        for place in (*places, *stated):
            left = book.left[place]
            if place in cited:
                if left <= 0 or book.currency[place] != currency:
                    continue
            elif left <= 0 or only_cited or not (least <= left <= most or (left + 2) % amount <= 4):
                continue
            weight, story = amounts.story(left)
            exact |= story == reasons.EXACT
            self._single(place, base + weight, story)
        return exact

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
