"""What Stripe records say, in our words, in the shapes since API version 2025-03-31 (basil). Pure.

Field meanings: Stripe's public OpenAPI description. Before basil an invoice named its one charge; now payments are
records of their own, of which one invoice may have many.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal
from zoneinfo import ZoneInfo

from connectors.fields import (
    Record,
    Unreadable,
    choice,
    country_code,
    currency,
    flag,
    identifier,
    record,
    records,
    text,
    whole,
)
from connectors.stripe.amounts import amount, amount_or_none, amount_or_zero
from receivables.facts import (
    Allocation,
    Chargeback,
    Contact,
    CreditNote,
    Customer,
    Fact,
    Gone,
    Invoice,
    InvoiceStatus,
    Line,
    Payment,
    PaymentLink,
    PaymentStatus,
    Payout,
    Refund,
)

Facts = tuple[Fact, ...]

_INVOICE_STATUS: dict[str, InvoiceStatus] = {
    "draft": "draft",
    "open": "open",
    "paid": "paid",
    "uncollectible": "uncollectible",
    "void": "void",
}
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


@dataclass(frozen=True, slots=True)
class Account:
    """Where a record stands. Stripe states instants; `zone` makes calendar days of them."""

    connection: str
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Stream:
    """A list of Stripe and what its records become. `whole` says that an event shows all that a re-read would."""

    path: str
    kind: str
    translate: Callable[[Record, Account], Facts]
    expand: tuple[str, ...] = field(default=())
    whole: bool = False

    def facts(self, row: Record, account: Account) -> Facts:
        if row.get("deleted") is True:
            return (gone(account.connection, self.kind, identifier(row, "id")),)
        return self.translate(row, account)


def gone(connection: str, kind: str, identifier: str) -> Gone:
    return Gone(connection=connection, id=identifier, of_kind=kind)


def _instant(row: Record, name: str) -> dt.datetime | None:
    """Seconds since 1970."""
    if row.get(name) is None:
        return None
    try:
        return dt.datetime.fromtimestamp(whole(row, name), dt.UTC)
    except (OverflowError, OSError):
        raise Unreadable(f"{name} {row[name]} is no time") from None


def _day(row: Record, name: str, account: Account) -> dt.date | None:
    found = _instant(row, name)
    return found.astimezone(account.zone).date() if found else None


def _reference(row: Record, name: str) -> str:
    """An id, whether the object behind it was expanded or not."""
    value = row.get(name)
    return text(value, "id") if isinstance(value, dict) else text(row, name)


def _party(row: Record) -> str:
    """A customer, or in accounts of the newer kind a customer account; "" for a guest."""
    return _reference(row, "customer") or _reference(row, "customer_account")


def _metadata(row: Record) -> dict[str, str]:
    return {name: str(value) for name, value in record(row, "metadata").items() if value is not None}


def customer(row: Record, account: Account) -> Facts:
    address = record(row, "address")
    code = currency(row, "currency") if row.get("currency") else ""
    balance = amount_or_none(row, "balance", code) if code else None
    name = text(row, "name") or text(row, "description")
    email, phone = text(row, "email"), text(row, "phone")
    languages = row.get("preferred_locales")
    parts = ("line1", "line2", "city", "state", "postal_code", "country")
    return (
        Customer(
            connection=account.connection,
            id=identifier(row, "id"),
            name=name,
            contacts=(Contact(email=email, name=name, phone=phone, primary=True),) if email or phone else (),
            country=country_code(text(address, "country")),
            postal_code=text(address, "postal_code"),
            address=", ".join(part for one in parts if (part := text(address, one))),
            language=str(languages[0]) if isinstance(languages, list) and languages else "",
            currency=code,
            balance=balance,
            metadata=_metadata(row),
        ),
    )


def invoice(row: Record, account: Account) -> Facts:
    code = currency(row, "currency")
    number = identifier(row, "id")
    party = _party(row)
    if not party:
        raise Unreadable("customer and customer_account are missing")
    total, left = amount(row, "total", code), amount(row, "amount_remaining", code)
    times = record(row, "status_transitions")
    issued = next(
        (
            found
            for source, name in ((row, "effective_at"), (times, "finalized_at"), (row, "created"))
            if (found := _day(source, name, account))
        ),
        None,
    )
    status = choice(row, "status", _INVOICE_STATUS)
    page = text(row, "hosted_invoice_url")
    return (
        Invoice(
            connection=account.connection,
            id=number,
            number=text(row, "number"),
            customer_id=party,
            status=status,
            currency=code,
            total=total,
            open=left,
            tax=sum(amount(tax, "amount", code) for tax in records(row, "total_taxes")),
            issue_on=issued,
            due_on=_day(row, "due_date", account),
            paid_on=_day(times, "paid_at", account),
            lines=tuple(_line(line, code) for line in records(record(row, "lines"), "data")),
            allocations=_settled_by(row, number, code, account),
            adjustments=_adjustments(row, code, total),
            purchase_order=_purchase_order(row),
            memo=text(row, "description"),
            email=text(row, "customer_email"),
            charged_automatically=text(row, "collection_method") == "charge_automatically",
            online_payment=bool(page) and status == "open",
            pay_url=page,
            metadata=_metadata(row),
        ),
    )


def _adjustments(row: Record, code: str, total: int) -> int:
    """What the customer's balance at Stripe took off (or put on) before anything was paid. Credit notes that came
    before payment are taken off too, but are facts of their own."""
    due = amount(row, "amount_due", code)
    return total - due - amount_or_zero(row, "pre_payment_credit_notes_amount", code)


def _line(line: Record, code: str) -> Line:
    quantity = line.get("quantity")
    return Line(
        description=text(line, "description"),
        quantity="1" if quantity is None else str(quantity),
        amount=amount_or_zero(line, "amount", code),
    )


def _purchase_order(row: Record) -> str:
    for found in records(row, "custom_fields"):
        name = text(found, "name").lower().replace(".", "").replace(" ", "")
        if name.startswith(("po", "purchaseorder")):
            return text(found, "value")
    return ""


def _settled_by(row: Record, invoice_id: str, code: str, account: Account) -> tuple[Allocation, ...]:
    """What was paid, payment by payment, where the record shows its payments; and what was paid outside Stripe.

    A payment intent stands for its charge: Payment.group_id names it.
    """
    shown = row.get("payments")
    if not isinstance(shown, dict):
        return ()
    shares = [
        _share(paid, invoice_id, code, account) for paid in records(shown, "data") if text(paid, "status") == "paid"
    ]
    rest = amount_or_zero(row, "amount_paid", code) - sum(share.amount for share in shares)
    if rest > 0 and not flag(shown, "has_more"):
        day = _day(record(row, "status_transitions"), "paid_at", account)
        shares.append(Allocation("other", "outside stripe", invoice_id, rest, day))
    return tuple(shares)


def _share(paid: Record, invoice_id: str, code: str, account: Account) -> Allocation:
    payment = record(paid, "payment")
    kind = text(payment, "type")
    source: Literal["payment", "other"] = "payment" if kind in {"charge", "payment_intent"} else "other"
    on = _day(record(paid, "status_transitions"), "paid_at", account)
    return Allocation(source, _reference(payment, kind), invoice_id, amount(paid, "amount_paid", code), on)


def credit_note(row: Record, account: Account) -> Facts:
    """Never open: a credit note either lowers its invoice or is given back at once, as money or as customer balance."""
    code = currency(row, "currency")
    number = identifier(row, "id")
    status = choice(row, "status", {"issued": "paid", "void": "void"})
    before = amount_or_zero(row, "pre_payment_amount", code)
    on = _day(row, "effective_at", account) or _day(row, "created", account)
    credited = _reference(row, "invoice")
    counts = status == "paid" and before > 0 and credited
    return (
        CreditNote(
            connection=account.connection,
            id=number,
            number=text(row, "number"),
            customer_id=_party(row),
            status="paid" if status == "paid" else "void",
            currency=code,
            total=amount(row, "amount", code),
            issue_on=on,
            allocations=(Allocation("credit_note", number, credited, before, on),) if counts else (),
            reference=text(row, "reason"),
        ),
    )


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
            customer_id=_party(row),
            status=status,
            currency=code,
            amount=amount(row, "amount_captured" if captured else "amount", code),
            refunded=amount_or_zero(row, "amount_refunded", code),
            paid_on=_day(row, "created", account),
            reference=text(row, "receipt_number"),
            method=method,
            payer_name=text(payer, "name"),
            payer_email=text(payer, "email") or text(row, "receipt_email"),
            group_id=_reference(row, "payment_intent"),
            fee=_fee(row, code),
            description=text(row, "description"),
            metadata=_metadata(row),
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
            customer_id=_party(row),
            payment_id=_reference(row, "charge") or _reference(row, "payment_intent"),
            status=choice(row, "status", _REFUND_STATUS),
            currency=code,
            amount=amount(row, "amount", code),
            refunded_on=_day(row, "created", account),
            reason=text(row, "reason"),
        ),
    )


def dispute(row: Record, account: Account) -> Facts:
    code = currency(row, "currency")
    return (
        Chargeback(
            connection=account.connection,
            id=identifier(row, "id"),
            payment_id=_reference(row, "charge"),
            status=choice(row, "status", _DISPUTE_STATUS),
            currency=code,
            amount=amount(row, "amount", code),
            opened_at=_instant(row, "created"),
            reason=text(row, "reason"),
        ),
    )


def payout(row: Record, account: Account) -> Facts:
    """arrival_date is midnight UTC of the day it names."""
    code = currency(row, "currency")
    arrives = _instant(row, "arrival_date")
    return (
        Payout(
            connection=account.connection,
            id=identifier(row, "id"),
            status=choice(row, "status", _PAYOUT_STATUS),
            currency=code,
            amount=amount(row, "amount", code),
            arrives_on=arrives.date() if arrives else None,
            reference=text(record(row, "trace_id"), "value"),
        ),
    )


def payment_link(row: Record, account: Account) -> Facts:
    """Links that owed made; those of others are the business's own affair."""
    metadata = _metadata(row)
    if "owed_invoice" not in metadata:
        return ()
    code = currency(row, "currency") if row.get("currency") else metadata.get("owed_currency", "").upper()
    items = records(record(row, "line_items"), "data")
    total = sum(amount(item, "amount_total", code) for item in items) if items else _stated(metadata)
    return (
        PaymentLink(
            connection=account.connection,
            id=identifier(row, "id"),
            url=text(row, "url"),
            active=flag(row, "active"),
            currency=code,
            amount=total,
            invoice=metadata["owed_invoice"],
        ),
    )


def _stated(metadata: dict[str, str]) -> int:
    found = metadata.get("owed_amount", "")
    if not (found.isascii() and found.isdigit()):
        raise Unreadable("line_items are missing and metadata owed_amount states no amount")
    return int(found)


#: In the order in which they are pulled.
STREAMS: dict[str, Stream] = {
    "customers": Stream("/v1/customers", "customer", customer, whole=True),
    "invoices": Stream("/v1/invoices", "invoice", invoice, ("payments",)),
    "credit_notes": Stream("/v1/credit_notes", "credit_note", credit_note, whole=True),
    "payments": Stream("/v1/charges", "payment", charge, ("balance_transaction",)),
    "refunds": Stream("/v1/refunds", "refund", refund, whole=True),
    "chargebacks": Stream("/v1/disputes", "chargeback", dispute, whole=True),
    "payouts": Stream("/v1/payouts", "payout", payout, whole=True),
    "payment_links": Stream("/v1/payment_links", "payment_link", payment_link, ("line_items",)),
}
