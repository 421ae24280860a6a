"""Writes to an invoice that exists: sending, noting, voiding, writing off and crediting."""

import datetime as dt
import hashlib

from connectors.errors import Refused
from connectors.fields import Record, currency, record, text
from connectors.protocol import Finding, Receipt
from connectors.stripe.amounts import amount, units
from connectors.stripe.attempt import VALUE_LENGTH, Attempt, id_of_record, tag
from connectors.stripe.client import safe
from receivables.commands import AddNote, CreditInvoice, MarkUncollectible, SendInvoiceEmail, VoidInvoice
from receivables.money import Money
from receivables.refs import Ref

#: Still owed by Stripe's word; an uncollectible invoice can be paid, credited and voided.
_OWED = {"open", "uncollectible"}
_MEMO_LENGTH = 5000


def read_invoice(attempt: Attempt, invoice: Ref) -> Record:
    return attempt.get(f"/v1/invoices/{safe(invoice.id)}")


def refuse_unless_owed(invoice: Record, what: str) -> None:
    status = text(invoice, "status")
    if status not in _OWED:
        raise Refused(f"Stripe cannot {what} invoice {text(invoice, 'id')}: it is {status or 'of no known status'}")


def remaining(invoice: Record) -> Money:
    code = currency(invoice, "currency")
    return Money(amount(invoice, "amount_remaining", code), code)


def send(attempt: Attempt, command: SendInvoiceEmail) -> Receipt:
    """Never a draft: Stripe would finalise it first, and nobody asked for that."""
    refuse_unless_owed(read_invoice(attempt, command.invoice), "send")
    return Receipt(id_of_record(attempt.post(_path(command.invoice, "send"), {})))


def find_sending(attempt: Attempt, command: SendInvoiceEmail) -> Finding:
    found = attempt.event("invoice.sent")
    return found if isinstance(found, str) else Receipt(command.invoice.id, detail={"event": text(found, "id")})


def add_note(attempt: Attempt, command: AddNote) -> Receipt:
    note = {"metadata": {_note(attempt.key): command.text[:VALUE_LENGTH]}}
    return Receipt(id_of_record(attempt.post(_path(command.invoice), note)))


def find_note(attempt: Attempt, command: AddNote) -> Finding:
    found = read_invoice(attempt, command.invoice)
    return Receipt(text(found, "id")) if _note(attempt.key) in record(found, "metadata") else "absent"


def void(attempt: Attempt, command: VoidInvoice) -> Receipt:
    return Receipt(id_of_record(attempt.post(_path(command.invoice, "void"), {})))


def find_void(attempt: Attempt, command: VoidInvoice) -> Finding:
    """Whoever voided it: it cannot be voided again, nor unvoided."""
    return _find_moment(attempt, command.invoice, "voided_at")


def mark_uncollectible(attempt: Attempt, command: MarkUncollectible) -> Receipt:
    path = _path(command.invoice, "mark_uncollectible")
    return Receipt(id_of_record(attempt.post(path, {})))


def find_uncollectible(attempt: Attempt, command: MarkUncollectible) -> Finding:
    """Though it may have been paid, or voided, since."""
    return _find_moment(attempt, command.invoice, "marked_uncollectible_at")


def credit(attempt: Attempt, command: CreditInvoice) -> Receipt:
    """Up to what is open, so that nothing has to be refunded or put on the customer's balance.

    A payment that comes in meanwhile makes Stripe refuse it: then the parts above what is open would be missing.
    """
    earlier = find_credit(attempt, command)
    if isinstance(earlier, Receipt):
        return earlier
    invoice = read_invoice(attempt, command.invoice)
    refuse_unless_owed(invoice, "credit")
    left = remaining(invoice)
    if command.amount.currency != left.currency or command.amount.minor > left.minor:
        raise Refused(f"only {left} is open on invoice {command.invoice.id}: {command.amount} cannot be credited")
    form = {
        "invoice": command.invoice.id,
        "amount": units(command.amount),
        "email_type": "none",
        "memo": command.description[:_MEMO_LENGTH],
        "effective_at": noon(command.issued_on),
        "metadata": tag(attempt.key),
    }
    return Receipt(id_of_record(attempt.post("/v1/credit_notes", form)))


def find_credit(attempt: Attempt, command: CreditInvoice) -> Finding:
    found = attempt.tagged("/v1/credit_notes", {"invoice": command.invoice.id})
    return found if isinstance(found, str) else Receipt(id_of_record(found))


def noon(on: dt.date) -> int:
    """An instant of that day in nearly every time zone: noon UTC."""
    return int(dt.datetime.combine(on, dt.time(12), dt.UTC).timestamp())


def _path(invoice: Ref, verb: str = "") -> str:
    return f"/v1/invoices/{safe(invoice.id)}" + (f"/{verb}" if verb else "")


def _note(key: str) -> str:
    """A metadata name, at most 40 characters."""
    return "owed_note_" + hashlib.sha256(key.encode()).hexdigest()[:12]


def _find_moment(attempt: Attempt, invoice: Ref, moment: str) -> Finding:
    found = read_invoice(attempt, invoice)
    return Receipt(invoice.id) if record(found, "status_transitions").get(moment) is not None else "absent"
