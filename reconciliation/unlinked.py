"""Payments that name no document by its id, given to the matching engine with what is known about debtors."""

from collections.abc import Sequence
from dataclasses import dataclass

from receivables.facts import BankLine
from receivables.refs import Ref
from receivables.snapshot import Snapshot
from reconciliation import identity
from reconciliation.matchers import Payer, Suggestion
from reconciliation.matching.engine import match
from reconciliation.matching.items import CustomerRecord, Knowledge, OpenDocument, PaymentLine
from reconciliation.matching.results import Conclusion
from reconciliation.open_book import OpenBook
from reconciliation.policy import MatchPolicy

#: Two readings that are believed alike are not guessed between: nobody is asked to confirm one of them.
_LEAST_MARGIN = 0.05
_MATCHERS = {
    "number": "reference",
    "part of the number": "reference",
    "range": "reference",
    "stated": "reference",
    "purchase order": "purchase order",
    "one": "amount",
    "amount": "amount",
}


@dataclass(frozen=True, slots=True)
class Suggested:
    """What the engine says about one payer's money; no suggestion when it belongs to nothing that is open."""

    payer: Payer
    suggestion: Suggestion | None
    matcher: str


def suggest(
    payers: Sequence[Payer],
    book: OpenBook,
    snapshot: Snapshot,
    debtors: dict[Ref, str],
    knowledge: Knowledge,
    policy: MatchPolicy,
) -> list[Suggested]:
    """For each payer, in the order given; `knowledge` is what people have said before. Other currencies are never matched here: what they leave open is a person's."""
    if not payers:
        return []
    found = match(
        _documents(book, payers[0].debtor_of),
        [_line(payer) for payer in payers],
        _customers(snapshot, debtors),
        knowledge=knowledge,
        policy=policy,
    )
    by_payment = {one.payment: one for one in found}
    return [_suggested(payer, by_payment[str(payer.payment.ref)]) for payer in payers]


def _suggested(payer: Payer, said: Conclusion) -> Suggested:
    if not said.links or said.margin < _LEAST_MARGIN or said.band == "":
        return Suggested(payer, None, "")
    invoices = tuple(Ref.parse(link.document) for link in said.links)
    return Suggested(payer, Suggestion(invoices, said.band, said.reason), _MATCHERS.get(said.matcher, "combination"))


def _documents(book: OpenBook, debtor_of: dict[Ref, str]) -> list[OpenDocument]:
    return [
        OpenDocument(
            id=str(ref),
            number=invoice.number,
            customer_id=debtor_of[ref],
            currency=invoice.currency,
            open=book.left[ref],
            issue_on=invoice.issue_on,
            due_on=invoice.due_on,
            purchase_order=invoice.purchase_order or invoice.reference,
        )
        for ref, invoice in book.invoices.items()
        if book.left[ref] > 0
    ]


def _line(payer: Payer) -> PaymentLine:
    """A bank knows none of our customers, so that who its payer is remains for the engine to judge."""
    payment = payer.payment
    texts = (payment.reference, payment.description, *(value for _, value in sorted(payment.metadata.items())))
    return PaymentLine(
        id=str(payment.ref),
        paid_on=payment.paid_on,
        amount=payer.amount,
        currency=payment.currency,
        payer_name=payment.payer_name,
        payer_account=payment.payer_account,
        reference=" | ".join(filter(None, texts)),
        method=payment.method,
        customer_id="" if payment.ref.kind == BankLine.kind else payer.debtor,
    )


def _customers(snapshot: Snapshot, debtors: dict[Ref, str]) -> list[CustomerRecord]:
    """Each debtor once, under the name of the customer that leads it."""
    found: dict[str, CustomerRecord] = {}
    for customer in sorted(snapshot.customers.values(), key=lambda one: one.ref):
        debtor = debtors[customer.ref]
        if debtor not in found:
            email = min(identity.emails(customer), default="")
            found[debtor] = CustomerRecord(debtor, customer.name, email)
    return list(found.values())
