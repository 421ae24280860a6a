"""Writes of money: a payment received, one taken back, a refund, and what a processor kept."""

from typing import Any

from connectors.errors import Forbidden, NotFound, Refused, Unauthorised
from connectors.fields import Record, flag, identifier, records, text
from connectors.protocol import Finding, Intent, Receipt
from connectors.transport import as_float
from connectors.xero.answers import accepted, made_since
from connectors.xero.client import XeroClient, safe
from connectors.xero.tags import account, idempotency_key, is_ours, line, reference
from receivables.commands import RecordPayment, RecordProcessingFee, RecordRefund, VoidPayment
from receivables.money import Money
from receivables.refs import Ref

#: Where money that a customer is owed may stand, and the field that names one such document.
_CREDITS = {"CreditNotes": "CreditNote", "Overpayments": "Overpayment", "Prepayments": "Prepayment"}
_NO_BANK = (
    "Xero gives no access to bank transactions: the connection may lack the scope accounting.banktransactions"
    " (add it to scopes, then connect again)"
)


def record(client: XeroClient, command: RecordPayment, intent: Intent) -> Receipt:
    paid = {"Invoice": {"InvoiceID": command.invoice.id}} | _movement(command.amount, command.account)
    paid |= {"Date": command.paid_on.isoformat(), "Reference": reference(command.reference, intent.key)}
    return _put(client, paid, intent)


def find_payment(client: XeroClient, command: RecordPayment, intent: Intent) -> Finding:
    return _among(client.document("Invoices", command.invoice.id), intent.key)


def refund(client: XeroClient, command: RecordRefund, intent: Intent) -> Receipt:
    entity, document = _credit(client, command.out_of)
    name = _CREDITS[entity]
    paid = {name: {f"{name}ID": identifier(document, f"{name}ID")}} | _movement(command.amount, command.account)
    words = command.source.id
    return _put(
        client, paid | {"Date": command.refunded_on.isoformat(), "Reference": reference(words, intent.key)}, intent
    )


def find_refund(client: XeroClient, command: RecordRefund, intent: Intent) -> Finding:
    return _among(_credit(client, command.out_of)[1], intent.key)


def void(client: XeroClient, command: VoidPayment, intent: Intent) -> Receipt:
    """A payment cannot be changed, only deleted, and neither when it is in a batch nor when the bank has confirmed it."""
    paid = client.document("Payments", command.payment.id)
    if text(paid, "Status") == "DELETED":
        return Receipt(command.payment.id)
    if text(paid, "BatchPaymentID"):
        raise Refused(f"{command.payment} is part of a batch payment and can only go with it, in Xero")
    if flag(paid, "IsReconciled"):
        raise Refused(f"{command.payment} is reconciled with a bank line: undo that in Xero first")
    path = f"Payments/{safe(command.payment.id)}"
    accepted(client.write("POST", path, {"Status": "DELETED"}, idempotency_key(intent.key)), "Payments")
    return Receipt(command.payment.id)


def find_void(client: XeroClient, command: VoidPayment, _: Intent) -> Finding:
    deleted = text(client.document("Payments", command.payment.id), "Status") == "DELETED"
    return Receipt(command.payment.id) if deleted else "absent"


def record_fee(client: XeroClient, command: RecordProcessingFee, intent: Intent) -> Receipt:
    body = {"BankTransactions": [_spent(command, intent.key)]}
    try:
        answer = client.write("PUT", "BankTransactions", body, idempotency_key(intent.key))
    except (Forbidden, Unauthorised) as error:
        raise Forbidden(_NO_BANK, reference=error.reference) from None
    return Receipt(identifier(accepted(answer, "BankTransactions"), "BankTransactionID"))


def _spent(command: RecordProcessingFee, key: str) -> dict[str, Any]:
    """Money spent out of the clearing account. Xero makes a contact of a supplier's name that it does not know."""
    supplier = command.supplier or command.source.connection
    amount = as_float(command.amount.decimal)
    return {
        "Type": "SPEND",
        "Status": "AUTHORISED",
        "Contact": {"Name": supplier},
        "BankAccount": account(command.account),
        "Date": command.paid_on.isoformat(),
        "LineAmountTypes": "Inclusive",
        "LineItems": [line(f"Processing fee {command.source.id}", amount, command.expense_account, command.tax_code)],
        "CurrencyCode": command.amount.currency,
        "Reference": reference(command.source.id, key),
    }


def find_fee(client: XeroClient, command: RecordProcessingFee, intent: Intent) -> Finding:  # noqa: ARG001 - the dispatch's shape
    try:
        found = made_since(client, "BankTransactions", intent, lambda row: is_ours(row, intent.key))
    except (Forbidden, Unauthorised) as error:
        raise Forbidden(_NO_BANK, reference=error.reference) from None
    return Receipt(identifier(found, "BankTransactionID")) if found else "absent"


def _movement(amount: Money, code: str) -> dict[str, Any]:
    return {"Account": account(code), "Amount": as_float(amount.decimal)}


def _put(client: XeroClient, paid: dict[str, Any], intent: Intent) -> Receipt:
    """PUT, because POST would take a single payment and update it."""
    answer = client.write("PUT", "Payments", {"Payments": [paid]}, idempotency_key(intent.key))
    return Receipt(identifier(accepted(answer, "Payments"), "PaymentID"))


def _among(document: Record, key: str) -> Finding:
    """Payments that were deleted again are not shown on the document."""
    for paid in records(document, "Payments"):
        if text(paid, "Status") != "DELETED" and is_ours(paid, key):
            return Receipt(text(paid, "PaymentID"))
    return "absent"


def _credit(client: XeroClient, out_of: Ref | None) -> tuple[str, Record]:
    """The document that the money came out of. Our word for over- and prepayments is the same, so both are asked."""
    if out_of is None:
        raise Refused("Xero records a refund only out of a credit note, an overpayment or a prepayment: name it")
    entities = ("CreditNotes",) if out_of.kind == "credit_note" else ("Overpayments", "Prepayments")
    for entity in entities:
        try:
            return entity, client.document(entity, out_of.id)
        except NotFound:
            continue
    raise NotFound(f"{out_of} is no credit note, overpayment or prepayment at Xero")
