"""The order of the work: the surest payments first, so that loose readings cannot take what surer ones need."""

import datetime as dt
import heapq
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

from reconciliation.matching import amounts as reasons
from reconciliation.matching import weights as w
from reconciliation.matching.book import Book
from reconciliation.matching.delays import Delays
from reconciliation.matching.items import CustomerRecord, Knowledge, OpenDocument, PaymentLine, Rates
from reconciliation.matching.judge import Judge
from reconciliation.matching.mirrors import of_record
from reconciliation.matching.names import key_of, words_of
from reconciliation.matching.payers import Payers, account_key
from reconciliation.matching.readings import Found, Judgement
from reconciliation.matching.reasons import reason, without
from reconciliation.matching.results import Band, Conclusion, Link
from reconciliation.policy import MatchPolicy

#: Told after every payment that has found its place, with how many have.
Progress = Callable[[int], None]

_SURE = 0.985
#: Clear numbers, to the cent: before all others, in the order of the calendar.
_PLAIN = 2.0
_NONE: frozenset[int] = frozenset()


def match(
    documents: Sequence[OpenDocument],
    payments: Sequence[PaymentLine],
    customers: Sequence[CustomerRecord] = (),
    rates: Rates | None = None,
    knowledge: Knowledge | None = None,
    policy: MatchPolicy | None = None,
    progress: Progress | None = None,
) -> list[Conclusion]:
    """A conclusion for each payment, by payment id. Same input, same result, in any order of input."""
    run = _Run(documents, customers, rates or {}, knowledge or Knowledge(), policy or MatchPolicy(), progress)
    return run.conclude(payments)


class _Run:
    """One matching; its state is what has been consumed and learnt so far."""

    def __init__(
        self,
        documents: Sequence[OpenDocument],
        customers: Sequence[CustomerRecord],
        rates: Rates,
        knowledge: Knowledge,
        policy: MatchPolicy,
        progress: Progress | None,
    ) -> None:
        self.policy, self.progress = policy, progress
        kept, mirrors = of_record(documents, customers)
        by_name = sorted((key_of(one.name), one.id) for one in customers)
        self.book = Book(kept, [identifier for _, identifier in by_name], mirrors)
        self.payers = Payers(self.book, customers, knowledge.payers)
        self.delays = Delays()
        self.judge = Judge(self.book, self.payers, self.delays, rates, policy.tolerance)
        self.refused: dict[str, frozenset[int]] = _refused(knowledge, self.book, mirrors)
        self.done: list[Conclusion] = []
        self.copies: frozenset[str] = frozenset()

    def conclude(self, payments: Sequence[PaymentLine]) -> list[Conclusion]:
        ordered = sorted(payments, key=_in_calendar)
        self.copies = _copies(ordered)
        waiting = self._by_surety(ordered, _SURE, only_stated=True)
        self.delays.settle()
        for payment in self._by_surety(waiting, self.policy.propose_confidence):
            self._finish(Conclusion(payment.id, (), "", 0.0, without(payment, copy=payment.id in self.copies)))
        return sorted(self.done, key=lambda one: one.payment)

    def _by_surety(self, payments: list[PaymentLine], least: float, *, only_stated: bool = False) -> list[PaymentLine]:
        """Place the payments whose reading is believed at least so much, surest first; the others are returned."""
        heap: list[tuple[float, int, Judgement]] = []
        left: list[int] = []

        judge, refused, copies = self.judge.judge, self.refused, self.copies

        def queue(order: int) -> None:
            payment = payments[order]
            no = refused.get(payment.id, _NONE) if refused else _NONE
            judged = judge(payment, no, copy=payment.id in copies, only_stated=only_stated)
            if judged.best is None or judged.confidence < least:
                left.append(order)
            else:
                surety = _PLAIN if judged.plain else round(judged.confidence, 6)
                heapq.heappush(heap, (-surety, order, judged))

        # one payer's after the other: what is looked at together is found in the processor's cache, a tenth faster
        name = self.payers.names.key
        for order in sorted(range(len(payments)), key=lambda order: name(payments[order].payer_name)):
            queue(order)
        touched = self.book.touched
        while heap:
            _, order, judged = heapq.heappop(heap)
            if any(touched[place] > judged.at for place in judged.watched):
                queue(order)
            elif judged.best:
                self._place(payments[order], judged, judged.best)
        left.sort()
        return [payments[order] for order in left]

    def _place(self, payment: PaymentLine, judged: Judgement, best: Found) -> None:
        told = reason(self.book, payment, best)
        links = self._take(payment, best)
        sure = judged.confidence >= self.policy.auto_confidence and best.pattern != "amount"
        band: Band = "auto" if sure else "propose"  # an amount alone, of an unknown payer, is never enough
        if judged.confidence >= _SURE:
            self._learn(payment, best)
        names = tuple([self.book.documents[place].id for place in judged.runner_up])
        confidence = round(judged.confidence, 4)
        self._finish(
            Conclusion(payment.id, links, band, confidence, told, names, round(judged.margin, 4), best.pattern)
        )

    def _take(self, payment: PaymentLine, best: Found) -> tuple[Link, ...]:
        """Consume what the reading says; money goes to credit notes first, then to the oldest document."""
        book = self.book
        closes = best.story in reasons.CLOSING
        money = payment.amount
        if best.story == reasons.RATE:
            money = sum([book.left[place] for place in best.places])
        links = []
        places = best.places
        if len(places) > 1:
            places = tuple(sorted(places, key=lambda place: (book.left[place] > 0, place)))
        for place in places:
            left = book.left[place]
            amount = left if left < 0 else min(left, money)
            money -= amount
            book.take(place, amount, closes=closes or amount == left)
            links.append(Link(book.documents[place].id, amount))
        return tuple(links)

    def _learn(self, payment: PaymentLine, best: Found) -> None:
        place = best.places[-1]
        self.payers.learn(payment, self.book.customer[place])
        if payment.paid_on and self.book.due[place] and best.story in reasons.CLOSING:
            self.delays.saw(self.book.customer[place], payment.paid_on.toordinal() - self.book.due[place])

    def _finish(self, conclusion: Conclusion) -> None:
        self.done.append(conclusion)
        if self.progress:
            self.progress(len(self.done))


def _in_calendar(payment: PaymentLine) -> tuple[int, str]:
    """By day, those without one last."""
    return payment.paid_on.toordinal() if payment.paid_on else dt.date.max.toordinal(), payment.id


def _refused(knowledge: Knowledge, book: Book, mirrors: dict[str, str]) -> dict[str, frozenset[int]]:
    """Places by payment; who refuses a mirror refuses its document."""
    named = [(payment, mirrors.get(document, document)) for payment, document in knowledge.refused]
    places = book.places_of({document for _, document in named})
    pairs: dict[str, set[int]] = defaultdict(set)
    for payment, document in named:
        if document in places:
            pairs[payment].add(places[document])
    return {payment: frozenset(found) for payment, found in pairs.items()}


def _copies(ordered: list[PaymentLine]) -> frozenset[str]:
    """Payments that came before: the same payer, amount and text a few days earlier."""
    times = Counter([(one.currency, one.amount) for one in ordered])
    last: dict[tuple[str, ...], int] = {}
    copies = set()
    for payment in ordered:
        if payment.paid_on is None or payment.amount <= 0 or times[payment.currency, payment.amount] < 2:
            continue
        payer = account_key(payment.payer_account) or "".join(words_of(payment.payer_name))
        key = (payment.currency, str(payment.amount), payer, "".join(payment.reference.upper().split()))
        day = payment.paid_on.toordinal()
        if key in last and day - last[key] <= w.COPY_DAYS:
            copies.add(payment.id)
        last[key] = day
    return frozenset(copies)
