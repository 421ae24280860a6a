"""Payments that settle an invoice without its pay page: received outside Stripe, or at Stripe for something else.

What pays the whole rest is one call. A part is two steps, a payment record and attaching it; each has its own key, and
each try begins by looking for the record that an earlier one made.
"""

from typing import Any

from connectors.errors import Refused
from connectors.fields import Record, decode_record, flag, text
from connectors.protocol import Finding, Receipt
from connectors.stripe.amounts import amount, units
from connectors.stripe.attempt import VALUE_LENGTH, Attempt, id_of_record, left_behind, tag
from connectors.stripe.client import safe
from connectors.stripe.invoicing import noon, read_invoice, refuse_unless_owed, remaining
from connectors.stripe.records import reference
from receivables.commands import AttachPayment, RecordPayment
from receivables.refs import Ref

_TOO_MANY = "there are too many payment records to tell whether this payment was recorded before"


def record_payment(attempt: Attempt, command: RecordPayment) -> Receipt:
    made = attempt.tagged("/v1/payment_records", {})
    if made == "unknown":
        raise Refused(_TOO_MANY)
    if not isinstance(made, str):
        return _attach_record(attempt, command, id_of_record(made))
    invoice = read_invoice(attempt, command.invoice)
    if text(invoice, "status") == "paid" and not isinstance(attempt.event("invoice.paid"), str):
        return Receipt(command.invoice.id)
    refuse_unless_owed(invoice, "record a payment on")
    left = remaining(invoice)
    if command.amount.currency != left.currency or command.amount.minor > left.minor:
        raise Refused(f"only {left} is open on invoice {command.invoice.id}: {command.amount} is too much")
    if command.amount == left:
        return _pay_off(attempt, command.invoice)
    answer = attempt.post("/v1/payment_records/report_payment", _report(command, attempt.key), "record")
    return _attach_record(attempt, command, id_of_record(answer))


def find_recorded(attempt: Attempt, command: RecordPayment) -> Finding:
    """ "absent" while the payment record is not attached: the same key goes on."""
    made = attempt.tagged("/v1/payment_records", {})
    if not isinstance(made, str):
        name = id_of_record(made)
        return Receipt(name) if _is_attached(attempt, command.invoice, "payment_record", name) else "absent"
    paid_off = attempt.event("invoice.paid")
    if not isinstance(paid_off, str):
        return Receipt(command.invoice.id)
    return "unknown" if "unknown" in {made, paid_off} else "absent"


def attach_payment(attempt: Attempt, command: AttachPayment) -> Receipt:
    """Only a payment that is whole and fits into what is open: what is over would become a credit of the customer."""
    charge = attempt.get(f"/v1/charges/{safe(command.payment.id)}")
    intent = _intent_of(charge)
    if _is_attached(attempt, command.invoice, "payment_intent", intent):
        return Receipt(intent)
    invoice = read_invoice(attempt, command.invoice)
    refuse_unless_owed(invoice, "attach a payment to")
    left = remaining(invoice)
    if text(charge, "currency").upper() != left.currency or amount(charge, "amount", left.currency) > left.minor:
        raise Refused(
            f"only {left} is open on invoice {command.invoice.id}: the payment is larger or of another currency"
        )
    if charge.get("amount_refunded") != 0 or flag(charge, "disputed"):
        raise Refused(f"payment {command.payment.id} was given back, or is disputed")
    attempt.post(_attach_path(command.invoice), {"payment_intent": intent})
    return Receipt(intent)


def find_attached(attempt: Attempt, command: AttachPayment) -> Finding:
    intent = _intent_of(attempt.get(f"/v1/charges/{safe(command.payment.id)}"))
    return Receipt(intent) if _is_attached(attempt, command.invoice, "payment_intent", intent) else "absent"


def _intent_of(charge: Record) -> str:
    intent = reference(charge, "payment_intent")
    if not intent:
        raise Refused(f"payment {text(charge, 'id')} has no payment intent: Stripe can attach only those that have one")
    return intent


def _pay_off(attempt: Attempt, invoice: Ref) -> Receipt:
    answer = attempt.post(f"/v1/invoices/{safe(invoice.id)}/pay", {"paid_out_of_band": True})
    return Receipt(id_of_record(answer))


def _attach_record(attempt: Attempt, command: RecordPayment, name: str) -> Receipt:
    """A payment record takes part in no invoice until it is attached, and a second time in none."""
    if not _is_attached(attempt, command.invoice, "payment_record", name):
        with left_behind(f"the payment record {name} was reported, but is attached to no invoice"):
            attempt.post(_attach_path(command.invoice), {"payment_record": name}, "attach")
    return Receipt(name)


def _is_attached(attempt: Attempt, invoice: Ref, kind: str, name: str) -> bool:
    query = {"invoice": invoice.id, "payment": {"type": kind, kind: name}}
    rows = (
        decode_record(bytes(raw)) for page in attempt.client.pages("/v1/invoice_payments", query) for raw in page.data
    )
    return any(text(row, "status") != "canceled" for row in rows)


def _report(command: RecordPayment, key: str) -> dict[str, Any]:
    when = noon(command.paid_on)
    return {
        "amount_requested": {"value": units(command.amount), "currency": command.amount.currency.lower()},
        "initiated_at": when,
        "outcome": "guaranteed",
        "guaranteed": {"guaranteed_at": when},
        "payment_method_details": {"type": "custom", "custom": {"display_name": "Received outside Stripe"}},
        "processor_details": {
            "type": "custom",
            "custom": {"payment_reference": (command.reference or str(command.source))[:VALUE_LENGTH]},
        },
        "customer_details": {"customer": command.customer.id} if command.customer.id.startswith("cus_") else None,
        "metadata": tag(key) | {"owed_source": str(command.source)[:VALUE_LENGTH]},
    }


def _attach_path(invoice: Ref) -> str:
    return f"/v1/invoices/{safe(invoice.id)}/attach_payment"
