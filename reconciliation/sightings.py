"""One money, many sightings: a processor's payment that the books already have is not matched a second time."""

import re
from collections import defaultdict
from collections.abc import Iterable

from receivables.facts import Payment
from receivables.refs import Ref
from receivables.snapshot import Snapshot
from reconciliation.open_book import OpenBook
from reconciliation.policy import MatchPolicy
from reconciliation.results import Sighting

#: Words that look like an id made by a machine: long, letters and digits mixed.
_ID = re.compile(r"[A-Za-z0-9_]{10,}")


def words_of(payment: Payment) -> list[str]:
    """The machine-made words by which a payment of the books may name one at a processor."""
    return _ID.findall(f"{payment.reference} {payment.description}")


class Ledger:
    """Payments in the books, each of which can be the counterpart of one payment elsewhere."""

    def __init__(self, snapshot: Snapshot, debtors: dict[Ref, str], policy: MatchPolicy) -> None:
        self._snapshot = snapshot
        self._debtors = debtors
        self._policy = policy
        booked = [
            payment
            for _, payment in sorted(snapshot.payments.items())
            if snapshot.keeps_books(payment.connection) and payment.status == "settled" and payment.amount > 0
        ]
        self._free = {payment.ref: payment for payment in booked}
        self._by_word: dict[str, list[Payment]] = defaultdict(list)
        self._by_amount: dict[tuple[str, int], list[Payment]] = defaultdict(list)
        for payment in booked:
            self._by_amount[payment.currency, payment.amount].append(payment)
            for word in words_of(payment):
                self._by_word[word].append(payment)

    def by_id(self, payment: Payment) -> Sighting | None:
        """The books name the processor's own id of the payment or of its group, in one payment of theirs or several."""
        for word in (payment.id, payment.group_id, *_ID.findall(payment.reference)):
            named = [one for one in self._by_word.get(word, ()) if one.ref in self._free] if word else []
            booked = [one for one in named if one.currency == payment.currency]
            if booked:
                return self._claim(payment, booked, f"the books' payment names {word}")
        return None

    def by_content(self, payment: Payment, stated: Iterable[Ref], debtor: str) -> Sighting | None:
        """Same amount and near day, and either for an invoice that the payment states, or by the same debtor. What is
        booked net of the processor's fee is the same money too, where it is for an invoice that the payment states."""
        wanted = frozenset(stated)
        for booked in self._near_ones(payment, payment.amount):
            if wanted & _settles(booked):
                return self._claim(payment, [booked], "same amount, same invoice, near day")
            if not wanted and debtor and self._debtors.get(self._customer(booked)) == debtor:
                return self._claim(payment, [booked], "same amount, same customer, near day")
        for booked in self._near_ones(payment, payment.amount - payment.fee) if payment.fee else ():
            if wanted & _settles(booked):
                return self._claim(payment, [booked], "the amount less the fee, same invoice, near day")
        return None

    def free(self) -> list[Payment]:
        """What the books hold and no processor's payment was found to be."""
        return list(self._free.values())

    def _near_ones(self, payment: Payment, amount: int) -> list[Payment]:
        fitting = self._by_amount.get((payment.currency, amount), ())
        return [booked for booked in fitting if booked.ref in self._free and self._near(payment, booked)]

    def _claim(self, payment: Payment, booked: list[Payment], evidence: str) -> Sighting:
        claimed = {one.ref: one for one in booked}
        for ref in claimed:
            del self._free[ref]
        return Sighting(payment.ref, booked[0].ref, evidence, sum(one.amount for one in claimed.values()))

    def _near(self, payment: Payment, booked: Payment) -> bool:
        if payment.paid_on is None or booked.paid_on is None:
            return False
        return abs((booked.paid_on - payment.paid_on).days) <= self._policy.sighting_days

    def _customer(self, payment: Payment) -> Ref:
        customer = self._snapshot.customer_of(payment)
        return customer.ref if customer else Ref(payment.connection, "customer", payment.customer_id)


def _settles(booked: Payment) -> set[Ref]:
    return {Ref(booked.connection, "invoice", share.invoice_id) for share in booked.allocations}


def stated_anywhere(payment: Payment, book: OpenBook) -> list[Ref]:
    """Every invoice of the books, open or not, whose number or id the payment states."""
    texts = (payment.reference, payment.description, *(value for _, value in sorted(payment.metadata.items())))
    found = [ref for text in texts if text for ref in (*book.with_id(text), *book.numbered(text))]
    return [*found, *_ours(payment)]


def _ours(payment: Payment) -> list[Ref]:
    mark = payment.metadata.get("owed_invoice", "")
    return [Ref.parse(mark)] if mark.count(":") >= 2 else []
