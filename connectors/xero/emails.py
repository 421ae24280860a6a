"""Xero's own e-mail of an invoice. No key is known to hold for it, so its history tells whether it went out."""

import re

from connectors.errors import Refused
from connectors.fields import Record, flag, records, text
from connectors.protocol import Finding, Intent, Receipt
from connectors.xero.client import XeroClient, safe
from connectors.xero.dates import instant
from connectors.xero.tags import PREFIX, idempotency_key
from receivables.commands import SendInvoiceEmail

#: What Xero writes into the history when an invoice was e-mailed; the exact words are not documented.
_MAILED = re.compile(r"\bsent\b|\be-?mail", re.IGNORECASE)
#: Xero would also e-mail an invoice that waits for approval, and one that is paid.
_OWED = "AUTHORISED"


def prepare(client: XeroClient, command: SendInvoiceEmail) -> dict[str, str]:
    invoice = client.document("Invoices", command.invoice.id)
    entries = history(client, command.invoice.id)
    return {
        "status": text(invoice, "Status"),
        "sent": str(flag(invoice, "SentToContact")).lower(),
        "entries": str(len(entries)),
        "newest": max(map(_moment, entries), default=""),
    }


def push(client: XeroClient, command: SendInvoiceEmail, intent: Intent) -> Receipt:
    status = intent.before.get("status", _OWED)
    if status != _OWED:
        raise Refused(f"{command.invoice} is {status.lower() or 'of no status'}: nobody owes it")
    client.write("POST", f"Invoices/{safe(command.invoice.id)}/Email", {}, idempotency_key(intent.key))
    return Receipt(command.invoice.id)


def find(client: XeroClient, command: SendInvoiceEmail, intent: Intent) -> Finding:
    """Sent for the first time, or a new entry that speaks of sending. New entries about other things tell nothing."""
    before = intent.before
    if "entries" not in before:
        return "unknown"
    entries = history(client, command.invoice.id)
    # Our own notes may speak of e-mails too.
    new = [entry for entry in entries if _moment(entry) > before["newest"] and PREFIX not in text(entry, "Details")]
    if any(_MAILED.search(f"{text(entry, 'Changes')} {text(entry, 'Details')}") for entry in new):
        return Receipt(command.invoice.id)
    if before["sent"] == "false" and flag(client.document("Invoices", command.invoice.id), "SentToContact"):
        return Receipt(command.invoice.id)
    return "absent" if len(entries) == int(before["entries"]) else "unknown"


def history(client: XeroClient, invoice_id: str) -> list[Record]:
    return records(client.get(f"Invoices/{safe(invoice_id)}/History"), "HistoryRecords")


def _moment(entry: Record) -> str:
    found = instant(entry, "DateUTC")
    return found.isoformat(timespec="milliseconds") if found else ""
