"""What a replay comes to: its messages beside what is known today, and two rulebooks side by side."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from receivables.business import Business
from receivables.decisions import REACHING, Decision
from rules.replay import Basis, Replayed

#: What asks for money; thanks and notes concern nobody who has paid.
_ASKING = frozenset({"remind", "statement", "call", "letter"})

#: From a day to a day; None: from ever, or until now.
Span = tuple[dt.date | None, dt.date | None]


@dataclass(frozen=True, slots=True)
class Hindsight:
    """What is known today, by the str() of an invoice's reference: the day on which it was settled in full, and when it
    was disputed. Days are the business's."""

    paid_on: Mapping[str, dt.date] = field(default_factory=dict)
    disputed: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)

    def was_paid(self, invoice: str, on: dt.date) -> bool:
        """Settled before that day: on the day itself nobody can tell which came first."""
        paid_on = self.paid_on.get(invoice)
        return paid_on is not None and paid_on < on

    def was_disputed(self, invoice: str, on: dt.date) -> bool:
        spans = self.disputed.get(invoice, ())
        return any((start is None or start <= on) and (end is None or on < end) for start, end in spans)


class PastMessage(msgspec.Struct, frozen=True):
    """Something that would have been done on a day of the business; `paid` and `disputed` name those of its invoices
    that were so by then, as is known today."""

    on: dt.date
    at: dt.datetime
    decision: Decision
    basis: Basis
    paid: tuple[str, ...] = ()
    disputed: tuple[str, ...] = ()

    @property
    def reaches(self) -> bool:
        """The debtor would have noticed it."""
        return self.decision.action in REACHING


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """One rulebook's replay. `messages` are those that reach a debtor, `inside` all other acts (notes, alerts).

    `to_paid` and `to_disputed` count messages about at least one such invoice. `days_to_payment` is the mean, over the
    invoices that were paid after a message, of the days from the last message before the payment to it.
    """

    past: tuple[PastMessage, ...]
    messages: int
    inside: int
    steps: dict[str, int]
    invoices: int
    to_paid: int
    to_disputed: int
    paid_after: int
    days_to_payment: float | None


def judge(replayed: Iterable[Replayed], hindsight: Hindsight, business: Business) -> Outcome:
    """Each message with what is known today, and what they come to."""
    past = tuple(_past(one, hindsight, business) for one in replayed)
    reaching = [one for one in past if one.reaches]
    waits = _days_to_payment(reaching, hindsight)
    return Outcome(
        past=past,
        messages=len(reaching),
        inside=len(past) - len(reaching),
        steps=dict(sorted(Counter(f"{one.decision.policy}/{one.decision.step}" for one in past).items())),
        invoices=len({ref for one in reaching for ref in one.decision.invoices}),
        to_paid=sum(bool(one.paid) for one in past),
        to_disputed=sum(bool(one.disputed) for one in past),
        paid_after=len(waits),
        days_to_payment=round(sum(waits) / len(waits), 1) if waits else None,
    )


def _past(one: Replayed, hindsight: Hindsight, business: Business) -> PastMessage:
    on = business.day_of(one.at)
    refs = [str(ref) for ref in one.decision.invoices] if one.decision.action in _ASKING else []
    return PastMessage(
        on=on,
        at=one.at,
        decision=one.decision,
        basis=one.basis,
        paid=tuple(ref for ref in refs if hindsight.was_paid(ref, on)),
        disputed=tuple(ref for ref in refs if hindsight.was_disputed(ref, on)),
    )


def _days_to_payment(messages: Iterable[PastMessage], hindsight: Hindsight) -> list[int]:
    """By invoice that was paid after a message: days from the last one before the payment."""
    last: dict[str, dt.date] = {}
    for one in messages:
        for ref in map(str, one.decision.invoices) if one.decision.action in _ASKING else ():
            paid_on = hindsight.paid_on.get(ref)
            if paid_on is not None and one.on <= paid_on:
                last[ref] = max(one.on, last.get(ref, one.on))
    return [(hindsight.paid_on[ref] - on).days for ref, on in last.items()]
