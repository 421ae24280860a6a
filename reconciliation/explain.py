"""Breaks about a payment, in a bookkeeper's words."""

from receivables.breaks import Break, BreakKind
from receivables.facts import BankLine, Payment
from receivables.money import Money
from receivables.refs import Ref

_WORDS: dict[str, tuple[str, str]] = {
    "unmatched payment": (
        "no open invoice has its reference, or its payer and amount",
        "find out what it is for, and record it in the books",
    ),
    "proposed match": ("{evidence}", "confirm or refuse it"),
    "missing counterpart": (
        "received at the {place} and not in the books: {evidence}",
        "record it in the books",
    ),
    "overpayment": ("more was paid than was open: {evidence}", "refund it or leave it as credit"),
    "unapplied cash": ("received in the books and not applied to an invoice", "apply it in the books, or refund it"),
}


def explain_break(
    kind: BreakKind, payment: Payment, amount: int, other: Ref | None = None, evidence: str = ""
) -> Break:
    """A break of `amount` minor units of the payment's currency."""
    cause, next_step = _WORDS[kind]
    place = "bank" if payment.ref.kind == BankLine.kind else "processor"
    return Break(
        kind=kind,
        refs=(payment.ref, other) if other else (payment.ref,),
        amount=Money(amount, payment.currency),
        since_on=payment.paid_on,
        cause=cause.format(evidence=evidence or "no reason given", place=place),
        next_step=next_step,
        holds=kind == "proposed match",
    )
