"""One payment: every reading of it that is worth a look, each with the sum of its evidence, and belonging to nothing."""

import re
from math import log

from reconciliation.matching import amounts as reasons
from reconciliation.matching import weights as w
from reconciliation.matching.amounts import Amounts, Exchanged, ratio
from reconciliation.matching.book import Book
from reconciliation.matching.combinations import adding_up
from reconciliation.matching.delays import Delays
from reconciliation.matching.items import PaymentLine, Rates
from reconciliation.matching.numbers import nearly
from reconciliation.matching.payers import Belief, Payers
from reconciliation.matching.readings import Found, Judgement, Readings
from reconciliation.matching.references import CLEAR, Reader, Reading

_SEVERAL = re.compile(
    r"\b(?:STATEMENT|ALL|EVERYTHING|ON ACCOUNT|ACCOUNT|OPEN INVOICES|INVOICES|BALANCE|KONTOAUSZUG|SALDO)\b"
)
#: A payer as sure as this: others' documents of the same amount are not looked at.
_KNOWN = -0.06
#: A number as clear as this, and the amount to the cent, need no likely payer.
_DECISIVE = 8.0
#: An amount that no more documents had at first.
_RARE = 2
#: A reading as unlikely as this before its day is looked at is not followed.
_FORLORN = -8.5


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
        seen = self.book.amounts_seen.get((payment.currency, payment.amount), 0)
        known = self.book.per_currency.get(payment.currency, 0) + w.SMALLEST_LEDGER
        return Amounts(payment, payment.amount, max(0.0, seen - 0.5) / known, self.tolerance)


class _One:
    """The judging of one payment. Weights are log odds; places are the book's."""

    __slots__ = (
        "amounts", "beliefs", "book", "cited", "clear", "copy", "day", "judge", "others", "payer_of", "payment",
        "reading", "readings", "refused",
    )  # fmt: skip

    def __init__(
        self, judge: Judge, payment: PaymentLine, reading: Reading, refused: frozenset[int], copy: bool
    ) -> None:
        self.judge, self.book, self.payment, self.refused, self.copy = judge, judge.book, payment, refused, copy
        self.day = payment.paid_on.toordinal() if payment.paid_on else 0
        self.reading, self.cited = reading, reading.cited
        self.clear = max(self.cited.values(), default=0.0) >= CLEAR
        self.readings = Readings()
        self.amounts = judge.amounts(payment) if payment.amount > 0 else None
        self.beliefs: list[Belief] = []
        self.payer_of: dict[int, tuple[float, str]] = {}
        self.others = judge.payers.anybody

    def _ask_who_pays(self) -> None:
        self.beliefs, others = self.judge.payers.of(self.payment, self.reading)
        self.payer_of = {customer: (weight, how) for customer, weight, how in self.beliefs}
        self.others = others + self._stranger()

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
        if not plain:
            self._watch(judged)
        return judged

    def _stranger(self) -> float:
        """What it says about a customer that the payer does not look like it."""
        if not self.payment.payer_name and not self.payment.payer_account:
            return 0.0
        surest = self.beliefs[0][1] if self.beliefs else -9.0
        return w.OTHER_CUSTOMER if surest > -0.2 else w.UNKNOWN_PAYER if surest < -1.5 else 0.0

    def _nothing(self) -> float:
        weight = w.NOTHING + (w.NOTHING_FROM_DEBTOR if self._from_debtor() else 0.0)
        weight += (w.OTHER_PURPOSE if self.reading.other_purpose else 0.0) + (w.COPY if self.copy else 0.0)
        return weight + (w.STATES_SETTLED if self.reading.settled and not self.clear else 0.0)

    def _from_debtor(self) -> bool:
        surest = self.beliefs[0] if self.beliefs else None
        return surest is not None and surest[1] > -0.4 and bool(self.book.open_of(surest[0], self.payment.currency))

    def _watch(self, judged: Judgement) -> None:
        if judged.best is None:
            return
        least = judged.best.weight - 7.0
        watched = {place for one in self.readings if one.weight > least for place in one.places}
        judged.watched = tuple((place, self.book.touched[place]) for place in watched)

    # --- money out -----------------------------------------------------------------------------------------------

    def _money_out(self) -> None:
        """Only a credit note that is named, to the cent, is paid out; all else gives back what came before."""
        for place in self.cited:
            if self.book.left[place] == self.payment.amount and self.book.currency[place] == self.payment.currency:
                self._add((place,), self.cited[place], reasons.EXACT, place, self.reading.how[place])

    # --- money in ------------------------------------------------------------------------------------------------

    def _plain(self, amounts: Amounts, *, known: bool) -> bool:
        """The usual case, cut short: clear numbers of documents of one customer, which add up to the cent.

        Who pays is `known` or not yet asked; a clear number with a rare amount does not need it.
        """
        if not self.clear or self.copy or self.reading.other_purpose or self.refused:
            return False
        book, cited, currency = self.book, self.cited, self.payment.currency
        surest = self.beliefs[0][0] if self.beliefs else -1
        owner, chosen = -1, set()
        for group in self.reading.groups.values():
            clear = [place for place in group if cited[place] >= CLEAR]
            if len(clear) > 1:
                clear = [place for place in clear if book.customer[place] == surest]
            if len(clear) == 1 and owner in (-1, book.customer[clear[0]]) and book.currency[clear[0]] == currency:
                owner = book.customer[clear[0]]
                chosen.add(clear[0])
            elif clear or len(group) > 1:
                return False
        places = tuple(sorted(chosen))
        if not places or sum([book.left[place] for place in places]) != self.payment.amount:
            return False
        if max([cited[place] for place in places]) < (CLEAR if owner == surest else _DECISIVE):
            return False
        if not known and self.book.amounts_seen.get((currency, self.payment.amount), 0) > _RARE:
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

    def _add(self, places: tuple[int, ...], weight: float, story: str, place: int, pattern: str) -> None:
        if self.refused and not self.refused.isdisjoint(places):
            return
        how = self.payer_of.get(self.book.customer[place], (0.0, ""))[1]
        self.readings.add(Found(places, weight, story, how, pattern))

    def _payer(self, customer: int) -> float:
        known = self.payer_of.get(customer)
        return known[0] if known else self.others

    def _on_day(self, place: int) -> float:
        book = self.book
        return self.judge.delays.weight(book.customer[place], self.day, book.issue[place], book.due[place])

    def _text(self, place: int) -> float:
        """What the text says about one document."""
        stated = self.cited.get(place)
        if stated is not None:
            return stated
        reading = self.reading
        if self.clear:
            return w.NOT_STATED
        if reading.settled:
            return w.STATES_ANOTHER
        for digits in reading.spoken:
            if nearly(digits, self.book.core[place]) or nearly(digits, self.book.tail[place]):
                return w.NEARLY
        if reading.loose and not reading.loose.isdisjoint(
            (self.book.core[place], self.book.tail[place], self.book.full[place])
        ):
            return w.NEARLY
        if reading.spoken:
            return w.UNKNOWN_NUMBER
        return 0.0

    def _left_out(self, places: tuple[int, ...]) -> float:
        """Numbers that are stated clearly and of which no document is in the set."""
        missing = 0.0
        for group in self.reading.groups.values():
            if not any(place in places for place in group):
                missing += w.LEFT_OUT * min(1.0, max(self.cited[place] for place in group) / 8)
        return missing

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

    # --- several documents ---------------------------------------------------------------------------------------

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

    def _add_set(self, places: tuple[int, ...], weight: float, story: str, pattern: str) -> None:
        """`weight` is of payer and amount; what the text and the day say about each document comes on top."""
        stated = [self.cited[place] for place in places if place in self.cited]
        said = max(stated, default=0.0) + w.ANOTHER_STATED * (len(stated) - 1)
        days = sum(map(self._on_day, places)) / len(places)
        self._add(places, weight + said + days + self._left_out(places), story, places[0], pattern)

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

    # --- another currency ----------------------------------------------------------------------------------------

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
