"""Why a payment was matched, in a bookkeeper's words."""

from receivables.money import Money
from reconciliation.matching import amounts
from reconciliation.matching.book import Book
from reconciliation.matching.items import PaymentLine
from reconciliation.matching.readings import Found

_PAYER = {
    "platform": "the platform names the customer",
    "confirmed": "a person confirmed that this payer pays for the customer",
    "account": "the payer's account is the customer's",
    "email": "the payer's e-mail address is the customer's",
    "number": "the text has the customer's number",
    "history": "this payer paid for the customer before",
    "name": "the payer's name is like the customer's",
    "text": "the text has the customer's name",
}
_PATTERN = {
    "number": "the payment states {numbers}",
    "part of the number": "the payment states part of the number of {numbers}",
    "purchase order": "the payment states the purchase order of {numbers}",
    "range": "{numbers} is in the range that the payment states",
    "one": "{numbers} fits",
    "amount": "{numbers} has this amount",
    "stated": "the payment states {numbers}",
    "netted": "{numbers}, credit note netted",
    "everything open": "everything the customer had open: {numbers}",
    "a run": "the customer's {numbers}, next to each other by due day",
    "several": "the customer's {numbers} together",
    "oldest first": "a sum on account for the oldest: {numbers}",
}
_STORY = {
    amounts.EXACT: "to the cent",
    amounts.TOLERANCE: "but for a small difference of {difference}",
    amounts.DISCOUNT: "less an early-payment discount of {difference}",
    amounts.FEE: "less a processor's fee of {difference}",
    amounts.CHARGE: "less a bank's charge of {difference}",
    amounts.EQUAL_PART: "one of equal parts; {difference} stay open",
    amounts.PART: "in part; {difference} stay open",
    amounts.TOO_MUCH: "{difference} more than is open",
    amounts.RATE: "in {currency}, near the day's rate",
}
_SHOWN = 6


def reason(book: Book, payment: PaymentLine, found: Found) -> str:
    """One line; to be asked before anything is consumed."""
    numbers = [book.documents[place].number or book.documents[place].id for place in found.places]
    shown = ", ".join(numbers[:_SHOWN]) + (f" and {len(numbers) - _SHOWN} more" if len(numbers) > _SHOWN else "")
    parts = [_PATTERN.get(found.pattern, found.pattern).format(numbers=shown), _PAYER.get(found.payer, "")]
    if found.story == amounts.EXACT:
        parts.append(_STORY[amounts.EXACT])
    else:
        difference = Money(abs(sum(book.left[place] for place in found.places) - payment.amount), payment.currency)
        parts.append(_STORY[found.story].format(difference=difference, currency=payment.currency))
    return "; ".join([part for part in parts if part])


def without(payment: PaymentLine, *, copy: bool) -> str:
    """Why a payment settles nothing, as far as that can be seen."""
    if payment.amount < 0:
        return "money out: it settles nothing but a credit note that it names"
    if copy:
        return "nothing that is open fits, and it is like a payment some days before: paid twice, perhaps"
    return "nothing that is open fits well enough"
