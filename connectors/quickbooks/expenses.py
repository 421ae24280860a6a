"""Money that left elsewhere, written into the books: refunds to customers, and what a processor kept."""

from typing import Any

from connectors.errors import Uncertain
from connectors.fields import Record, amount, identifier
from connectors.protocol import Finding, Intent, Receipt
from connectors.quickbooks.client import QuickBooksClient
from connectors.quickbooks.writing import (
    calculation,
    figure,
    made,
    receipt,
    request_id,
    require,
    search,
    sold,
    tag,
    tagged,
)
from receivables.commands import RecordProcessingFee, RecordRefund
from receivables.money import Money


def record_refund(client: QuickBooksClient, command: RecordRefund, intent: Intent) -> Receipt:
    item = require(command.item, "a refund receipt to name an item")
    body = {
        "CustomerRef": {"value": command.customer.id},
        "CurrencyRef": {"value": command.amount.currency},
        "TxnDate": command.refunded_on.isoformat(),
        "DepositToAccountRef": {"value": command.account},
        "PrivateNote": f"{command.source} [{tag(intent.key)}]",
    } | sold(command.amount, "Refund", item, command.tax_code, with_tax=True)
    answer = client.post("refundreceipt", body, request_id(intent.key))
    return _agreed(made(answer, "RefundReceipt"), command.amount)


def find_refund(client: QuickBooksClient, command: RecordRefund, intent: Intent) -> Finding:
    found = tagged(search(client, "RefundReceipt", TxnDate=command.refunded_on.isoformat()), intent.key)
    return _finding(found, command.amount)


def record_fee(client: QuickBooksClient, command: RecordProcessingFee, intent: Intent) -> Receipt:
    answer = client.post("purchase", _purchase(client, command, intent.key), request_id(intent.key))
    return _agreed(made(answer, "Purchase"), command.amount)


def find_recorded_fee(client: QuickBooksClient, command: RecordProcessingFee, intent: Intent) -> Finding:
    found = tagged(search(client, "Purchase", TxnDate=command.paid_on.isoformat()), intent.key)
    return _finding(found, command.amount)


def _purchase(client: QuickBooksClient, command: RecordProcessingFee, key: str) -> dict[str, Any]:
    detail: dict[str, Any] = {"AccountRef": {"value": command.expense_account}}
    if command.tax_code:
        detail |= {"TaxCodeRef": {"value": command.tax_code}, "TaxInclusiveAmt": figure(command.amount)}
    line = {"Amount": figure(command.amount), "DetailType": "AccountBasedExpenseLineDetail"}
    body: dict[str, Any] = {
        "PaymentType": "Cash",
        "AccountRef": {"value": command.account},
        "CurrencyRef": {"value": command.amount.currency},
        "TxnDate": command.paid_on.isoformat(),
        "PrivateNote": f"{command.source} [{tag(key)}]",
        "Line": [line | {"AccountBasedExpenseLineDetail": detail}],
    }
    return body | calculation(command.tax_code, with_tax=True) | _supplier(client, command.supplier)


def _supplier(client: QuickBooksClient, name: str) -> dict[str, Any]:
    """A supplier that is not in the books is left out, not made."""
    found = next(search(client, "Vendor", DisplayName=name), None) if name else None
    return {"EntityRef": {"value": identifier(found, "Id"), "type": "Vendor"}} if found else {}


def _finding(found: Record | None, meant: Money) -> Finding:
    """With a total that is not what was meant, only a person can say whether it will do."""
    if found is None:
        return "absent"
    return receipt(found) if _agrees(found, meant) else "unknown"


def _agreed(found: Record, meant: Money) -> Receipt:
    """QuickBooks works out the tax by itself; it must not change the sum."""
    if not _agrees(found, meant):
        raise Uncertain(f"{found['Id']} was made, but with tax it comes to {found.get('TotalAmt')}, not {meant}")
    return receipt(found)


def _agrees(found: Record, meant: Money) -> bool:
    """An answer without a total says nothing against it."""
    return found.get("TotalAmt") is None or amount(found, "TotalAmt", meant.currency) == meant.minor
