"""Reconciliation of a growing ledger: the time a payment must not grow with their number."""

import datetime as dt
from collections.abc import Iterator

from benchmarks.timing import beside, cpu
from receivables.business import Business, ConnectionState
from receivables.facts import Contact, Customer, Fact, Invoice, Payment
from receivables.snapshot import Snapshot, take
from reconciliation.engine import reconcile

NOW = dt.datetime(2026, 3, 4, 10, tzinfo=dt.UTC)


def ledger(count: int) -> Snapshot:
    """`count` open invoices, and as many Stripe payments that state their numbers."""
    business = Business(id="bench", name="Bench", timezone="Europe/London")
    states = [ConnectionState(name="books", platform="xero"), ConnectionState(name="cards", platform="stripe")]
    facts: list[Fact] = []
    for number in range(count):
        day = dt.date(2025, 6, 1) + dt.timedelta(days=number % 200)
        customer, amount = f"c{number % max(1, count // 5)}", 10_000 + number % 977
        if number < max(1, count // 5):
            mail = (Contact(email=f"{customer}@customer.example"),)
            facts.append(Customer(connection="books", id=customer, name=f"Customer {number}", contacts=mail))
        common = {"currency": "GBP", "customer_id": customer}
        facts.append(
            Invoice(
                **{"connection": "books", "id": f"i{number}", **common},  # type: ignore[arg-type]  # texts, all of them
                number=f"INV-{number:06}",
                total=amount,
                open=amount,
                issue_on=day,
            )
        )
        paid_on, said = day + dt.timedelta(days=20), f"invoice INV-{number:06}"
        common["customer_id"] = ""
        facts.append(
            Payment(
                **{"connection": "cards", "id": f"ch_{number}", **common},  # type: ignore[arg-type]  # texts, all of them
                amount=amount,
                paid_on=paid_on,
                description=said,
            )
        )
    return take(business, NOW, states, facts)


def run() -> Iterator[str]:
    small, large = 5_000, 50_000
    reference, _ = cpu(lambda: reconcile(ledger(small)))
    seconds, found = cpu(lambda: reconcile(ledger(large)))
    assert len(found.matches) == large
    yield beside(f"{large:,} payments", seconds, large, f"{small:,} payments", reference * large / small)
