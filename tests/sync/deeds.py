"""What people do in their books and at Stripe, by hand: each deed picks a record by a number and may be refused."""

import json
from collections.abc import Callable
from typing import Any

from sandbox.state import Record
from tests.sync.by_hand import ByHand

Deed = Callable[[ByHand, int], Any]


def _pick(records: list[Record], number: int) -> Record | None:
    return records[number % len(records)] if records else None


# -- QuickBooks -------------------------------------------------------------------------------------------------------


def _qb(hand: ByHand, kind: str) -> list[Record]:
    return list(hand.sandbox.quickbooks.books[kind])


def _read(hand: ByHand, kind: str, identifier: str) -> dict[str, Any]:
    realm = hand.sandbox.config["quickbooks"]["realm_id"]
    answer = hand.ask("quickbooks", "GET", f"/v3/company/{realm}/{kind}/{identifier}")
    found: dict[str, Any] = next(value for key, value in json.loads(answer.body).items() if key != "time")
    return found


def quickbooks_invoice(hand: ByHand, number: int) -> None:
    customer = _pick(_qb(hand, "Customer"), number)
    assert customer
    line = {"ItemRef": {"value": "1"}, "TaxCodeRef": {"value": "No VAT"}}
    lines = [{"Amount": 100 + number % 50, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": line}]
    hand.quickbooks("invoice", {"CustomerRef": {"value": customer["id"]}, "Line": lines})


def quickbooks_edit(hand: ByHand, number: int) -> None:
    if one := _pick(_qb(hand, "Invoice"), number):
        row = _read(hand, "invoice", one["id"])
        note = {"value": f"Thank you, {number}"}
        hand.quickbooks(
            "invoice", {"Id": row["Id"], "SyncToken": row["SyncToken"], "sparse": True, "CustomerMemo": note}
        )


def quickbooks_pay(hand: ByHand, number: int) -> None:
    books = hand.sandbox.quickbooks.books
    if one := _pick([row for row in _qb(hand, "Invoice") if books.balance(row)], number):
        row = _read(hand, "invoice", one["id"])
        amount = row["Balance"] if number % 2 else 1
        link = [{"TxnId": row["Id"], "TxnType": "Invoice"}]
        body = {"CustomerRef": row["CustomerRef"], "CurrencyRef": row["CurrencyRef"], "TotalAmt": amount}
        hand.quickbooks("payment", body | {"Line": [{"Amount": amount, "LinkedTxn": link}]})


def _quickbooks_end(kind: str, entity: str, query: str) -> Deed:
    def deed(hand: ByHand, number: int) -> None:
        if one := _pick(_qb(hand, entity), number):
            row = _read(hand, kind, one["id"])
            hand.quickbooks(f"{kind}?{query}", {"Id": row["Id"], "SyncToken": row["SyncToken"], "sparse": True})

    return deed


# -- Xero -------------------------------------------------------------------------------------------------------------


def _xero(hand: ByHand, status: str = "AUTHORISED") -> list[Record]:
    return [one for one in hand.sandbox.xero.books.invoices if one["type"] == "ACCREC" and one["status"] == status]


def xero_invoice(hand: ByHand, number: int) -> None:
    contact = _pick(list(hand.sandbox.xero.books.contacts), number)
    assert contact
    status = "DRAFT" if number % 3 == 0 else "AUTHORISED"
    line = {"Description": "By hand", "Quantity": 1, "UnitAmount": 100 + number % 50, "AccountCode": "200"}
    dates = {"Date": "2026-11-01", "DueDate": "2026-11-30"}
    body = {"Type": "ACCREC", "Status": status, "Contact": {"ContactID": contact["id"]}, "LineItems": [line]} | dates
    hand.xero("PUT", "Invoices", {"Invoices": [body]})


def xero_edit(hand: ByHand, number: int) -> None:
    if one := _pick(_xero(hand), number):
        hand.xero("POST", f"Invoices/{one['id']}", {"Reference": f"PO {number}"})


def xero_pay(hand: ByHand, number: int) -> None:
    books = hand.sandbox.xero.books
    if one := _pick([row for row in _xero(hand) if books.due(row)], number):
        amount = books.due(one) / 100 if number % 2 else 1
        payment = {
            "Invoice": {"InvoiceID": one["id"]},
            "Account": {"Code": "090"},
            "Date": "2026-11-18",
            "Amount": amount,
        }
        hand.xero("PUT", "Payments", {"Payments": [payment]})


def xero_unpay(hand: ByHand, number: int) -> None:
    """The newest ones: what is reconciled, or part of a batch, Xero keeps."""
    if one := _pick([row for row in hand.sandbox.xero.books.payments if row["status"] == "AUTHORISED"][-5:], number):
        hand.xero("POST", f"Payments/{one['id']}", {"Status": "DELETED"})


def xero_end(hand: ByHand, number: int) -> None:
    """Void an approved invoice, or delete a draft."""
    draft = number % 2 == 0
    if one := _pick(_xero(hand, "DRAFT" if draft else "AUTHORISED"), number):
        hand.xero("POST", f"Invoices/{one['id']}", {"Status": "DELETED" if draft else "VOIDED"})


def xero_credit(hand: ByHand, number: int) -> None:
    if one := _pick(_xero(hand), number):
        line = {"Description": "Goodwill", "Quantity": 1, "UnitAmount": 2, "AccountCode": "200"}
        body = {
            "Type": "ACCRECCREDIT",
            "Status": "AUTHORISED",
            "Contact": {"ContactID": one["contact"]},
            "LineItems": [line],
        }
        made = hand.xero(
            "PUT", "CreditNotes", {"CreditNotes": [body | {"Date": "2026-11-18", "CurrencyCode": one["currency"]}]}
        )
        if made and number % 2:
            share = {"Invoice": {"InvoiceID": one["id"]}, "Amount": 1, "Date": "2026-11-18"}
            note = made["CreditNotes"][0]["CreditNoteID"]
            hand.xero("PUT", f"CreditNotes/{note}/Allocations", {"Allocations": [share]})


# -- Stripe -----------------------------------------------------------------------------------------------------------


def _stripe(hand: ByHand, *states: str) -> list[Record]:
    return [one for one in hand.sandbox.stripe.ledger["invoice"] if one["status"] in states]


def stripe_invoice(hand: ByHand, number: int) -> None:
    if customer := _pick([one for one in hand.sandbox.stripe.ledger["customer"] if one.get("currency")], number):
        form = {
            "customer": customer["id"],
            "collection_method": "send_invoice",
            "days_until_due": 14,
            "auto_advance": "false",
        }
        made = hand.stripe("invoices", **form)
        if made:
            item = {
                "customer": customer["id"],
                "invoice": made["id"],
                "amount": 1000 + number % 100,
                "currency": customer["currency"],
            }
            hand.stripe("invoiceitems", **item)
            if number % 2:
                hand.stripe(f"invoices/{made['id']}/finalize")


def _stripe_deed(what: str, states: tuple[str, ...], **form: Any) -> Deed:
    def deed(hand: ByHand, number: int) -> None:
        if one := _pick(_stripe(hand, *states), number):
            hand.stripe(f"invoices/{one['id']}{what}", **form)

    return deed


def stripe_delete(hand: ByHand, number: int) -> None:
    if one := _pick(_stripe(hand, "draft"), number):
        hand.stripe_delete(f"invoices/{one['id']}")


def stripe_credit(hand: ByHand, number: int) -> None:
    if one := _pick(_stripe(hand, "open"), number):
        hand.stripe("credit_notes", invoice=one["id"], amount=100, email_type="none")


DEEDS: dict[str, Deed] = {
    "quickbooks: a new invoice": quickbooks_invoice,
    "quickbooks: an invoice is edited": quickbooks_edit,
    "quickbooks: an invoice is paid": quickbooks_pay,
    "quickbooks: an invoice is voided": _quickbooks_end("invoice", "Invoice", "operation=void"),
    "quickbooks: an invoice is deleted": _quickbooks_end("invoice", "Invoice", "operation=delete"),
    "quickbooks: a payment is voided": _quickbooks_end("payment", "Payment", "operation=update&include=void"),
    "quickbooks: a payment is deleted": _quickbooks_end("payment", "Payment", "operation=delete"),
    "xero: a new invoice": xero_invoice,
    "xero: an invoice is edited": xero_edit,
    "xero: an invoice is paid": xero_pay,
    "xero: a payment is deleted": xero_unpay,
    "xero: an invoice is voided or deleted": xero_end,
    "xero: a credit note": xero_credit,
    "stripe: a new invoice": stripe_invoice,
    "stripe: an invoice is edited": _stripe_deed("", ("open", "draft"), metadata__note="by hand"),
    "stripe: an invoice is paid outside": _stripe_deed("/pay", ("open",), paid_out_of_band="true"),
    "stripe: an invoice is voided": _stripe_deed("/void", ("open", "uncollectible")),
    "stripe: an invoice is given up": _stripe_deed("/mark_uncollectible", ("open",)),
    "stripe: a draft is deleted": stripe_delete,
    "stripe: a credit note": stripe_credit,
}
