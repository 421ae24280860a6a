"""What is odd about payments that were matched, or that found no invoice."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from receivables.breaks import Break
from receivables.facts import Invoice, Payment
from receivables.money import Money
from receivables.refs import Ref
from receivables.snapshot import Snapshot
from reconciliation.explain import explain_break
from reconciliation.results import Match


def short_payments(snapshot: Snapshot, matches: Iterable[Match]) -> Iterator[Break]:
    """A settled payment for one invoice alone that leaves a part of it open. A part is owed; why, is for a person."""
    of_payment: dict[Ref, list[Match]] = defaultdict(list)
    received: dict[Ref, int] = defaultdict(int)
    for match in matches:
        of_payment[match.payment].append(match)
        received[match.invoice] += match.amount
    for ref, found in sorted(of_payment.items()):
        payment, invoice = snapshot.payments[ref.connection, ref.id], snapshot.invoice(found[0].invoice)
        if len(found) > 1 or invoice is None or found[0].band == "propose" or found[0].pending:
            continue
        left = invoice.open - received[invoice.ref]
        if left > 0:
            yield _short(payment, invoice, left)


def _short(payment: Payment, invoice: Invoice, left: int) -> Break:
    missing = Money(left, invoice.currency)
    fee = payment.fee == left and payment.currency == invoice.currency
    cause = "exactly the processor's fee is missing" if fee else "a part payment, a deduction, or bank charges"
    return Break(
        kind="short payment",
        refs=(payment.ref, invoice.ref),
        amount=missing,
        since_on=payment.paid_on,
        cause=f"{invoice.number or invoice.id} is paid but for {missing}: {cause}",
        next_step="ask the customer what the deduction is for; credit it in the books if it is right",
    )


def without_invoice(payment: Payment, amount: int, stated: Sequence[Invoice]) -> Break:
    """The right name for money that no open invoice fits; `stated` are the invoices that it names."""
    foreign = [one for one in stated if one.currency != payment.currency and one.is_open]
    if foreign:
        return _other_currency(payment, amount, foreign)
    settled = [one for one in stated if one.currency == payment.currency and not one.is_open]
    if settled and len(settled) == len(stated):
        return _paid_again(payment, amount, settled)
    return explain_break("unmatched payment", payment, amount)


def _other_currency(payment: Payment, amount: int, invoices: Sequence[Invoice]) -> Break:
    numbers = ", ".join(f"{one.number or one.id} over {one.balance}" for one in invoices)
    return Break(
        kind="other currency",
        refs=(payment.ref,),
        amount=Money(amount, payment.currency),
        since_on=payment.paid_on,
        cause=f"it names {numbers}, and is in {payment.currency}",
        next_step="record it in the books at the day's rate; what the rate gained or lost is no debt of the customer",
        about=tuple(one.ref for one in invoices),
        holds=True,
    )


def _paid_again(payment: Payment, amount: int, invoices: Sequence[Invoice]) -> Break:
    numbers = ", ".join(one.number or one.id for one in invoices)
    return Break(
        kind="duplicate payment",
        refs=(payment.ref,),
        amount=Money(amount, payment.currency),
        since_on=payment.paid_on,
        cause=f"it names {numbers}, where nothing is open any more: paid twice, or recorded there without a reference",
        next_step="look whether the books have it under another reference; else refund it, or keep it as credit",
        about=tuple(one.ref for one in invoices),
    )
