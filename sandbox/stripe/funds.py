"""Stripe's objects of money moving: intents, charges, balance transactions, refunds, payouts, disputes."""

from __future__ import annotations

from sandbox.state import Record
from sandbox.stripe.objects import NO_ADDRESS, new_id
from sandbox.world import new_code


def payment_intent(identity: str, created: int, *, amount: int, currency: str, **more: object) -> Record:
    return {
        "id": identity,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic",
        "client_secret": f"{identity}_secret_{new_code(25)}",
        "confirmation_method": "automatic",
        "created": created,
        "currency": currency,
        "customer": None,
        "customer_account": None,
        "description": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "processing": None,
        "receipt_email": None,
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
        **more,
    }


def card_details() -> Record:
    card = {"brand": "visa", "country": "GB", "exp_month": 8, "exp_year": 2030, "funding": "credit", "last4": "4242"}
    return {"card": {**card, "network": "visa", "wallet": None}, "type": "card"}


def bank_details() -> Record:
    bank = {"account_type": "checking", "bank_name": "SANDBOX BANK", "last4": "6789", "routing_number": "110000000"}
    return {"type": "us_bank_account", "us_bank_account": bank}


def charge(identity: str, created: int, *, amount: int, currency: str, intent: str, **more: object) -> Record:
    return {
        "id": identity,
        "object": "charge",
        "amount": amount,
        "amount_captured": amount,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": {"address": NO_ADDRESS, "email": None, "name": None, "phone": None, "tax_id": None},
        "calculated_statement_descriptor": "HARBOUR JOINERY",
        "captured": True,
        "created": created,
        "currency": currency,
        "customer": None,
        "description": None,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": False,
        "metadata": {},
        "on_behalf_of": None,
        "outcome": {
            "network_status": "approved_by_network",
            "reason": None,
            "risk_level": "normal",
            "type": "authorized",
        },
        "paid": True,
        "payment_intent": intent,
        "payment_method": new_id("pm"),
        "payment_method_details": card_details(),
        "receipt_email": None,
        "receipt_number": None,
        "receipt_url": None,
        "review": None,
        "shipping": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "succeeded",
        "transfer_data": None,
        "transfer_group": None,
        **more,
    }


def balance_transaction(
    identity: str, created: int, *, amount: int, fee: int, kind: str, source: str, rate: float | None
) -> Record:
    """In the settlement currency, pence."""
    details = [
        {
            "amount": fee,
            "application": None,
            "currency": "gbp",
            "description": "Stripe processing fees",
            "type": "stripe_fee",
        }
    ]
    categories = {"payment": "charge", "adjustment": "dispute"}
    return {
        "id": identity,
        "object": "balance_transaction",
        "amount": amount,
        "available_on": created + 7 * 86_400,
        "balance_type": "payments",
        "created": created,
        "currency": "gbp",
        "description": None,
        "exchange_rate": rate,
        "fee": fee,
        "fee_details": details if fee else [],
        "net": amount - fee,
        "reporting_category": categories.get(kind, kind),
        "source": source,
        "type": kind,
        "_payout": None,
    }


def refund(identity: str, created: int, *, amount: int, charge: Record, reason: str | None = None) -> Record:
    return {
        "id": identity,
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": created,
        "currency": charge["currency"],
        "destination_details": {"card": {"type": "refund"}, "type": "card"},
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }


def payout(identity: str, created: int, *, amount: int, arrival: int, status: str) -> Record:
    return {
        "id": identity,
        "object": "payout",
        "amount": amount,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": arrival,
        "automatic": True,
        "balance_transaction": None,
        "created": created,
        "currency": "gbp",
        "description": "STRIPE PAYOUT",
        "destination": "ba_1SandboxBankAccount000001",
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": {},
        "method": "standard",
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": "completed",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": None,
        "status": status,
        "trace_id": None,
        "type": "bank_account",
    }


def dispute(identity: str, created: int, *, charge: Record, status: str, reason: str) -> Record:
    due = {"due_by": created + 20 * 86_400, "enhanced_eligibility": {}, "has_evidence": False, "past_due": False}
    return {
        "id": identity,
        "object": "dispute",
        "amount": charge["amount"],
        "balance_transactions": [],
        "charge": charge["id"],
        "created": created,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {"enhanced_evidence": {}},
        "evidence_details": {**due, "submission_count": 0},
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {
            "card": {"brand": "visa", "case_type": "chargeback", "network": "visa", "network_reason_code": "10.4"},
            "type": "card",
        },
        "reason": reason,
        "status": status,
    }
