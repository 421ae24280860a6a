"""Matchers, surest first. Each takes one payment and the open book and says what it would match, and why."""

from collections.abc import Callable
from dataclasses import dataclass

from receivables.facts import Payment
from receivables.refs import Ref
from reconciliation.open_book import OpenBook
from reconciliation.results import Band


@dataclass(frozen=True, slots=True)
class Suggestion:
    """These invoices, in this order, for this reason."""

    invoices: tuple[Ref, ...]
    band: Band
    evidence: str


@dataclass(frozen=True, slots=True)
class Payer:
    """Who paid: the debtor key, or "" when the payer is nobody we know."""

    payment: Payment
    debtor: str
    debtor_of: dict[Ref, str]
    amount: int

    def owes(self, ref: Ref) -> bool:
        return bool(self.debtor) and self.debtor_of.get(ref) == self.debtor


Matcher = Callable[[Payer, OpenBook], Suggestion | None]
