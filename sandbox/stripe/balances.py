"""A customer's own balance at Stripe: negative is credit, which the next invoice uses up."""

from __future__ import annotations

from sandbox.state import Record
from sandbox.stripe import entries
from sandbox.stripe.ledger import Ledger


class Balances:
    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def apply(self, invoice: Record) -> None:
        """At finalising: credit is taken off, debt is added, and what the credit leaves over stays with the customer."""
        owner = self.ledger["customer"].get(invoice["customer"] or "")
        before = self.ledger.balance(owner) if owner else 0
        after = min(0, int(invoice["total"]) + before)
        self.ledger.update(invoice, starting_balance=before, ending_balance=after)
        if owner is not None and before:
            self.book(owner, after - before, "applied_to_invoice", invoice)

    def book(self, owner: Record, amount: int, kind: str, invoice: Record) -> None:
        """Without an event of its own: the vendor has none for these."""
        created = self.ledger.now()
        row = entries.customer_balance_transaction(created, owner=owner, amount=amount, kind=kind, invoice=invoice)
        self.ledger.put({**row, "ending_balance": self.ledger.balance(owner) + amount})
        self.ledger.put(owner)
