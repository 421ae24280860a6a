"""No reference: one open invoice of exactly this amount."""

from receivables.facts import Invoice, Payment
from reconciliation.matchers import Payer, Suggestion
from reconciliation.open_book import OpenBook


def match(payer: Payer, book: OpenBook) -> Suggestion | None:
    """Auto when the payer owes exactly one invoice of this amount; a proposal when only one invoice at all fits."""
    payment = payer.payment
    fitting = [
        ref for ref in book.of_amount(payment.currency, payer.amount) if not _issued_later(book.invoices[ref], payment)
    ]
    theirs = [ref for ref in fitting if payer.owes(ref)]
    if len(theirs) == 1:
        number = book.invoices[theirs[0]].number
        return Suggestion((theirs[0],), "auto", f"the payer owes one invoice of exactly this amount, {number}")
    if len(fitting) == 1 and not payer.debtor:
        number = book.invoices[fitting[0]].number
        return Suggestion((fitting[0],), "propose", f"{number} is the only open invoice of exactly this amount")
    return None


def _issued_later(invoice: Invoice, payment: Payment) -> bool:
    return bool(invoice.issue_on and payment.paid_on and invoice.issue_on > payment.paid_on)
