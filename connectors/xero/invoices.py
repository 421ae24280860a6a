"""Writes on invoices: a note in the history, a new invoice for a fee, and taking one back."""

from typing import Any

from connectors.errors import Refused
from connectors.fields import identifier, text
from connectors.protocol import Finding, Intent, Receipt
from connectors.transport import as_float
from connectors.xero.answers import accepted, made_since
from connectors.xero.client import XeroClient, safe
from connectors.xero.emails import history
from connectors.xero.tags import idempotency_key, is_ours, line, reference, tag
from receivables.commands import AddNote, ChargeFee, VoidInvoice

#: A note may have 2,500 characters.
_NOTE_LENGTH = 2400
#: What an invoice becomes when it is taken back: one that was never approved is deleted, an approved one is voided.
_TAKEN_BACK = {"DRAFT": "DELETED", "SUBMITTED": "DELETED", "AUTHORISED": "VOIDED"}
_GONE = {"VOIDED", "DELETED"}


def note(client: XeroClient, command: AddNote, intent: Intent) -> Receipt:
    body = {"HistoryRecords": [{"Details": f"{command.text[:_NOTE_LENGTH]} [{tag(intent.key)}]"}]}
    path = f"Invoices/{safe(command.invoice.id)}/History"
    accepted(client.write("PUT", path, body, idempotency_key(intent.key)), "HistoryRecords")
    return Receipt(command.invoice.id)


def find_note(client: XeroClient, command: AddNote, intent: Intent) -> Finding:
    entries = history(client, command.invoice.id)
    noted = any(tag(intent.key) in text(entry, "Details") for entry in entries)
    return Receipt(command.invoice.id) if noted else "absent"


def charge_fee(client: XeroClient, command: ChargeFee, intent: Intent) -> Receipt:
    """PUT, because POST would overwrite. Without SentToContact Xero's own reminders leave it alone."""
    body = {"Invoices": [_fee(command, intent.key)]}
    made = accepted(client.write("PUT", "Invoices", body, idempotency_key(intent.key)), "Invoices")
    return Receipt(identifier(made, "InvoiceID"))


def _fee(command: ChargeFee, key: str) -> dict[str, Any]:
    amount = as_float(command.amount.decimal)
    return {
        "Type": "ACCREC",
        "Status": "AUTHORISED",
        "Contact": {"ContactID": command.customer.id},
        "Date": command.issued_on.isoformat(),
        "DueDate": command.due_on.isoformat(),
        "LineAmountTypes": "Exclusive",
        "LineItems": [line(command.description, amount, command.account, command.tax_code)],
        "CurrencyCode": command.amount.currency,
        "Reference": reference("", key),
        "SentToContact": False,
    }


def find_fee(client: XeroClient, command: ChargeFee, intent: Intent) -> Finding:
    """One that was voided since was made too."""
    found = made_since(client, "Invoices", intent, lambda row: is_ours(row, intent.key), ContactIDs=command.customer.id)
    return Receipt(identifier(found, "InvoiceID")) if found else "absent"


def void(client: XeroClient, command: VoidInvoice, intent: Intent) -> Receipt:
    """What it becomes depends on what it is now, so that is read first. One that is gone already stays so."""
    status = text(client.document("Invoices", command.invoice.id), "Status")
    if status in _GONE:
        return Receipt(command.invoice.id)
    if status not in _TAKEN_BACK:
        raise Refused(f"{command.invoice} is {status.lower()}: its payments have to be taken back first")
    body = {"InvoiceID": command.invoice.id, "Status": _TAKEN_BACK[status]}
    path = f"Invoices/{safe(command.invoice.id)}"
    accepted(client.write("POST", path, body, idempotency_key(intent.key)), "Invoices")
    return Receipt(command.invoice.id)


def find_void(client: XeroClient, command: VoidInvoice, _: Intent) -> Finding:
    status = text(client.document("Invoices", command.invoice.id), "Status")
    return Receipt(command.invoice.id) if status in _GONE else "absent"
