"""Credit notes: allocating one to an invoice, and making one for an invoice, which takes two steps."""

from typing import Any

from connectors.errors import Refused
from connectors.fields import Record, amount_or_zero, flag, identifier, record, records, text
from connectors.protocol import Finding, Intent, Receipt
from connectors.transport import as_float
from connectors.xero.answers import accepted, made_since
from connectors.xero.client import XeroClient, safe
from connectors.xero.tags import idempotency_key, is_ours, line, reference, step_key
from receivables.commands import ApplyCredit, CreditInvoice
from receivables.refs import Ref

_UNDONE = {"VOIDED", "DELETED"}


def prepare(client: XeroClient, command: ApplyCredit) -> dict[str, str]:
    return {"allocated": str(_allocated_by(client, command))}


def apply(client: XeroClient, command: ApplyCredit, intent: Intent) -> Receipt:
    made = _allocate(client, command.credit_note.id, _share(command), idempotency_key(intent.key))
    return Receipt(text(made, "AllocationID") or command.credit_note.id)


def find_applied(client: XeroClient, command: ApplyCredit, intent: Intent) -> Finding:
    if "allocated" not in intent.before:
        return "unknown"
    grown = _allocated_by(client, command) - int(intent.before["allocated"])
    if grown == command.amount.minor:
        return Receipt(command.credit_note.id)
    return "absent" if grown == 0 else "unknown"


def credit(client: XeroClient, command: CreditInvoice, intent: Intent) -> Receipt:
    """Two steps. Each looks first for what an earlier try has made, so that the same key mends what was cut short."""
    note = _note_of(client, intent)
    if note is None:
        note = _make(client, command, intent)
    if text(note, "Status") in _UNDONE:
        raise Refused("somebody has voided the credit note that was made for this")
    made = identifier(note, "CreditNoteID")
    allocated = _allocated(note, command.invoice, command.amount.currency)
    if allocated == 0:
        _allocate(client, made, _credited(command), step_key(intent.key, "allocation"))
    elif allocated != command.amount.minor:
        raise Refused("somebody has allocated another amount of the credit note that was made for this")
    return Receipt(made)


def find_credit(client: XeroClient, command: CreditInvoice, intent: Intent) -> Finding:
    """Absent while a step is missing: then the same key may be pushed again."""
    note = _note_of(client, intent)
    if note is None:
        return "absent"
    allocated = _allocated(note, command.invoice, command.amount.currency)
    if allocated == command.amount.minor:
        return Receipt(identifier(note, "CreditNoteID"))
    return "absent" if allocated == 0 and text(note, "Status") not in _UNDONE else "unknown"


def _note_of(client: XeroClient, intent: Intent) -> Record | None:
    return made_since(client, "CreditNotes", intent, lambda row: is_ours(row, intent.key))


def _make(client: XeroClient, command: CreditInvoice, intent: Intent) -> Record:
    body = {
        "Type": "ACCRECCREDIT",
        "Status": "AUTHORISED",
        "Contact": {"ContactID": command.customer.id},
        "Date": command.issued_on.isoformat(),
        "LineAmountTypes": "Inclusive",
        "LineItems": [line(command.description, as_float(command.amount.decimal), command.account, command.tax_code)],
        "CurrencyCode": command.amount.currency,
        "Reference": reference("", intent.key),
    }
    answer = client.write("PUT", "CreditNotes", {"CreditNotes": [body]}, step_key(intent.key, "note"))
    return accepted(answer, "CreditNotes")


def _allocate(client: XeroClient, note_id: str, share: dict[str, Any], key: str) -> Record:
    path = f"CreditNotes/{safe(note_id)}/Allocations"
    return accepted(client.write("PUT", path, {"Allocations": [share]}, key), "Allocations")


def _share(command: ApplyCredit) -> dict[str, Any]:
    return {
        "Invoice": {"InvoiceID": command.invoice.id},
        "Amount": as_float(command.amount.decimal),
        "Date": command.allocated_on.isoformat(),
    }


def _credited(command: CreditInvoice) -> dict[str, Any]:
    return {
        "Invoice": {"InvoiceID": command.invoice.id},
        "Amount": as_float(command.amount.decimal),
        "Date": command.issued_on.isoformat(),
    }


def _allocated_by(client: XeroClient, command: ApplyCredit) -> int:
    note = client.document("CreditNotes", command.credit_note.id)
    return _allocated(note, command.invoice, command.amount.currency)


def _allocated(note: Record, invoice: Ref, currency: str) -> int:
    """Minor units of this credit note that settle this invoice."""
    return sum(
        amount_or_zero(share, "Amount", currency)
        for share in records(note, "Allocations")
        if text(record(share, "Invoice"), "InvoiceID").lower() == invoice.id.lower() and not flag(share, "IsDeleted")
    )
