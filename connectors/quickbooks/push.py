"""Commands as calls to QuickBooks, and how to find out afterwards whether one happened.

Every write carries our key twice: as `requestid`, which Intuit replays for a while, and as a short tag inside the
record, which can be looked for at any later time.
"""

import hashlib
from collections.abc import Iterator
from typing import Any

from connectors.errors import Refused, Uncertain, Unsupported
from connectors.fields import Record, Unreadable, decode_record, instant_of, record, text
from connectors.protocol import Finding, Intent, Receipt
from connectors.quickbooks.client import PAGE_SIZE, QuickBooksClient, quoted, safe
from connectors.quickbooks.translate import REFERENCE_LENGTH
from connectors.transport import Answer, as_float, written
from receivables.commands import AddNote, AnyCommand, ApplyCredit, CreatePaymentLink, RecordPayment, SendInvoiceEmail
from receivables.money import Money

#: Longest requestid (Intuit's limit).
_REQUEST_ID_LENGTH = 50


def request_id(key: str) -> str:
    """At most 50 characters; the same for the same key."""
    return key if len(key) <= _REQUEST_ID_LENGTH else hashlib.sha256(key.encode()).hexdigest()[:48]


def tag(key: str) -> str:
    """Short enough for a reference, and not found in anybody else's text."""
    return "owed-" + hashlib.sha256(key.encode()).hexdigest()[:12]


def prepare(client: QuickBooksClient, command: AnyCommand) -> dict[str, str]:
    if isinstance(command, SendInvoiceEmail):
        return _delivery(_invoice(client, command.invoice.id))
    return {}


def push(client: QuickBooksClient, intent: Intent) -> Receipt:
    match intent.command:
        case SendInvoiceEmail() as command:
            answer = client.send_invoice(command.invoice.id, command.to, request_id(intent.key))
            return _receipt(answer, "Invoice")
        case CreatePaymentLink() as command:
            return _link(client, command)
        case AddNote() as command:
            return _receipt(client.post("attachable", _note(command, intent.key), request_id(intent.key)), "Attachable")
        case RecordPayment() as command:
            return _receipt(client.post("payment", _payment(command, intent.key), request_id(intent.key)), "Payment")
        case ApplyCredit() as command:
            return _receipt(
                client.post("payment", _application(command, intent.key), request_id(intent.key)), "Payment"
            )
        case _:
            raise Unsupported(f"QuickBooks cannot {intent.command.verb}")


def find(client: QuickBooksClient, intent: Intent) -> Finding:
    match intent.command:
        case SendInvoiceEmail() as command:
            return _sent(intent.before, _delivery(_invoice(client, command.invoice.id)), command.invoice.id)
        case CreatePaymentLink() as command:
            url = invoice_link(client, command.invoice.id)
            return Receipt(command.invoice.id, url) if url else "absent"
        case AddNote():
            return _noted(client, intent.key)
        case RecordPayment() as command:
            number = _reference(command, intent.key)
            found = _query(client, "Payment", f"WHERE PaymentRefNum = {quoted(number)}")
            return _tagged(found, "PrivateNote", intent.key)
        case ApplyCredit():
            found = _query(client, "Payment", f"WHERE PaymentRefNum = {quoted(tag(intent.key))}")
            return _tagged(found, "PrivateNote", intent.key)
        case _:
            raise Unsupported(f"QuickBooks cannot {intent.command.verb}")


def invoice_link(client: QuickBooksClient, invoice_id: str) -> str:
    """ "" where QuickBooks Payments is not switched on for the invoice, or nobody's address is on it."""
    found = record(client.get(f"invoice/{safe(invoice_id)}", include="invoiceLink"), "Invoice")
    return text(found, "InvoiceLink")


def _link(client: QuickBooksClient, command: CreatePaymentLink) -> Receipt:
    url = invoice_link(client, command.invoice.id)
    if not url:
        raise Refused(f"online payment is not switched on for {command.invoice}")
    return Receipt(command.invoice.id, url)


def _receipt(answer: Answer, entity: str) -> Receipt:
    """An accepted write whose answer names nothing may still have happened."""
    found = record(written(answer, entity), entity)
    if not found.get("Id"):
        raise Uncertain(f"QuickBooks accepted, but its answer holds no {entity}")
    return Receipt(str(found["Id"]), detail=_delivery(found) if entity == "Invoice" else {})


def _note(command: AddNote, key: str) -> dict[str, Any]:
    target = {"EntityRef": {"type": "Invoice", "value": command.invoice.id}, "IncludeOnSend": False}
    return {"Note": f"{command.text[:1900]} [{tag(key)}]", "AttachableRef": [target]}


def _payment(command: RecordPayment, key: str) -> dict[str, Any]:
    return {
        "CustomerRef": {"value": command.customer.id},
        "CurrencyRef": {"value": command.amount.currency},
        "TotalAmt": _figure(command.amount),
        "TxnDate": command.paid_on.isoformat(),
        "DepositToAccountRef": {"value": command.account},
        "PaymentRefNum": _reference(command, key),
        "PrivateNote": f"{command.reference} {command.source} [{tag(key)}]".strip(),
        "Line": [_line(command.amount, command.invoice.id, "Invoice")],
    }


def _reference(command: RecordPayment, key: str) -> str:
    return command.reference[:REFERENCE_LENGTH].strip() or tag(key)


def _application(command: ApplyCredit, key: str) -> dict[str, Any]:
    """QuickBooks keeps an allocation as a payment of zero with both documents as lines."""
    return {
        "CustomerRef": {"value": command.customer.id},
        "CurrencyRef": {"value": command.amount.currency},
        "TotalAmt": 0,
        "TxnDate": command.allocated_on.isoformat(),
        "PaymentRefNum": tag(key),
        "PrivateNote": f"Credit applied [{tag(key)}]",
        "Line": [
            _line(command.amount, command.invoice.id, "Invoice"),
            _line(command.amount, command.credit_note.id, "CreditMemo"),
        ],
    }


def _line(amount: Money, identifier: str, kind: str) -> dict[str, Any]:
    return {"Amount": _figure(amount), "LinkedTxn": [{"TxnId": identifier, "TxnType": kind}]}


def _figure(amount: Money) -> float:
    return as_float(amount.decimal)


def _invoice(client: QuickBooksClient, invoice_id: str) -> Record:
    return record(client.get(f"invoice/{safe(invoice_id)}"), "Invoice")


def _delivery(invoice: Record) -> dict[str, str]:
    return {
        "email_status": text(invoice, "EmailStatus"),
        "delivery_time": text(record(invoice, "DeliveryInfo"), "DeliveryTime"),
    }


def _sent(before: dict[str, str], now: dict[str, str], invoice_id: str) -> Finding:
    """A newer delivery time is a sent e-mail; the same one is none. Without times only the first sending can be told."""
    earlier, later = before.get("delivery_time", ""), now["delivery_time"]
    if later and later != earlier:
        newer = not earlier or instant_of(later) > instant_of(earlier)
        return Receipt(invoice_id, detail=now) if newer else "unknown"
    if later:
        return "absent"
    if now["email_status"] == "EmailSent":
        return Receipt(invoice_id, detail=now) if before.get("email_status") not in {None, "EmailSent"} else "unknown"
    return "absent"


def _noted(client: QuickBooksClient, key: str) -> Finding:
    """Among the newest attachments, whatever the clocks say; further back one cannot tell."""
    statement = f"SELECT * FROM Attachable ORDERBY MetaData.CreateTime DESC MAXRESULTS {PAGE_SIZE}"  # noqa: S608 - our own words only
    raws = client.query(statement, "Attachable").of("Attachable")
    found = _tagged(map(decode_record, raws), "Note", key)
    return "unknown" if found == "absent" and len(raws) == PAGE_SIZE else found


def _query(client: QuickBooksClient, entity: str, where: str) -> Iterator[Record]:
    position = 1
    while True:
        statement = f"SELECT * FROM {entity} {where} ORDERBY Id STARTPOSITION {position} MAXRESULTS {PAGE_SIZE}"  # noqa: S608 - values are quoted
        raws = client.query(statement, entity).of(entity)
        for raw in raws:
            yield decode_record(raw)
        if len(raws) < PAGE_SIZE:
            return
        position += PAGE_SIZE


def _tagged(found: Iterator[Record], field: str, key: str) -> Finding:
    mark = tag(key)
    for row in found:
        try:
            if mark in text(row, field):
                return Receipt(text(row, "Id"))
        except Unreadable:
            continue
    return "absent"
