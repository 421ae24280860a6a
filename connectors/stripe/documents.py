"""What is owed at Stripe: invoices and credit notes, in the shapes since API version 2025-03-31 (basil). Pure.

Before basil an invoice named its one charge; now payments are records of their own, of which one invoice may have many.
"""

from typing import Literal

from connectors.fields import (
    Record,
    Unreadable,
    choice,
    currency,
    flag,
    identifier,
    record,
    records,
    text,
)
from connectors.stripe.amounts import amount, amount_or_zero
from connectors.stripe.records import Account, Facts, day, metadata, party, reference
from receivables.facts import (
    Allocation,
    CreditNote,
    Invoice,
    InvoiceStatus,
    Line,
)

_INVOICE_STATUS: dict[str, InvoiceStatus] = {
    "draft": "draft",
    "open": "open",
    "paid": "paid",
    "uncollectible": "uncollectible",
    "void": "void",
}


def invoice(row: Record, account: Account) -> Facts:
    code = currency(row, "currency")
    number = identifier(row, "id")
    debtor = party(row)
    if not debtor:
        raise Unreadable("customer and customer_account are missing")
    total, left = amount(row, "total", code), amount(row, "amount_remaining", code)
    times = record(row, "status_transitions")
    issued = next(
        (
            found
            for source, name in ((row, "effective_at"), (times, "finalized_at"), (row, "created"))
            if (found := day(source, name, account))
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
            customer_id=debtor,
            status=status,
            currency=code,
            total=total,
            open=left,
            tax=sum(amount(tax, "amount", code) for tax in records(row, "total_taxes")),
            issue_on=issued,
            due_on=day(row, "due_date", account),
            paid_on=day(times, "paid_at", account),
            lines=tuple(_line(line, code) for line in records(record(row, "lines"), "data")),
            allocations=_settled_by(row, number, code, account),
            adjustments=_adjustments(row, code, total),
            purchase_order=_purchase_order(row),
            memo=text(row, "description"),
            email=text(row, "customer_email"),
            charged_automatically=text(row, "collection_method") == "charge_automatically",
            online_payment=bool(page) and status == "open",
            pay_url=page,
            metadata=metadata(row),
        ),
    )


def _adjustments(row: Record, code: str, total: int) -> int:
    """What the customer's balance at Stripe took off (or put on) before anything was paid. Credit notes that came
    before payment are taken off too, but are facts of their own."""
    due = amount(row, "amount_due", code)
    return total - due - amount_or_zero(row, "pre_payment_credit_notes_amount", code)


def _line(line: Record, code: str) -> Line:
    quantity, taxes = line.get("quantity"), records(line, "taxes")
    return Line(
        description=text(line, "description"),
        quantity="1" if quantity is None else str(quantity),
        amount=amount_or_zero(line, "amount", code),
        tax=sum(amount(tax, "amount", code) for tax in taxes) if taxes else None,
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
        on = day(record(row, "status_transitions"), "paid_at", account)
        shares.append(Allocation("other", "outside stripe", invoice_id, rest, on))
    return tuple(shares)


def _share(paid: Record, invoice_id: str, code: str, account: Account) -> Allocation:
    payment = record(paid, "payment")
    kind = text(payment, "type")
    source: Literal["payment", "other"] = "payment" if kind in {"charge", "payment_intent"} else "other"
    on = day(record(paid, "status_transitions"), "paid_at", account)
    return Allocation(source, reference(payment, kind), invoice_id, amount(paid, "amount_paid", code), on)


def credit_note(row: Record, account: Account) -> Facts:
    """Never open: a credit note either lowers its invoice or is given back at once, as money or as customer balance."""
    code = currency(row, "currency")
    number = identifier(row, "id")
    status = choice(row, "status", {"issued": "paid", "void": "void"})
    total, before = amount(row, "amount", code), amount_or_zero(row, "pre_payment_amount", code)
    if before > total:
        raise Unreadable(f"pre_payment_amount {before} is more than amount {total}")
    on = day(row, "effective_at", account) or day(row, "created", account)
    credited = reference(row, "invoice")
    counts = status == "paid" and before > 0 and credited
    return (
        CreditNote(
            connection=account.connection,
            id=number,
            number=text(row, "number"),
            customer_id=party(row),
            status="paid" if status == "paid" else "void",
            currency=code,
            total=total,
            issue_on=on,
            allocations=(Allocation("credit_note", number, credited, before, on),) if counts else (),
            reference=text(row, "reason"),
        ),
    )
