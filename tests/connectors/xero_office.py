"""A small organisation at the Xero look-alike, with one of everything that the connector reads and writes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from connectors.protocol import Connector, Intent
from receivables.commands import AnyCommand
from sandbox.company.plan import Credit
from sandbox.serve import Sandbox
from tests.connectors.stands import NOW, HeldTokens
from tests.connectors.towards_sandbox import connect
from tests.sandbox.worlds import Xero, bill, debtor, paid, stock

DAY = date(2026, 2, 1)
MISSING = "00000000-0000-4000-8000-000000000000"


def furnish(sandbox: Sandbox) -> dict[str, str]:
    """Open invoices of 100.00, one part paid (its second payment reconciled), one in a batch, a draft, one that waits
    for approval, and a credit of 50.00 of each kind; the ids by name."""
    acme = debtor()
    bills = [
        bill(acme, "INV-1", on=DAY),
        bill(acme, "INV-2", on=DAY),
        bill(acme, "INV-3", on=DAY, receipts=[paid(DAY, 4_000, "BACS 7"), paid(DAY, 1_000, "BACS 8")]),
        bill(acme, "INV-4", on=DAY),
        bill(acme, "INV-5", on=DAY, state="draft"),
        bill(acme, "INV-6", on=DAY, state="submitted"),
    ]
    kinds = ("credit_note", "overpayment", "prepayment")
    fill = stock(sandbox, "xero", *bills, credits=tuple(Credit(kind, acme, kind, DAY, 5_000, kind) for kind in kinds))
    ids = fill.xero.ids
    names = {"invoice": "INV-1", "other": "INV-2", "partly": "INV-3", "batched": "INV-4", "draft": "INV-5"}
    names |= {"submitted": "INV-6"}
    batch = _batch(Xero(sandbox), ids["bill-INV-4"])
    payments = sandbox.xero.books.payments
    first, second = payments.by("target", ids["bill-INV-3"])
    with sandbox.changes():
        payments.put(first | {"reconciled": False})
    return {
        **{name: ids[f"bill-{number}"] for name, number in names.items()},
        **{kind: ids[kind] for kind in kinds},
        "customer": ids["acme"],
        "missing": MISSING,
        "payment": first["id"],
        "reconciled_payment": second["id"],
        "batch": batch,
        "batched_payment": payments.by("batch", batch)[0]["id"],
        "currency": "GBP",
        "account": "091",
    }


def _batch(xero: Xero, invoice: str) -> str:
    member = {"Invoice": {"InvoiceID": invoice}, "Amount": 25.0}
    batch: dict[str, Any] = {"Account": {"Code": "090"}, "Date": "2026-02-20", "Reference": "Deposit"}
    answer = xero.call("PUT", "/BatchPayments", json={"BatchPayments": [batch | {"Payments": [member]}]})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["BatchPayments"][0]["BatchPaymentID"])


class Office:
    """The small organisation, as the connector and as its own ledger see it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.books = sandbox.xero.books
        self.ids = furnish(sandbox)
        sandbox.clock.advance(600)  # beyond what a later pull reads again

    def connect(self, tokens: HeldTokens | None = None) -> Connector:
        return connect(self.sandbox.config, "xero", self.sandbox.clock.now, tokens)

    def intent(self, connector: Connector, command: AnyCommand, key: str = "key-1") -> Intent:
        """As the outbox makes it: prepared, and a little time passes before the first try."""
        before = connector.prepare(command)
        self.sandbox.clock.advance(5)
        return Intent(key, command, before, self.sandbox.clock.now())

    def open(self, name: str) -> int:
        """What is due on an invoice, or left of a credit, in minor units."""
        found = self.books.find_document(self.ids[name])
        assert found is not None
        return self.books.remaining(found) if "kind" in found else self.books.due(found)

    def done(self) -> list[str]:
        """What writes have really done since the office was furnished."""
        effects = [one["kind"] for one in self.sandbox.world.effects.all() if one["platform"] == "xero"]
        return [kind for kind in effects if kind != "batch_payment"]

    def fault(self, kind: str, **options: Any) -> None:
        self.sandbox.world.faults.plan({"platform": "xero", "kind": kind} | options)

    def set(self, **values: Any) -> None:
        """What the organisation's people, or Xero, have set: lock dates, limits."""
        with self.sandbox.changes() as world:
            world.settings.put({**self.books.organisation, **values})


@contextmanager
def opened(folder: Path) -> Iterator[Office]:
    with Sandbox(folder / "office", now=NOW, company="empty") as sandbox:
        yield Office(sandbox)
