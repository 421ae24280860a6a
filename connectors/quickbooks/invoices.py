"""Invoices that owed makes or takes back."""

from connectors.errors import Refused
from connectors.fields import Record
from connectors.protocol import Finding, Intent, Receipt
from connectors.quickbooks.client import QuickBooksClient
from connectors.quickbooks.translate import is_void
from connectors.quickbooks.writing import (
    fresh,
    made,
    receipt,
    request_id,
    search,
    sold,
    tag,
    tagged,
    update,
)
from receivables.commands import ChargeFee, VoidInvoice


def charge_fee(client: QuickBooksClient, command: ChargeFee, intent: Intent) -> Receipt:
    """QuickBooks numbers it, and sends it to nobody."""
    body = {
        "CustomerRef": {"value": command.customer.id},
        "CurrencyRef": {"value": command.amount.currency},
        "TxnDate": command.issued_on.isoformat(),
        "DueDate": command.due_on.isoformat(),
        "EmailStatus": "NotSet",
        "PrivateNote": f"For {command.invoice} [{tag(intent.key)}]",
    } | sold(command.amount, command.description, command.account, command.tax_code, with_tax=False)
    return receipt(made(client.post("invoice", body, request_id(intent.key)), "Invoice"))


def find_fee(client: QuickBooksClient, command: ChargeFee, intent: Intent) -> Finding:
    """By customer and day: notes cannot be searched for, and the number is QuickBooks' own."""
    day = command.issued_on.isoformat()
    found = tagged(search(client, "Invoice", CustomerRef=command.customer.id, TxnDate=day), intent.key)
    return receipt(found) if found else "absent"


def void_invoice(client: QuickBooksClient, command: VoidInvoice, intent: Intent) -> Receipt:
    """QuickBooks frees or refuses payments as it likes; money on an invoice is a person's decision."""

    def change(found: Record) -> Record | None:
        if is_void(found):
            return None
        if found.get("Balance") != found.get("TotalAmt"):
            raise Refused(f"{command.invoice} has payments or credits: take them off first", code="has_payments")
        return {}

    return receipt(update(client, "Invoice", command.invoice.id, intent.key, change, operation="void"))


def find_void(client: QuickBooksClient, command: VoidInvoice, _: Intent) -> Finding:
    found = fresh(client, "Invoice", command.invoice.id)
    return receipt(found) if is_void(found) else "absent"
