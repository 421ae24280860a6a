"""Messages to compose: a decision and the debts that it is about."""

from typing import Any

from outreach.compose import Message, Sender, compose
from receivables.decisions import Alongside, Decision
from receivables.facts import Contact, Customer, Invoice
from receivables.money import Money
from receivables.open_items import OpenItem
from receivables.refs import Ref
from tests.builders import NOW, business, customer, days_ago, invoice

JANE = Contact(email="jane@acme.example", name="Jane Smith", primary=True)
SENDER = Sender(
    address="ar@harbour.example",
    reply_to="accounts@harbour.example",
    signature="Harbour Joinery\nAccounts",
    bank_details="IBAN GB33 BUKB 2020 1555 5555 55",
)


def debt(identifier: str = "i1", overdue: int = 12, amount: int = 125_000, **changes: Any) -> OpenItem:
    """Changes go to the invoice, the customer or the item, wherever the field is."""
    own = {key: changes.pop(key) for key in list(changes) if key in Invoice.__struct_fields__ and key != "connection"}
    about = {key: changes.pop(key) for key in list(changes) if key in Customer.__struct_fields__}
    bill = invoice(identifier, open=amount, **{"due_on": days_ago(overdue), "issue_on": days_ago(overdue + 30), **own})
    standard: dict[str, Any] = {
        "invoice": bill,
        "platform": "xero",
        "debtor": "acme",
        "customer": customer(**{"country": "GB", "contacts": (JANE,), **about}),
    }
    return OpenItem(**{**standard, **changes})


def decision(*items: OpenItem, template: str = "friendly", stage: int = 1, riding: int = 0, **changes: Any) -> Decision:
    """The last `riding` of the items are at stage 1 of their own."""
    refs = tuple(item.invoice.ref for item in items)
    currency = items[0].invoice.currency
    standard: dict[str, Any] = {
        "verdict": "act",
        "debtor": "acme",
        "invoices": refs,
        "currency": currency,
        "demand": Money(sum(item.demandable for item in items), currency),
        "policy": "standard",
        "step": template,
        "stage": stage,
        "channel": "email",
        "template": template,
        "alongside": tuple(Alongside(str(ref), "friendly", 1) for ref in refs[len(refs) - riding :]),
        "decided_at": NOW,
    }
    return Decision(**{**standard, **changes})


def written(
    *items: OpenItem, links: dict[Ref, str] | None = None, sender: Sender = SENDER, owner: Any = None, **changes: Any
) -> Message:
    return compose(decision(*items, **changes), items, owner or business(), sender, links or {})
