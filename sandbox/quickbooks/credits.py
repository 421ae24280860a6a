"""The company's setting "automatically apply credits": open credit goes to the oldest open invoice at once."""

from __future__ import annotations

from sandbox.quickbooks.books import Books
from sandbox.state import Record


def apply_open_credit(books: Books, customer: str, on: str) -> None:
    for memo in list(books["CreditMemo"].by("customer", customer)):
        for invoice in sorted(books["Invoice"].by("customer", customer), key=lambda one: (one["date"], int(one["id"]))):
            amount = min(books.remaining_credit(memo), books.balance(invoice))
            if amount > 0 and memo["currency"] == invoice["currency"]:
                _join(books, memo, invoice, amount, on)


def _join(books: Books, memo: Record, invoice: Record, amount: int, on: str) -> None:
    """A payment of zero, as a person would make it."""
    lines = [
        {"amount": amount, "type": kind, "to": one["id"]} for kind, one in (("Invoice", invoice), ("CreditMemo", memo))
    ]
    record: Record = {"customer": memo["customer"], "currency": memo["currency"], "total": 0, "lines": lines}
    record |= {"date": on, "voided": False, "reference": None, "note": None, "method": None, "account": "4"}
    books.touch_links(books.create("Payment", record))
