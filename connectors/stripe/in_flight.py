"""Money on its way at Stripe: demanding it again would be wrong, counting it as received too. Pure."""

from collections.abc import Iterable

from connectors.fields import Record, currency, record, records, text
from connectors.stripe.amounts import amount
from receivables.facts import Invoice

#: A payment intent in one of these states waits for the bank, not for the customer.
_ON_ITS_WAY = {"processing", "requires_capture"}
#: And in one of these it has come to nothing.
_FAILED = {"requires_payment_method", "canceled"}


def of_invoice(row: Record, invoice: Invoice) -> int:
    """Minor units of the invoice's open amount that pending payments will settle. Needs payments expanded."""
    found = sum(
        amount(paid, "amount_requested", invoice.currency)
        for paid in records(record(row, "payments"), "data")
        if text(paid, "status") == "open" and _is_on_its_way(record(paid, "payment"))
    )
    return min(found, invoice.open)


def _is_on_its_way(payment: Record) -> bool:
    intent = payment.get("payment_intent")
    if text(payment, "type") == "charge":
        return True
    return isinstance(intent, dict) and text(intent, "status") in _ON_ITS_WAY


def of_sessions(sessions: Iterable[Record]) -> int:
    """Minor units of completed checkout sessions, paid or still waiting for the bank."""
    return sum(
        amount(session, "amount_total", currency(session, "currency"))
        for session in sessions
        if text(session, "status") == "complete" and not _has_failed(session)
    )


def _has_failed(session: Record) -> bool:
    if text(session, "payment_status") != "unpaid":
        return False
    intent = session.get("payment_intent")
    return isinstance(intent, dict) and text(intent, "status") in _FAILED
