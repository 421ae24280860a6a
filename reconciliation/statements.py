"""What people stated about invoices and customers, looked up by the references it is about."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from typing import TypeVar

from receivables.local_facts import Confirmation, Dispute, Hold, LocalFact, OptOut, PaymentPlan, Promise, Release

L = TypeVar("L", bound=LocalFact)


class Statements:
    """The newest statement in force of each kind, per subject; what was resolved, lifted or withdrawn is over."""

    def __init__(self, facts: Iterable[LocalFact]) -> None:
        self._by_subject: dict[str, list[LocalFact]] = defaultdict(list)
        self._resolved: dict[str, Dispute] = {}
        for fact in sorted(facts, key=lambda fact: (str(fact.stated_at), fact.id)):
            if _in_force(fact):
                self._by_subject[fact.subject].append(fact)
            elif isinstance(fact, Dispute):
                self._resolved[fact.subject] = fact

    def newest(self, kind: type[L], subjects: Iterable[str]) -> L | None:
        """The newest of each subject; of those the one that holds longest: a word about the customer takes nothing
        away from one about the invoice."""
        latest = [found[-1] for subject in subjects if (found := self.every(kind, [subject]))]
        return max(latest, key=_holds_until, default=None)

    def every(self, kind: type[L], subjects: Iterable[str]) -> list[L]:
        return [fact for subject in subjects for fact in self._by_subject.get(subject, ()) if isinstance(fact, kind)]

    def resolved(self, subjects: Iterable[str]) -> Dispute | None:
        """The dispute that was settled last."""
        found = [self._resolved[subject] for subject in subjects if subject in self._resolved]
        return max(found, key=lambda dispute: str(dispute.resolved_at), default=None)

    def confirmed(self, question: str, subjects: Iterable[str]) -> bool:
        return any(fact.question == question and fact.answer == "yes" for fact in self.every(Confirmation, subjects))


def _holds_until(fact: LocalFact) -> dt.date:
    """The last day that a statement keeps back; without an end it keeps back for ever."""
    match fact:
        case Promise():
            return fact.promised_on
        case Hold() if fact.until_on:
            return fact.until_on
    return dt.date.max


def _in_force(fact: LocalFact) -> bool:
    match fact:
        case Dispute():
            return fact.resolved_at is None
        case Hold():
            return fact.lifted_at is None
        case Promise() | OptOut() | PaymentPlan():
            return fact.withdrawn_at is None
        case Release() | Confirmation():
            return True
    return True
