"""Surest: the payment names the very document, by our own link or by the books' own id."""

from receivables.refs import Ref, RefError
from reconciliation.matchers import Payer, Suggestion
from reconciliation.open_book import OpenBook
from reconciliation.results import Band

#: The metadata name that owed writes on every pay link it makes.
OUR_MARK = "owed_invoice"


def match(payer: Payer, book: OpenBook) -> Suggestion | None:
    payment = payer.payment
    ours = _our_invoice(payment.metadata.get(OUR_MARK, ""), book)
    if ours and book.invoices[ours].currency == payment.currency:
        return Suggestion((ours,), "certain", f"paid through the link made for {book.invoices[ours].number}")
    for name, value in sorted(payment.metadata.items()):
        for ref in book.with_id(value):
            # short ids such as QuickBooks' "42" say nothing by themselves: the field's name has to speak of invoices
            if book.invoices[ref].currency == payment.currency and (len(value) > 20 or "invoice" in name.casefold()):
                band: Band = "certain" if payer.owes(ref) or len(value) > 20 else "auto"
                return Suggestion((ref,), band, f"the payment's {name} is the invoice's id")
    return None


def _our_invoice(text: str, book: OpenBook) -> Ref | None:
    try:
        ref = Ref.parse(text)
    except RefError:
        return None
    return ref if ref in book.invoices else None
