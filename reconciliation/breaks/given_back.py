"""Money that was given back or taken back: does the debt stand? Only a person can say, so nothing is demanded before."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from receivables.breaks import Break, BreakKind
from receivables.facts import Chargeback, Payment, Refund
from receivables.money import Money
from receivables.refs import Ref
from receivables.snapshot import Snapshot
from reconciliation.breaks.answers import Answers

_ASK = "does the debt stand? answer with owed breaks accept --debt-stands, or --debt-is-settled"


@dataclass(frozen=True, slots=True)
class _Returned:
    """One return of money at a processor, and the payment that it takes away from."""

    kind: BreakKind
    payment: Payment
    by: Ref
    amount: int
    on: dt.date | None
    cause: str
    next_step: str


def returned_breaks(snapshot: Snapshot, concerned: Callable[[Payment], list[Ref]]) -> Iterator[Break]:
    """`concerned` names the invoices that a payment was for, open or not."""
    for one in _returns(snapshot):
        yield Break(
            kind=one.kind,
            refs=(one.payment.ref, one.by),
            amount=Money(one.amount, one.payment.currency),
            since_on=one.on,
            cause=one.cause,
            next_step=one.next_step,
            about=tuple(concerned(one.payment)),
            holds=True,
        )


def lost_for_good(snapshot: Snapshot, answers: Answers) -> dict[Ref, int]:
    """By payment, in minor units: chargebacks lost of which a person said that the debt stands."""
    lost: dict[Ref, int] = defaultdict(int)
    for one in returned_breaks(snapshot, lambda _: []):
        said = answers.to(one)
        if one.kind == "chargeback lost" and said and said.choice == "debt stands":
            lost[one.refs[0]] += one.amount.minor
    return lost


def _returns(snapshot: Snapshot) -> Iterator[_Returned]:
    """Of processors alone: the books reopen an invoice themselves when its payment is taken back there."""
    by_group = {(one.connection, one.group_id): one for one in snapshot.payments.values() if one.group_id}
    for _, refund in sorted(snapshot.refunds.items()):
        key = (refund.connection, refund.payment_id)
        payment = snapshot.payments.get(key) or by_group.get(key)
        outside = payment and not snapshot.keeps_books(payment.connection)
        if payment and outside and refund.status in ("settled", "pending"):
            yield _refunded(payment, refund)
    for _, chargeback in sorted(snapshot.chargebacks.items()):
        payment = snapshot.payments.get((chargeback.connection, chargeback.payment_id))
        if payment and chargeback.status in ("open", "lost"):
            yield _charged_back(payment, chargeback)


def _refunded(payment: Payment, refund: Refund) -> _Returned:
    part = "" if refund.amount >= payment.amount else "part of "
    why = f" ({refund.reason.replace('_', ' ')})" if refund.reason else ""
    cause = f"{part}the payment was given back{why}"
    return _Returned("refunded", payment, refund.ref, refund.amount, refund.refunded_on, cause, _ASK)


def _charged_back(payment: Payment, chargeback: Chargeback) -> _Returned:
    why = f": {chargeback.reason.replace('_', ' ')}" if chargeback.reason else ""
    on = chargeback.opened_at.date() if chargeback.opened_at else payment.paid_on
    what = (payment, chargeback.ref, chargeback.amount, on)
    if chargeback.status == "lost":
        return _Returned("chargeback lost", *what, f"the card holder's bank took the payment back for good{why}", _ASK)
    step = "answer it at the processor before its deadline; reminders rest until it is won or lost"
    return _Returned("chargeback", *what, f"the card holder's bank takes the payment back{why}", step)
