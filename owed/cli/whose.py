"""Whose a record is, in a bookkeeper's words: the customer's name and the number on the paper."""

from collections.abc import Iterable

from receivables.facts import CreditNote, Invoice, Payment
from receivables.refs import Ref
from receivables.snapshot import Snapshot


def whose(snapshot: Snapshot, refs: Iterable[Ref]) -> str:
    """Names and numbers of what is known, each once: "Oban Lettings plc, INV-1818". Empty where nothing is."""
    found: dict[str, None] = {}
    for ref in refs:
        for word in _words(snapshot, ref):
            if word:
                found.setdefault(word)
    return ", ".join(found)


def _words(snapshot: Snapshot, ref: Ref) -> tuple[str, ...]:
    key = (ref.connection, ref.id)
    match ref.kind:
        case "customer":
            customer = snapshot.customers.get(key)
            return (customer.name,) if customer else ()
        case "invoice":
            return _of(snapshot, snapshot.invoices.get(key))
        case "credit_note":
            return _of(snapshot, snapshot.credit_notes.get(key))
        case "payment":
            return _of(snapshot, snapshot.payments.get(key))
        case "refund" | "chargeback":
            given_back = snapshot.refunds.get(key) or snapshot.chargebacks.get(key)
            payment_id = given_back.payment_id if given_back else ""
            return _of(snapshot, snapshot.payments.get((ref.connection, payment_id)))
    return ()


def _of(snapshot: Snapshot, document: Invoice | CreditNote | Payment | None) -> tuple[str, ...]:
    if document is None:
        return ()
    customer = snapshot.customer_of(document)
    name = customer.name if customer else ""
    if isinstance(document, Payment):
        return (name or document.payer_name,)
    return (name, document.number)
