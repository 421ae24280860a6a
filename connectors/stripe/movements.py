"""Money that moves at Stripe: charges, refunds, disputes and payouts. Pure."""

from typing import Literal

from connectors.fields import (
    Record,
    choice,
    currency,
    flag,
    identifier,
    record,
    text,
)
from connectors.stripe.amounts import amount, amount_or_none, amount_or_zero
from connectors.stripe.records import Account, Facts, day, instant, metadata, party, reference
from receivables.facts import (
    Chargeback,
    Payment,
    PaymentStatus,
    Payout,
    Refund,
)

_CHARGE_STATUS: dict[str, PaymentStatus] = {"succeeded": "settled", "pending": "pending", "failed": "failed"}
_REFUND_STATUS: dict[str, PaymentStatus] = {
    "pending": "pending",
    "requires_action": "pending",
    "succeeded": "settled",
    "failed": "failed",
    "canceled": "void",
}
_PAYOUT_STATUS: dict[str, PaymentStatus] = {
    "pending": "pending",
    "in_transit": "pending",
    "paid": "settled",
    "failed": "failed",
    "canceled": "void",
}
_DisputeStatus = Literal["inquiry", "open", "won", "lost"]
#: An inquiry (warning_…) takes no money yet; one that was closed or prevented never did.
_DISPUTE_STATUS: dict[str, _DisputeStatus] = {
    "warning_needs_response": "inquiry",
    "warning_under_review": "inquiry",
    "warning_closed": "won",
    "needs_response": "open",
    "under_review": "open",
    "appeal_needs_response": "open",
    "appeal_under_review": "open",
    "won": "won",
    "prevented": "won",
    "lost": "lost",
}


def charge(row: Record, account: Account) -> Facts:
    """A card that was refused never held money; a bank debit that fails was pending before, so it is told. A card
    that is only authorised may still be released: pending, and void once it was."""
    status = choice(row, "status", _CHARGE_STATUS)
    method = text(record(row, "payment_method_details"), "type")
    if status == "failed" and method in {"", "card", "card_present"}:
        return ()
    code = currency(row, "currency")
    captured = flag(row, "captured")
    if status == "settled" and not captured:
        status = "void" if flag(row, "refunded") else "pending"
    payer = record(row, "billing_details")
    return (
        Payment(
            connection=account.connection,
            id=identifier(row, "id"),
            customer_id=party(row),
            status=status,
            currency=code,
            amount=amount(row, "amount_captured" if captured else "amount", code),
            refunded=amount_or_zero(row, "amount_refunded", code),
            paid_on=day(row, "created", account),
            reference=text(row, "receipt_number"),
            method=method,
            payer_name=text(payer, "name"),
            payer_email=text(payer, "email") or text(row, "receipt_email"),
            group_id=reference(row, "payment_intent"),
            fee=_fee(row, code),
            description=text(row, "description"),
            metadata=metadata(row),
        ),
    )


def _fee(row: Record, code: str) -> int | None:
    """Stated in the currency of settlement; in another one it is not this payment's fee in its own currency."""
    found = row.get("balance_transaction")
    if not isinstance(found, dict) or text(found, "currency").upper() != code:
        return None
    return amount_or_none(found, "fee", code)


def refund(row: Record, account: Account) -> Facts:
    code = currency(row, "currency")
    return (
        Refund(
            connection=account.connection,
            id=identifier(row, "id"),
            customer_id=party(row),
            payment_id=reference(row, "charge") or reference(row, "payment_intent"),
            status=choice(row, "status", _REFUND_STATUS),
            currency=code,
            amount=amount(row, "amount", code),
            refunded_on=day(row, "created", account),
            reason=text(row, "reason"),
        ),
    )


def dispute(row: Record, account: Account) -> Facts:
    code = currency(row, "currency")
    return (
        Chargeback(
            connection=account.connection,
            id=identifier(row, "id"),
            payment_id=reference(row, "charge"),
            status=choice(row, "status", _DISPUTE_STATUS),
            currency=code,
            amount=amount(row, "amount", code),
            opened_at=instant(row, "created"),
            reason=text(row, "reason"),
        ),
    )


def payout(row: Record, account: Account) -> Facts:
    """arrival_date is midnight UTC of the day it names. `charges` is no field of Stripe's: the reader puts it there."""
    code = currency(row, "currency")
    arrives = instant(row, "arrival_date")
    return (
        Payout(
            connection=account.connection,
            id=identifier(row, "id"),
            status=choice(row, "status", _PAYOUT_STATUS),
            currency=code,
            amount=amount(row, "amount", code),
            arrives_on=arrives.date() if arrives else None,
            payment_ids=tuple(row.get("charges", ())),
            reference=text(record(row, "trace_id"), "value"),
        ),
    )
