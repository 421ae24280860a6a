"""All facts of one organisation as they were known at one instant: the input of every pure function."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from receivables.business import BOOKS, Business, ConnectionState
from receivables.facts import (
    Allocation,
    BalanceTransaction,
    BankLine,
    Chargeback,
    CreditNote,
    Customer,
    Fact,
    Invoice,
    JournalLine,
    Payment,
    PaymentLink,
    Payout,
    Refund,
)
from receivables.local_facts import LOCAL_FACTS, LocalFact
from receivables.refs import Ref

#: (connection, id), unique within a kind.
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`basis` says how a past day was rebuilt: from what was known then, or from the dates on documents."""

    business: Business
    taken_at: dt.datetime
    connections: dict[str, ConnectionState]
    basis: Literal["known", "documents"] = "known"
    customers: dict[Key, Customer] = field(default_factory=dict)
    invoices: dict[Key, Invoice] = field(default_factory=dict)
    credit_notes: dict[Key, CreditNote] = field(default_factory=dict)
    payments: dict[Key, Payment] = field(default_factory=dict)
    refunds: dict[Key, Refund] = field(default_factory=dict)
    chargebacks: dict[Key, Chargeback] = field(default_factory=dict)
    payouts: dict[Key, Payout] = field(default_factory=dict)
    balance_transactions: dict[Key, BalanceTransaction] = field(default_factory=dict)
    bank_lines: dict[Key, BankLine] = field(default_factory=dict)
    journal_lines: dict[Key, JournalLine] = field(default_factory=dict)
    links: dict[Key, PaymentLink] = field(default_factory=dict)
    local: tuple[LocalFact, ...] = ()

    @property
    def today(self) -> dt.date:
        """The business's calendar day."""
        return self.business.day_of(self.taken_at)

    def platform(self, connection: str) -> str:
        state = self.connections.get(connection)
        return state.platform if state else ""

    def keeps_books(self, connection: str) -> bool:
        return self.platform(connection) in BOOKS

    def customer_of(self, fact: Invoice | CreditNote | Payment) -> Customer | None:
        """The customer of a document, after merges."""
        customer = self.customers.get((fact.connection, fact.customer_id))
        seen: set[str] = set()
        while customer and customer.merged_into and customer.id not in seen:
            seen.add(customer.id)
            customer = self.customers.get((customer.connection, customer.merged_into), customer)
        return customer

    def invoice(self, ref: Ref) -> Invoice | None:
        return self.invoices.get((ref.connection, ref.id))

    def allocations(self) -> Iterator[tuple[str, Allocation]]:
        """Every allocation once, with its connection; the paying document's word goes before the invoice's."""
        told: set[tuple[str, str, str]] = set()
        payers: list[Payment | CreditNote] = [*self.payments.values(), *self.credit_notes.values()]
        for payer in payers:
            for share in payer.allocations:
                told.add((payer.connection, share.source_id, share.invoice_id))
                yield payer.connection, share
        for invoice in self.invoices.values():
            for share in invoice.allocations:
                if (invoice.connection, share.source_id, share.invoice_id) not in told:
                    yield invoice.connection, share


_FIELDS: dict[type[Fact], str] = {
    Customer: "customers",
    Invoice: "invoices",
    CreditNote: "credit_notes",
    Payment: "payments",
    Refund: "refunds",
    Chargeback: "chargebacks",
    Payout: "payouts",
    BalanceTransaction: "balance_transactions",
    BankLine: "bank_lines",
    JournalLine: "journal_lines",
    PaymentLink: "links",
}


def take(
    business: Business,
    taken_at: dt.datetime,
    connections: Iterable[ConnectionState],
    facts: Iterable[Fact],
    basis: Literal["known", "documents"] = "known",
) -> Snapshot:
    """Sort facts into a snapshot; of two facts with one reference the later in `facts` stays."""
    groups: dict[str, dict[Key, Fact]] = {name: {} for name in _FIELDS.values()}
    local: list[LocalFact] = []
    for fact in facts:
        if isinstance(fact, LOCAL_FACTS):
            local.append(fact)
        else:
            groups[_FIELDS[type(fact)]][fact.connection, fact.id] = fact
    states = {state.name: state for state in connections}
    return Snapshot(business, taken_at, states, basis, **groups, local=tuple(local))  # type: ignore[arg-type]  # each group holds its own kind
