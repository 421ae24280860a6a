"""The payment states invoice numbers in its reference, description or metadata."""

from reconciliation.matchers import Payer, Suggestion
from reconciliation.open_book import OpenBook


def match(payer: Payer, book: OpenBook) -> Suggestion | None:
    """All numbers stated. Auto when they add up to the payment, or when the payer owes them; else a proposal."""
    payment = payer.payment
    texts = (payment.reference, payment.description, *(value for _, value in sorted(payment.metadata.items())))
    stated = {ref: None for text in texts if text for ref in book.numbered(text)}
    fitting = tuple(ref for ref in stated if book.invoices[ref].currency == payment.currency and book.left[ref] > 0)
    if not fitting:
        return None
    numbers = ", ".join(book.invoices[ref].number for ref in fitting)
    adds_up = sum(book.left[ref] for ref in fitting) == payer.amount
    theirs = all(payer.owes(ref) for ref in fitting)
    if theirs or (adds_up and not payer.debtor):
        return Suggestion(fitting, "auto", f"the payment states {numbers}")
    if adds_up:
        return Suggestion(fitting, "auto", f"the payment states {numbers}, to the cent, though another customer paid")
    return Suggestion(fitting, "propose", f"the payment states {numbers}, but neither payer nor amount agree")
