"""The evidence about one payment: what its text states, who may pay, what the day says. All weights are log odds."""

from typing import TYPE_CHECKING

from reconciliation.matching import weights as w
from reconciliation.matching.items import PaymentLine
from reconciliation.matching.numbers import nearly
from reconciliation.matching.payers import Belief
from reconciliation.matching.readings import Found, Judgement, Readings
from reconciliation.matching.references import CLEAR, SILENT, Reading

if TYPE_CHECKING:
    from reconciliation.matching.judge import Judge


class Evidence:
    """Of one payment, and the readings of it that were found so far; places are the book's."""

    __slots__ = (
        "amounts", "beliefs", "book", "cited", "clear", "copy", "day", "judge", "others", "payer_of", "payment",
        "reading", "readings", "refused",
    )  # fmt: skip

    def __init__(
        self, judge: "Judge", payment: PaymentLine, reading: Reading, refused: frozenset[int], copy: bool
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
        judged.watched = tuple({place for one in self.readings if one.weight > least for place in one.places})
        judged.at = self.book.changes

    def _add(self, places: tuple[int, ...], weight: float, story: str, place: int, pattern: str) -> None:
        if self.refused and not self.refused.isdisjoint(places):
            return
        how = self.payer_of.get(self.book.customer[place], (0.0, ""))[1]
        self.readings.add(Found(places, weight, story, how, pattern))

    def _add_set(self, places: tuple[int, ...], weight: float, story: str, pattern: str) -> None:
        """`weight` is of payer and amount; what the text and the day say about each document comes on top."""
        stated = [self.cited[place] for place in places if place in self.cited]
        said = max(stated, default=0.0) + w.ANOTHER_STATED * (len(stated) - 1)
        days = sum(map(self._on_day, places)) / len(places)
        self._add(places, weight + said + days + self._left_out(places), story, places[0], pattern)

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
        if reading is SILENT:
            return 0.0
        if self.clear:
            return w.NEARLY_STATED if any(self._misread(key, place) for key in reading.groups) else w.NOT_STATED
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

    def _misread(self, key: str, place: int) -> bool:
        """The number that is stated is one slip away from this document's: another's may have been hit by chance."""
        return nearly(key, self.book.full[place]) or nearly(key, self.book.core[place])

    def _left_out(self, places: tuple[int, ...]) -> float:
        """Numbers that are stated clearly and of which no document is in the set."""
        missing = 0.0
        for key, group in self.reading.groups.items():
            if not any(place in places for place in group) and not self._misread(key, places[0]):
                missing += w.LEFT_OUT * min(1.0, max(self.cited[place] for place in group) / 8)
        return missing
