"""The reference: what accounting suites do. Stated numbers first, then the amount, then a subset sum of the payer's."""

import itertools
import re
from collections import defaultdict
from collections.abc import Sequence

from reconciliation.matching.items import CustomerRecord, OpenDocument, PaymentLine

_WORD = re.compile(r"[a-z0-9]+(?:[-/][a-z0-9]+)*")


class SimpleMatcher:
    """Payments in the order of their days; a document is consumed once."""

    def __init__(self, documents: Sequence[OpenDocument], customers: Sequence[CustomerRecord]) -> None:
        self.left = {one.id: one.open for one in documents if one.kind == "invoice" and one.source != "stripe"}
        self.documents = {one.id: one for one in documents}
        self.by_number: dict[str, list[str]] = defaultdict(list)
        self.by_amount: dict[tuple[str, int], list[str]] = defaultdict(list)
        self.by_customer: dict[str, list[str]] = defaultdict(list)
        for name in sorted(self.left, key=lambda name: (str(self.documents[name].due_on), name)):
            one = self.documents[name]
            self.by_number[_plain(one.number)].append(name)
            self.by_amount[one.currency, one.open].append(name)
            self.by_customer[one.customer_id].append(name)
        self.customer_of = {_plain(one.name): one.id for one in customers}
        self.customer_of |= {one.account: one.id for one in customers if one.account}

    def match(self, payments: Sequence[PaymentLine]) -> dict[str, frozenset[str]]:
        ordered = sorted(payments, key=lambda one: (str(one.paid_on), one.id))
        found: dict[str, frozenset[str]] = {}
        for stage in (self._stated, self._same_amount, self._subset):
            for payment in ordered:
                if payment.amount > 0 and payment.id not in found:
                    chosen = stage(payment)
                    if chosen:
                        found[payment.id] = frozenset(chosen)
                        self._take(payment, chosen)
        return found

    def _stated(self, payment: PaymentLine) -> list[str]:
        words = _WORD.findall(payment.reference.lower())
        stated = [name for word in words for name in self.by_number.get(_plain(word), ())[:1] if len(_plain(word)) > 3]
        return [name for name in dict.fromkeys(stated) if self.left[name] > 0]

    def _same_amount(self, payment: PaymentLine) -> list[str]:
        fitting = [n for n in self.by_amount[payment.currency, payment.amount] if self.left[n] == payment.amount]
        payer = self._payer(payment)
        theirs = [name for name in fitting if self.documents[name].customer_id == payer]
        return theirs[:1] or (fitting if len(fitting) == 1 else [])

    def _subset(self, payment: PaymentLine) -> list[str]:
        names = [
            name
            for name in self.by_customer.get(self._payer(payment), ())
            if self.left[name] > 0 and self.documents[name].currency == payment.currency
        ][:16]
        for size in (2, 3, 4):
            for chosen in itertools.combinations(names, size):
                if sum(self.left[name] for name in chosen) == payment.amount:
                    return list(chosen)
        return []

    def _payer(self, payment: PaymentLine) -> str:
        return self.customer_of.get(payment.payer_account) or self.customer_of.get(_plain(payment.payer_name), "")

    def _take(self, payment: PaymentLine, chosen: Sequence[str]) -> None:
        left = payment.amount
        for name in chosen:
            taken = min(left, self.left[name])
            self.left[name] -= taken
            left -= taken


def _plain(text: str) -> str:
    return "".join(filter(str.isalnum, text.lower()))
