"""Small ledgers: facts that only reconciliation looks at, and what it concludes."""

import datetime as dt
from typing import Any

from receivables.breaks import Break
from receivables.business import ConnectionState
from receivables.facts import BalanceTransaction, Chargeback, Fact, JournalLine, Payout, Refund
from receivables.local_facts import BreakAnswer, SameDebtor
from receivables.open_items import OpenItem
from receivables.refs import LOCAL
from receivables.snapshot import take
from reconciliation.engine import reconcile
from reconciliation.results import Reconciliation
from tests.builders import NOW, business, days_ago

CARDS: dict[str, Any] = {"connection": "cards", "customer_id": ""}


def run(*facts: Fact, **ledger: Any) -> Reconciliation:
    """Books at Xero ("books") and QuickBooks ("ledger", with what `ledger` says of it), cards at Stripe; counted now."""
    known: dict[str, Any] = {"synced_at": NOW, "reminds_by_itself": False, "counted_at": NOW}
    states = [
        ConnectionState(name="books", platform="xero", **known),
        ConnectionState(name="ledger", platform="quickbooks", **{**known, **ledger}),
        ConnectionState(name="cards", platform="stripe", **known),
    ]
    return reconcile(take(business(), NOW, states, facts))


def kinds(found: Reconciliation) -> list[str]:
    """Of the breaks that nobody has accepted."""
    return sorted(one.kind for one in found.breaks if one.is_open)


def only(found: Reconciliation, kind: str) -> Break:
    (one,) = [one for one in found.breaks if one.kind == kind]
    return one


def item(found: Reconciliation, identifier: str = "i1") -> OpenItem:
    return next(one for one in found.items if one.invoice.id == identifier)


def held(found: Reconciliation, identifier: str = "i1") -> list[str]:
    return [blocker.code for blocker in item(found, identifier).blockers]


def answered(
    one: Break, answer: str = "accepted", choice: str = "", at: dt.datetime = NOW, **changes: Any
) -> BreakAnswer:
    standard: dict[str, Any] = {
        "connection": LOCAL,
        "id": f"answer/{one.key}",
        "subject": one.key,
        "answer": answer,
        "break_kind": one.kind,
        "refs": one.refs,
        "amount": one.amount.minor,
        "currency": one.amount.currency,
        "choice": choice,
        "stated_by": "Ann",
        "stated_at": at,
    }
    return BreakAnswer(**{**standard, **changes})


def same_debtor(one: str, other: str, *, same: bool = True, at: dt.datetime = NOW) -> SameDebtor:
    return SameDebtor(connection=LOCAL, id=f"same/{one}/{other}", subject=one, other=other, same=same, stated_at=at)


def refund(of: str, amount: int = 10_000, identifier: str = "re_1", **changes: Any) -> Refund:
    standard: dict[str, Any] = {
        "connection": "cards",
        "id": identifier,
        "payment_id": of,
        "currency": "GBP",
        "amount": amount,
        "refunded_on": days_ago(1),
    }
    return Refund(**{**standard, **changes})


def chargeback(of: str, status: str, amount: int = 10_000, **changes: Any) -> Chargeback:
    standard: dict[str, Any] = {
        "connection": "cards",
        "id": "dp_1",
        "payment_id": of,
        "status": status,
        "currency": "GBP",
        "amount": amount,
        "opened_at": NOW,
    }
    return Chargeback(**{**standard, **changes})


def journal(amount: int, customer_id: str = "7", identifier: str = "1-0", **changes: Any) -> JournalLine:
    standard: dict[str, Any] = {
        "connection": "ledger",
        "id": identifier,
        "journal_id": identifier.partition("-")[0],
        "number": "JE-1",
        "customer_id": customer_id,
        "currency": "GBP",
        "amount": amount,
        "posted_on": days_ago(5),
    }
    return JournalLine(**{**standard, **changes})


def payout(identifier: str = "po_1", amount: int = 9_700, connection: str = "cards", **changes: Any) -> Payout:
    standard: dict[str, Any] = {
        "connection": connection,
        "id": identifier,
        "currency": "GBP",
        "amount": amount,
        "arrives_on": days_ago(20),
    }
    return Payout(**{**standard, **changes})


def movement(amount: int, fee: int = 0, of: str = "po_1", **changes: Any) -> BalanceTransaction:
    standard: dict[str, Any] = {
        "connection": "cards",
        "id": f"txn_{of}_{amount}",
        "currency": "GBP",
        "amount": amount,
        "fee": fee,
        "net": amount - fee,
        "category": "charge",
        "source_id": f"ch_{amount}",
        "payout_id": of,
    }
    return BalanceTransaction(**{**standard, **changes})
