"""Debts, histories and rulebooks in a line each, so that a test reads as given, when, then."""

import datetime as dt
from typing import Any

from receivables.business import Business, ConnectionState
from receivables.decisions import Alongside, Decision
from receivables.facts import Customer, Invoice
from receivables.history import Contacted, ContactState, History
from receivables.open_items import OpenItem
from rules.evaluate import evaluate
from rules.loader import load
from rules.schema import Rulebook
from tests.builders import NOW, TODAY, business, customer, days_ago, invoice

LADDER = """
[[policy]]
name = "standard"
[[policy.step]]
name = "upcoming"
days_before_due = 3
[[policy.step]]
name = "friendly"
days_after_due = 3
[[policy.step]]
name = "reminder"
days_after_due = 14
[[policy.step]]
name = "firm"
days_after_due = 28
[[policy.step]]
name = "final"
days_after_due = 45
"""
NO_DUE_DATE = (
    "the invoice has no due date, so it cannot be overdue; [business] terms_days = 30 makes such invoices due 30 days "
    "after their issue"
)
STAGES = {"upcoming": 0, "friendly": 1, "reminder": 2, "firm": 3, "final": 4}


def rulebook(text: str = LADDER) -> Rulebook:
    found, problems = load(text, "owed.toml")
    assert problems == []
    return found


def books(**changes: Any) -> dict[str, ConnectionState]:
    standard: dict[str, Any] = {"name": "books", "platform": "xero", "synced_at": NOW, "reminds_by_itself": False}
    return {"books": ConnectionState(**{**standard, **changes})}


def debt(identifier: str = "i1", overdue: int = 5, amount: int = 10_000, **changes: Any) -> OpenItem:
    """An open item that nothing stands against; `overdue` is negative before the due date.

    Changes go to the invoice, the customer or the item, wherever the field is.
    """
    fields = set(Invoice.__struct_fields__) - {"connection", "id"}
    own = {key: changes.pop(key) for key in list(changes) if key in fields}
    about = {key: changes.pop(key) for key in list(changes) if key in Customer.__struct_fields__ and key != "customer"}
    standard: dict[str, Any] = {
        "invoice": invoice(identifier, open=amount, **{"due_on": days_ago(overdue), **own}),
        "platform": "xero",
        "debtor": "acme",
        "customer": customer(**{"country": "GB", **about}),
        "read_at": NOW,
    }
    return OpenItem(**{**standard, **changes})


def told(
    *invoices: str,
    step: str = "friendly",
    ago: float = 10,
    state: ContactState = "sent",
    policy: str = "standard",
    debtor: str = "acme",
    stage: int | None = None,
    alongside: tuple[Alongside, ...] = (),
    now: dt.datetime = NOW,
) -> Contacted:
    refs = tuple(f"books:invoice:{identifier}" for identifier in invoices or ("i1",))
    return Contacted(
        key=f"{policy}/{step}/{'+'.join(refs)}",
        debtor=debtor,
        invoices=refs,
        policy=policy,
        step=step,
        stage=STAGES.get(step, 1) if stage is None else stage,
        channel="email",
        state=state,
        at=now - dt.timedelta(days=ago),
        alongside=alongside,
    )


def decide(
    *items: OpenItem,
    rules: str = LADDER,
    history: tuple[Contacted, ...] = (),
    now: dt.datetime = NOW,
    connections: dict[str, ConnectionState] | None = None,
    owner: Business | None = None,
) -> list[Decision]:
    return evaluate(
        rulebook(rules),
        items,
        owner or business(),
        books() if connections is None else connections,
        History(history),
        now,
    )


def only(decisions: list[Decision]) -> Decision:
    assert len(decisions) == 1, decisions
    return decisions[0]


def codes(decision: Decision) -> list[str]:
    return [reason.code for reason in decision.reasons]


def brief(decision: Decision) -> str:
    """`act reminder i1+i2 (i2: friendly)` or `hold friendly i1: disputed`."""
    about = "+".join(ref.id for ref in decision.invoices)
    if decision.verdict != "act":
        return f"{decision.verdict} {decision.step} {about}: {', '.join(codes(decision))}"
    own = ", ".join(f"{one.invoice.rpartition(':')[2]}: {one.step}" for one in decision.alongside)
    return f"act {decision.step} {about}" + (f" ({own})" if own else "")


__all__ = [
    "LADDER",
    "NOW",
    "NO_DUE_DATE",
    "TODAY",
    "books",
    "brief",
    "codes",
    "debt",
    "decide",
    "only",
    "rulebook",
    "told",
]
