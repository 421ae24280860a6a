"""One payment: every reading of it that is worth a look, each with the sum of its evidence, and belonging to nothing."""

from math import log

from reconciliation.matching import amounts as reasons
from reconciliation.matching import weights as w
from reconciliation.matching.amounts import Amounts
from reconciliation.matching.book import Book
from reconciliation.matching.delays import Delays
from reconciliation.matching.items import PaymentLine, Rates
from reconciliation.matching.one_document import OneDocument
from reconciliation.matching.payers import Payers
from reconciliation.matching.readings import Judgement
from reconciliation.matching.references import CLEAR, Reader
from reconciliation.matching.several_documents import SeveralDocuments

#: A payer as sure as this: others' documents of the same amount are not looked at.
_KNOWN = -0.06
#: A number as clear as this, and the amount to the cent, need no likely payer.
_DECISIVE = 8.0

#: The judgement on a payment that is not looked at yet.
LATER = Judgement(None, 0.0, (), 0.0)


class Judge:
    """Judges payments against what is left in the book now."""

    def __init__(self, book: Book, payers: Payers, delays: Delays, rates: Rates, tolerance: int) -> None:
        self.book, self.payers, self.delays, self.rates, self.tolerance = book, payers, delays, rates, tolerance
        self.reader = Reader(book, payers.customer_words)

    def judge(
        self, payment: PaymentLine, refused: frozenset[int], *, copy: bool, only_stated: bool = False
    ) -> Judgement:
        """`refused` are documents that a person has refused for this payment; `copy` says that it came before.

        With `only_stated` a payment that states no document clearly is left for later.
        """
        reading = self.reader.read(payment.reference)
        if only_stated and max(reading.cited.values(), default=0.0) < CLEAR:
            return LATER
        return _One(self, payment, reading, refused, copy).judgement()

    def amounts(self, payment: PaymentLine) -> Amounts:
        seen = self.book.amounts_seen(payment.currency, payment.amount)
        known = self.book.per_currency.get(payment.currency, 0) + w.SMALLEST_LEDGER
        return Amounts(payment, payment.amount, max(0.0, seen - 0.5) / known, self.tolerance)


class _One(OneDocument, SeveralDocuments):
    """The judging of one payment."""

    __slots__ = ()

    def judgement(self) -> Judgement:
        plain = self.amounts is not None and self._plain(self.amounts, known=False)
        if plain:
            pass
        elif self.amounts is None:
            self._money_out()
        else:
            self._ask_who_pays()
            plain = self._plain(self.amounts, known=True)
            if not plain:
                self._look_everywhere(self.amounts)
        judged = self.readings.judge(self._nothing())
        judged.plain = plain
        self._watch(judged)
        return judged

    def _money_out(self) -> None:
        """Only a credit note that is named, to the cent, is paid out; all else gives back what came before."""
        for place in self.cited:
            if self.book.left[place] == self.payment.amount and self.book.currency[place] == self.payment.currency:
                self._add((place,), self.cited[place], reasons.EXACT, place, self.reading.how[place])

    def _plain(self, amounts: Amounts, *, known: bool) -> bool:
        """The usual case, cut short: clear numbers of documents of one customer, which add up to the cent.

        Who pays is `known` or not yet asked; a clear number with a rare amount does not need it.
        """
        if not self.clear or self.copy or self.reading.other_purpose or self.refused:
            return False
        book, cited, currency = self.book, self.cited, self.payment.currency
        if not known and not book.is_rare(currency, self.payment.amount):
            return False
        surest = self.beliefs[0][0] if self.beliefs else -1
        owner, chosen = -1, set()
        for group in self.reading.groups.values():
            clear = [place for place in group if cited[place] >= CLEAR]
            if len(clear) > 1:
                clear = [place for place in clear if book.customer[place] == surest]
            if len(clear) == 1 and owner in (-1, book.customer[clear[0]]) and book.currency[clear[0]] == currency:
                owner = book.customer[clear[0]]
                chosen.add(clear[0])
            elif clear:
                return False
        places = tuple(sorted(chosen))
        if not places or sum([book.left[place] for place in places]) != self.payment.amount:
            return False
        if max([cited[place] for place in places]) < (CLEAR if owner == surest else _DECISIVE):
            return False
        pattern = self.reading.how[places[0]] if len(places) == 1 else "stated"
        base = self._payer(owner) + w.ONE - log(len(book.open_of(owner, currency)) or 1)
        self._add_set(places, base + amounts.exact, reasons.EXACT, pattern)
        return True

    def _look_everywhere(self, amounts: Amounts) -> None:
        currency = self.payment.currency
        customers = [customer for customer, weight, _ in self.beliefs if weight > -3.5]
        owners = dict.fromkeys(self.book.customer[place] for place in self.cited)
        for customer in dict.fromkeys([*customers, *owners]):
            places = self.book.near(customer, currency, self.day, w.WINDOW)
            exact = self._singles(customer, places, amounts, only_cited=customer not in self.payer_of)
            if customer in owners:
                self._stated(customer, places, amounts)
            elif not exact and len(places) > 1 and self.payer_of[customer][0] > -2.0:
                self._sets(customer, places, amounts)
            if self.judge.rates and (customer in owners or self._payer(customer) > -2.5):
                self._exchanged(customer)
        if (
            not (self.beliefs and self.beliefs[0][1] > _KNOWN and self.readings)
            or self.reading.spoken
            or self.reading.loose
        ):
            self._same_amount(amounts)
        if len(owners) > 1:
            self._of_two_customers(amounts)
