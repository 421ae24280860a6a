"""Stripe's objects beside invoices: items before they are lines, entries of a customer's balance, payment records."""

from __future__ import annotations

from sandbox.state import Record
from sandbox.stripe.objects import new_id


def customer_balance_transaction(created: int, *, owner: Record, amount: int, kind: str, invoice: Record) -> Record:
    return {
        "id": new_id("cbtxn"),
        "object": "customer_balance_transaction",
        "amount": amount,
        "checkout_session": None,
        "created": created,
        "credit_note": None,
        "currency": invoice["currency"],
        "customer": owner["id"],
        "customer_account": None,
        "description": None,
        "invoice": invoice["id"],
        "livemode": False,
        "metadata": {},
        "type": kind,
    }


def invoice_item(created: int, *, owner: str, amount: int, invoice: Record, form: Record) -> Record:
    account = invoice["customer_account"]
    return {
        "id": new_id("ii"),
        "object": "invoiceitem",
        "amount": amount,
        "currency": invoice["currency"],
        "customer": None if account else owner,
        "customer_account": account,
        "date": created,
        "description": form.get("description"),
        "discountable": form.get("discountable") != "false",
        "discounts": [],
        "frozen_fields": [],
        "invoice": invoice["id"],
        "livemode": False,
        "metadata": dict(form.get("metadata") or {}),
        "net_amount": amount,
        "parent": None,
        "period": {"end": created, "start": created},
        "pricing": {"type": "price_details", "unit_amount_decimal": str(amount)},
        "proration": False,
        "quantity": 1,
        "quantity_decimal": "1",
        "tax_rates": [],
        "test_clock": None,
    }


def payment_record(
    created: int, *, value: int, currency: str, guaranteed: bool, customer: str | None, method: Record,
    reference: str | None, metadata: Record,
) -> Record:  # fmt: skip
    def amount(of: int) -> Record:
        return {"currency": currency, "value": of}

    nobody = {"email": None, "name": None, "phone": None}
    return {
        "id": new_id("prec"),
        "object": "payment_record",
        "amount": amount(value),
        "amount_authorized": amount(value),
        "amount_canceled": amount(0),
        "amount_failed": amount(0),
        "amount_guaranteed": amount(value if guaranteed else 0),
        "amount_refunded": amount(0),
        "amount_requested": amount(value),
        "application": None,
        "created": created,
        "customer_details": {"customer": customer, **nobody} if customer else None,
        "customer_presence": None,
        "description": None,
        "latest_payment_attempt_record": new_id("par"),
        "livemode": False,
        "metadata": metadata,
        "payment_method_details": {"billing_details": None, "payment_method": None, "type": "custom"}
        | {"custom": {"display_name": "", "type": None, **(method.get("custom") or {})}},
        "processor_details": {"custom": {"payment_reference": reference}, "type": "custom"},
        "reported_by": "self",
        "shipping_details": None,
    }
