"""Payments: recorded, taken back, and those of zero that tie a credit memo to an invoice."""

from typing import Any

from connectors.errors import Refused
from connectors.fields import Record, records, text
from connectors.protocol import Finding, Intent, Receipt
from connectors.quickbooks.client import QuickBooksClient
from connectors.quickbooks.translate import REFERENCE_LENGTH, is_void
from connectors.quickbooks.writing import (
    figure,
    fresh,
    linked,
    made,
    receipt,
    request_id,
    search,
    tag,
    tagged,
    update,
)
from receivables.commands import ApplyCredit, RecordPayment, VoidPayment


def record_payment(client: QuickBooksClient, command: RecordPayment, intent: Intent) -> Receipt:
    body = {
        "CustomerRef": {"value": command.customer.id},
        "CurrencyRef": {"value": command.amount.currency},
        "TotalAmt": figure(command.amount),
        "TxnDate": command.paid_on.isoformat(),
        "DepositToAccountRef": {"value": command.account},
        "PaymentRefNum": _reference(command, intent.key),
        "PrivateNote": f"{command.reference} {command.source} [{tag(intent.key)}]".strip(),
        "Line": [linked(command.amount, command.invoice.id, "Invoice")],
    }
    return receipt(made(client.post("payment", body, request_id(intent.key)), "Payment"))


def find_payment(client: QuickBooksClient, command: RecordPayment, intent: Intent) -> Finding:
    return _by_reference(client, _reference(command, intent.key), intent.key)


def apply_credit(client: QuickBooksClient, command: ApplyCredit, intent: Intent) -> Receipt:
    body = application(command, intent.key)
    return receipt(made(client.post("payment", body, request_id(intent.key)), "Payment"))


def find_application(client: QuickBooksClient, _: ApplyCredit, intent: Intent) -> Finding:
    return _by_reference(client, tag(intent.key), intent.key)


def application(command: ApplyCredit, key: str) -> dict[str, Any]:
    """QuickBooks keeps an allocation as a payment of zero with both documents as lines."""
    return {
        "CustomerRef": {"value": command.customer.id},
        "CurrencyRef": {"value": command.amount.currency},
        "TotalAmt": 0,
        "TxnDate": command.allocated_on.isoformat(),
        "PaymentRefNum": tag(key),
        "PrivateNote": f"Credit applied [{tag(key)}]",
        "Line": [
            linked(command.amount, command.invoice.id, "Invoice"),
            linked(command.amount, command.credit_note.id, "CreditMemo"),
        ],
    }


def void_payment(client: QuickBooksClient, command: VoidPayment, intent: Intent) -> Receipt:
    """QuickBooks wants the deposit deleted first; that is a person's decision."""

    def change(found: Record) -> Record | None:
        if is_void(found):
            return None
        if any(text(link, "TxnType") == "Deposit" for link in records(found, "LinkedTxn")):
            raise Refused(f"{command.payment} is part of a deposit: take it out there first", code="deposited")
        return {}

    how = {"operation": "update", "include": "void"}
    return receipt(update(client, "Payment", command.payment.id, intent.key, change, **how))


def find_voided(client: QuickBooksClient, command: VoidPayment, _: Intent) -> Finding:
    found = fresh(client, "Payment", command.payment.id)
    return receipt(found) if is_void(found) else "absent"


def _reference(command: RecordPayment, key: str) -> str:
    return command.reference[:REFERENCE_LENGTH].strip() or tag(key)


def _by_reference(client: QuickBooksClient, reference: str, key: str) -> Finding:
    found = tagged(search(client, "Payment", PaymentRefNum=reference), key)
    return receipt(found) if found else "absent"
