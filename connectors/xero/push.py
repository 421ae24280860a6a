"""Commands as calls to Xero, and how to find out afterwards whether one happened.

The Idempotency-Key is good for minutes only; later the record is looked for by what makes it unmistakable: our tag
in a note or reference, the amount allocated to an invoice, or a new entry in the invoice's history.
"""

import hashlib
import re
from typing import Any

from connectors.errors import Malformed, Refused, Unsupported
from connectors.fields import Record, Unreadable, amount_or_zero, flag, record, records, text
from connectors.protocol import Finding, Intent, Receipt
from connectors.transport import Answer, as_float, written
from connectors.xero.client import XeroClient, safe
from connectors.xero.dates import instant
from connectors.xero.faults import element_errors
from receivables.commands import AddNote, AnyCommand, ApplyCredit, CreatePaymentLink, RecordPayment, SendInvoiceEmail

_KEY_LENGTH = 128
#: A note may have 2,500 characters.
_NOTE_LENGTH = 2400
#: What Xero writes into the history when an invoice was e-mailed; the exact words are not documented.
_MAILED = re.compile(r"\bsent\b|\be-?mail", re.IGNORECASE)
#: Our own notes may speak of e-mails too.
_TAG = "owed-"
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def idempotency_key(key: str) -> str:
    """At most 128 characters; the same for the same key."""
    return key if len(key) <= _KEY_LENGTH else hashlib.sha256(key.encode()).hexdigest()


def tag(key: str) -> str:
    return _TAG + hashlib.sha256(key.encode()).hexdigest()[:12]


def prepare(client: XeroClient, command: AnyCommand) -> dict[str, str]:
    if isinstance(command, SendInvoiceEmail):
        sent = flag(_invoice(client, command.invoice.id), "SentToContact")
        entries = _history(client, command.invoice.id)
        return {"sent": str(sent).lower(), "entries": str(len(entries)), "newest": _newest(entries)}
    if isinstance(command, ApplyCredit):
        return {"allocated": str(_allocated(client, command))}
    return {}


def push(client: XeroClient, intent: Intent) -> Receipt:
    key = idempotency_key(intent.key)
    match intent.command:
        case SendInvoiceEmail() as command:
            client.write("POST", f"Invoices/{safe(command.invoice.id)}/Email", {}, key)
            return Receipt(command.invoice.id)
        case CreatePaymentLink() as command:
            return _link(client, command)
        case AddNote() as command:
            body = {"HistoryRecords": [{"Details": f"{command.text[:_NOTE_LENGTH]} [{tag(intent.key)}]"}]}
            answer = client.write("PUT", f"Invoices/{safe(command.invoice.id)}/History", body, key)
            _accepted(answer, "HistoryRecords")
            return Receipt(command.invoice.id)
        case RecordPayment() as command:
            answer = client.write("PUT", "Payments", {"Payments": [_payment(command, intent.key)]}, key)
            return Receipt(text(_accepted(answer, "Payments"), "PaymentID"))
        case ApplyCredit() as command:
            path = f"CreditNotes/{safe(command.credit_note.id)}/Allocations"
            answer = client.write("PUT", path, {"Allocations": [_allocation(command)]}, key)
            return Receipt(text(_accepted(answer, "Allocations"), "AllocationID") or command.credit_note.id)
        case _:
            raise Unsupported(f"Xero cannot {intent.command.verb}")


def find(client: XeroClient, intent: Intent) -> Finding:
    match intent.command:
        case SendInvoiceEmail() as command:
            return _mailed(client, command.invoice.id, intent.before)
        case CreatePaymentLink() as command:
            url = invoice_link(client, command.invoice.id)
            return Receipt(command.invoice.id, url) if url else "absent"
        case AddNote() as command:
            entries = _history(client, command.invoice.id)
            noted = any(tag(intent.key) in text(entry, "Details") for entry in entries)
            return Receipt(command.invoice.id) if noted else "absent"
        case RecordPayment() as command:
            return _recorded(client, command, intent.key)
        case ApplyCredit() as command:
            return _applied(client, command, intent.before)
        case _:
            raise Unsupported(f"Xero cannot {intent.command.verb}")


def invoice_link(client: XeroClient, invoice_id: str) -> str:
    """The online page of an approved invoice, "" where it takes no money: that needs a payment service on its theme."""
    found = _invoice(client, invoice_id)
    theme = text(found, "BrandingThemeID")
    if text(found, "Status") != "AUTHORISED" or not theme or not client.theme_takes_payments(theme):
        return ""
    return _online_page(client, invoice_id)


def _online_page(client: XeroClient, invoice_id: str) -> str:
    pages = records(client.get(f"Invoices/{safe(invoice_id)}/OnlineInvoice"), "OnlineInvoices")
    return text(pages[0], "OnlineInvoiceUrl") if pages else ""


def _link(client: XeroClient, command: CreatePaymentLink) -> Receipt:
    """An invoice that was read a moment ago is not read again only to see that it can be paid online."""
    known = command.invoice.id in client.payable
    url = _online_page(client, command.invoice.id) if known else invoice_link(client, command.invoice.id)
    if not url:
        raise Refused(f"online payment is not switched on for {command.invoice}")
    return Receipt(command.invoice.id, url)


def _accepted(answer: Answer, name: str) -> Record:
    """The element that was written. Xero answers 200 for a refused element too, and says so inside it."""
    body = written(answer, name)
    elements = records(body, name)
    if not elements:
        raise Malformed(f"Xero accepted, but its answer holds no {name}")
    told = [message for element in elements for message in element_errors(element)]
    if told:
        raise Refused("; ".join(told))
    return elements[0]


def _payment(command: RecordPayment, key: str) -> dict[str, Any]:
    account = {"AccountID": command.account} if _GUID.fullmatch(command.account) else {"Code": command.account}
    return {
        "Invoice": {"InvoiceID": command.invoice.id},
        "Account": account,
        "Date": command.paid_on.isoformat(),
        "Amount": as_float(command.amount.decimal),
        "Reference": _reference(command, key),
    }


def _reference(command: RecordPayment, key: str) -> str:
    """The reference as given stands first, so that people and matching find it; the tag makes it ours."""
    return f"{command.reference[:200]} {tag(key)}".strip()


def _recorded(client: XeroClient, command: RecordPayment, key: str) -> Finding:
    """Payments that were deleted again are not shown on the invoice."""
    for paid in records(_invoice(client, command.invoice.id), "Payments"):
        if text(paid, "Status") != "DELETED" and tag(key) in text(paid, "Reference"):
            return Receipt(text(paid, "PaymentID"))
    return "absent"


def _allocation(command: ApplyCredit) -> dict[str, Any]:
    return {
        "Invoice": {"InvoiceID": command.invoice.id},
        "Amount": as_float(command.amount.decimal),
        "Date": command.allocated_on.isoformat(),
    }


def _allocated(client: XeroClient, command: ApplyCredit) -> int:
    """Minor units of this credit note that settle this invoice."""
    note = next(iter(records(client.get(f"CreditNotes/{safe(command.credit_note.id)}"), "CreditNotes")), {})
    return sum(
        amount_or_zero(share, "Amount", command.amount.currency)
        for share in records(note, "Allocations")
        if text(record(share, "Invoice"), "InvoiceID").lower() == command.invoice.id.lower()
        and not flag(share, "IsDeleted")
    )


def _applied(client: XeroClient, command: ApplyCredit, before: dict[str, str]) -> Finding:
    if "allocated" not in before:
        return "unknown"
    grown = _allocated(client, command) - int(before["allocated"])
    if grown == command.amount.minor:
        return Receipt(command.credit_note.id)
    return "absent" if grown == 0 else "unknown"


def _mailed(client: XeroClient, invoice_id: str, before: dict[str, str]) -> Finding:
    """Sent for the first time, or a new entry that speaks of sending. New entries about other things tell nothing."""
    if "entries" not in before:
        return "unknown"
    entries = _history(client, invoice_id)
    new = [entry for entry in entries if _moment(entry) > before["newest"] and _TAG not in text(entry, "Details")]
    if any(_MAILED.search(f"{text(entry, 'Changes')} {text(entry, 'Details')}") for entry in new):
        return Receipt(invoice_id)
    if before["sent"] == "false" and flag(_invoice(client, invoice_id), "SentToContact"):
        return Receipt(invoice_id)
    return "absent" if len(entries) == int(before["entries"]) else "unknown"


def _history(client: XeroClient, invoice_id: str) -> list[Record]:
    return records(client.get(f"Invoices/{safe(invoice_id)}/History"), "HistoryRecords")


def _newest(entries: list[Record]) -> str:
    return max(map(_moment, entries), default="")


def _moment(entry: Record) -> str:
    found = instant(entry, "DateUTC")
    return found.isoformat(timespec="milliseconds") if found else ""


def _invoice(client: XeroClient, invoice_id: str) -> Record:
    found = records(client.get(f"Invoices/{safe(invoice_id)}"), "Invoices")
    if not found:
        raise Unreadable("Xero answers without the invoice that was asked for")
    return found[0]
