"""Facts with sensible defaults, so that a test states only what it is about."""

import datetime as dt
from typing import Any

from receivables.business import Business, ConnectionState
from receivables.facts import Allocation, Contact, CreditNote, Customer, Fact, Invoice, Payment
from receivables.snapshot import Snapshot, take

NOW = dt.datetime(2026, 3, 10, 10, 0, tzinfo=dt.UTC)
TODAY = NOW.date()


def days_ago(days: int) -> dt.date:
    return TODAY - dt.timedelta(days=days)


def business(**changes: Any) -> Business:
    return Business(
        **{"id": "harbour", "name": "Harbour Joinery", "timezone": "Europe/London", "country": "GB", **changes}
    )


def customer(
    identifier: str = "c1", connection: str = "books", email: str = "ap@acme.example", **changes: Any
) -> Customer:
    contacts = (Contact(email=email, primary=True),) if email else ()
    return Customer(**{"connection": connection, "id": identifier, "name": "Acme Ltd", "contacts": contacts, **changes})


def invoice(identifier: str = "i1", connection: str = "books", open: int = 10_000, **changes: Any) -> Invoice:  # noqa: A002  # the field's own name
    standard = {
        "connection": connection,
        "id": identifier,
        "number": f"INV-{identifier}",
        "customer_id": "c1",
        "status": "open" if open else "paid",
        "currency": "GBP",
        "total": max(open, 10_000),
        "open": open,
        "issue_on": days_ago(60),
        "due_on": days_ago(30),
        "sent": True,
    }
    return Invoice(**{**standard, **changes})


def payment(identifier: str = "p1", connection: str = "books", amount: int = 10_000, **changes: Any) -> Payment:
    standard = {
        "connection": connection,
        "id": identifier,
        "customer_id": "c1",
        "currency": "GBP",
        "amount": amount,
        "paid_on": days_ago(2),
    }
    return Payment(**{**standard, **changes})


def applied(source: str, to: str, amount: int, kind: str = "payment", on: dt.date | None = None) -> Allocation:
    return Allocation(source_kind=kind, source_id=source, invoice_id=to, amount=amount, on=on)  # type: ignore[arg-type]  # a test's own word


def credit_note(identifier: str = "n1", connection: str = "books", open: int = 1_000, **changes: Any) -> CreditNote:  # noqa: A002  # the field's own name
    standard = {
        "connection": connection,
        "id": identifier,
        "number": f"CN-{identifier}",
        "customer_id": "c1",
        "currency": "GBP",
        "total": open,
        "open": open,
        "issue_on": days_ago(10),
    }
    return CreditNote(**{**standard, **changes})


def snapshot(*facts: Fact, now: dt.datetime = NOW) -> Snapshot:
    """A business with books at Xero ("books"), QuickBooks ("ledger") and an account at Stripe ("cards")."""
    states = [
        ConnectionState(name="books", platform="xero", synced_at=now, reminds_by_itself=False),
        ConnectionState(name="ledger", platform="quickbooks", synced_at=now, reminds_by_itself=False),
        ConnectionState(name="cards", platform="stripe", synced_at=now, reminds_by_itself=False),
    ]
    return take(business(), now, states, facts)
