"""GET /truth.json: what is really open and really paid, from the sandbox's own ledgers."""

from __future__ import annotations

from datetime import UTC, datetime

from sandbox.company.fill import Platforms
from sandbox.state import Record


def truth(platforms: Platforms) -> Record:
    """Amounts are minor units; an invoice is open when a customer still owes something on it."""
    notes = list(platforms.world.truth)
    charges = {one["id"]: one for one in notes if one["kind"] == "charge"}
    return {
        "now": platforms.world.clock.now().isoformat(),
        "open": {
            "xero": open_xero(platforms),
            "quickbooks": open_quickbooks(platforms),
            "stripe": open_stripe(platforms),
        },
        "charges": [_charge(platforms, one, charges.get(one["id"])) for one in platforms.stripe.ledger["charge"]],
        "mirrors": [{"stripe": one["stripe"], "of": one["of"]} for one in notes if one["kind"] == "mirror"],
        "same_debtor": [one["customers"] for one in notes if one["kind"] == "same"],
        "unapplied": {
            "xero": unapplied_xero(platforms),
            "quickbooks": unapplied_quickbooks(platforms),
            "stripe": unapplied_stripe(platforms),
        },
        "journals": journals(platforms),
        "returned": returned(platforms),
        "payouts": payouts(platforms),
    }


def _charge(platforms: Platforms, charge: Record, note: Record | None) -> Record:
    """`pays` is an invoice of the books; `invoice` one of Stripe's own, `payment_link` how the customer came to pay."""
    ledger, intent = platforms.stripe.ledger, charge["payment_intent"]
    own = next((one["invoice"] for one in ledger["invoice_payment"].by("intent", intent)), None)
    link = next((one["payment_link"] for one in ledger["checkout.session"].by("payment_intent", intent)), None)
    shown = {
        "id": charge["id"],
        "amount": charge["amount"],
        "currency": charge["currency"].upper(),
        "status": charge["status"],
    }
    shown |= {"invoice": own, "payment_link": link}
    return {**shown, "pays": note["pays"] if note else None, "posted": bool(note and note["posted"])}


def _open(record: Record, number: str | None, customer: str, amount: int, due: str | None) -> Record:
    shown = {"id": record["id"], "number": number, "customer": customer, "amount": amount}
    return {**shown, "currency": record["currency"].upper(), "due_on": due}


def open_xero(platforms: Platforms) -> list[Record]:
    books = platforms.xero.books
    wanted = [
        one for one in books.invoices if one["type"] == "ACCREC" and one["status"] == "AUTHORISED" and books.due(one)
    ]
    return [_open(one, one["number"], one["contact"], books.due(one), one["due_date"]) for one in wanted]


def open_quickbooks(platforms: Platforms) -> list[Record]:
    books = platforms.quickbooks.books
    wanted = [one for one in books["Invoice"] if books.balance(one)]
    return [_open(one, one["number"], one["customer"], books.balance(one), one["due_date"]) for one in wanted]


def open_stripe(platforms: Platforms) -> list[Record]:
    ledger, shown = platforms.stripe.ledger, []
    for one in ledger["invoice"]:
        left = ledger.amount_remaining(one) if one["status"] in ("open", "uncollectible") else 0
        if left:
            due = datetime.fromtimestamp(one["due_date"], UTC).date().isoformat() if one["due_date"] else None
            shown.append({**_open(one, one["number"], one["customer"], left, due), "status": one["status"]})
    return shown


def unapplied_xero(platforms: Platforms) -> list[Record]:
    books = platforms.xero.books
    left = [(one, books.remaining(one)) for one in books.credits if one["status"] == "AUTHORISED"]
    return [
        {
            "id": one["id"],
            "kind": one["kind"],
            "customer": one["contact"],
            "amount": amount,
            "currency": one["currency"],
        }
        for one, amount in left
        if amount
    ]


def unapplied_quickbooks(platforms: Platforms) -> list[Record]:
    books = platforms.quickbooks.books
    left = [("payment", one, books.unapplied(one)) for one in books["Payment"]]
    left += [("credit_memo", one, books.remaining_credit(one)) for one in books["CreditMemo"]]
    return [
        {"id": one["id"], "kind": kind, "customer": one["customer"], "amount": amount, "currency": one["currency"]}
        for kind, one, amount in left
        if amount
    ]


def unapplied_stripe(platforms: Platforms) -> list[Record]:
    """Credit balances of customers, as positive amounts."""
    ledger = platforms.stripe.ledger
    left = [(one, -ledger.balance(one)) for one in ledger["customer"]]
    return [
        {
            "id": one["id"],
            "kind": "balance",
            "customer": one["id"],
            "amount": amount,
            "currency": one["currency"].upper(),
        }
        for one, amount in left
        if amount > 0
    ]


def journals(platforms: Platforms) -> list[Record]:
    """What journal entries of QuickBooks still change for customers; below zero is a credit."""
    books = platforms.quickbooks.books
    named = [
        (entry, owner) for entry in books["JournalEntry"] for owner in {line["customer"] for line in entry["lines"]}
    ]
    left = [(entry, owner, books.journal_balance(entry, owner)) for entry, owner in named if owner]
    return [
        {"id": entry["id"], "customer": owner, "amount": amount, "currency": entry["currency"]}
        for entry, owner, amount in left
        if amount
    ]


def returned(platforms: Platforms) -> list[Record]:
    """Refunds and disputes with the charge that they take away from, and how they stand."""
    ledger = platforms.stripe.ledger
    return [
        {"id": one["id"], "kind": kind, "charge": one["charge"], "amount": one["amount"], "status": one["status"]}
        for kind in ("refund", "dispute")
        for one in ledger[kind]
    ]


def payouts(platforms: Platforms) -> list[Record]:
    """`parts` is what its balance transactions come to, without its own; `booked`: the books show its arrival."""
    ledger = platforms.stripe.ledger
    booked = {one["payout"] for one in platforms.world.truth if one["kind"] == "payout"}
    parts: dict[str, int] = {}
    for row in ledger["balance_transaction"]:
        if row["_payout"] and row["source"] != row["_payout"]:
            parts[row["_payout"]] = parts.get(row["_payout"], 0) + row["net"]
    return [
        {
            "id": one["id"],
            "amount": one["amount"],
            "currency": one["currency"].upper(),
            "status": one["status"],
            "arrives_on": datetime.fromtimestamp(one["arrival_date"], UTC).date().isoformat(),
            "parts": parts.get(one["id"]),
            "booked": one["id"] in booked,
        }
        for one in ledger["payout"]
    ]
