"""Each customer's documents added up and held against the customer's balance by the platform's own figure.

QuickBooks states it (Customer.Balance: "the current open balance (unpaid amount) for that customer"). Xero's contact
balances add up currencies and are no truth. Stripe's customer balance is a credit of its own, not a sum of documents.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator

from receivables.breaks import Break
from receivables.facts import Customer, Fact
from receivables.money import Money
from receivables.snapshot import Key, Snapshot
from reconciliation.unapplied import journal_balances

#: Whose figure is the sum of a customer's documents, each customer having one currency.
_STATES_BALANCES = "quickbooks"

#: Minor units by (connection, customer, currency).
Sums = dict[tuple[str, str, str], int]


def document_sums(snapshot: Snapshot) -> Sums:
    """Open invoices and journals, less open credit and unapplied cash, as the platform's own open amounts say."""
    sums: Sums = defaultdict(int)
    for invoice in snapshot.invoices.values():
        if invoice.status == "open":
            sums[invoice.connection, invoice.customer_id, invoice.currency] += invoice.open
    for note in snapshot.credit_notes.values():
        if note.status == "open":
            sums[note.connection, note.customer_id, note.currency] -= note.open
    for payment in snapshot.payments.values():
        if payment.status == "settled":
            sums[payment.connection, payment.customer_id, payment.currency] -= payment.unapplied
    for (connection, _, customer, currency), left in journal_balances(snapshot).items():
        sums[connection, customer, currency] += left
    return sums


def customer_differences(snapshot: Snapshot) -> Iterator[Break]:
    """A customer whose figure may be older than one of its documents is left for the next count: that is timing."""
    if snapshot.basis == "documents":
        return
    sums, changed, children = document_sums(snapshot), _last_changes(snapshot), _billed_with_parent(snapshot)
    for key, customer in sorted(snapshot.customers.items()):
        state = snapshot.connections.get(customer.connection)
        if state is None or state.platform != _STATES_BALANCES or customer.balance is None:
            continue
        if state.counted_at is None or state.counted_at > snapshot.taken_at:
            continue
        family = [key, *children[key]]
        newest = max((changed[one] for one in family if one in changed), default=None)
        if newest and newest > max(state.counted_at, customer.updated_at or state.counted_at):
            continue
        own, *others = (sums.get((*one, customer.currency), 0) for one in family)
        rolled_up = own + sum(others)
        if customer.balance not in (own, rolled_up):
            yield _differs(customer, own)


def _billed_with_parent(snapshot: Snapshot) -> dict[Key, list[Key]]:
    """Intuit does not say whether what is billed with the parent stands in the parent's balance: both are right."""
    found: dict[Key, list[Key]] = defaultdict(list)
    for key, one in sorted(snapshot.customers.items()):
        if one.parent_id and one.billed_with_parent:
            found[one.connection, one.parent_id].append(key)
    return found


def _last_changes(snapshot: Snapshot) -> dict[Key, dt.datetime]:
    """When any document of a customer changed last, by the platform's clock."""
    found: dict[Key, dt.datetime] = {}
    groups: Iterable[Iterable[Fact]] = (
        snapshot.invoices.values(),
        snapshot.credit_notes.values(),
        snapshot.payments.values(),
        snapshot.journal_lines.values(),
    )
    for fact in (fact for group in groups for fact in group):
        key = (fact.connection, getattr(fact, "customer_id", ""))
        if fact.updated_at and (key not in found or fact.updated_at > found[key]):
            found[key] = fact.updated_at
    return found


def _differs(customer: Customer, own: int) -> Break:
    stated = customer.balance or 0
    words = f"its documents leave {Money(own, customer.currency)}, the platform says {Money(stated, customer.currency)}"
    return Break(
        kind="customer balance differs",
        refs=(customer.ref,),
        amount=Money(own - stated, customer.currency),
        cause=f"{customer.name or customer.id}: {words}",
        next_step="open the customer there and look for a journal, refund or credit that is not among its documents",
        holds=stated < own,
    )
