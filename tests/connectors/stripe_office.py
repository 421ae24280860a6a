"""A small account at the Stripe look-alike, with one of everything that the connector reads and writes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from connectors.protocol import Connector, Finding, Intent, Limiter, Page, Receipt, Tokens
from connectors.registry import open_connector
from receivables.commands import AnyCommand
from receivables.facts import Fact
from receivables.refs import Ref
from sandbox.serve import Sandbox
from tests.connectors.stands import NOW, CountingLimiter, HeldTokens
from tests.connectors.towards_sandbox import endpoint_of
from tests.sandbox.worlds import Json, Stripe, bill, debtor, paid, stock

DAY = date(2026, 2, 1)


def furnish(sandbox: Sandbox) -> dict[str, str]:
    """Invoices of 100.00: two open, one partly paid and one fully, a draft and one written off; with a refund of 25.00,
    a chargeback, a settled payout, a credit note of 10.00 and a customer in credit by 5.00. The ids by name."""
    acme, ruiz = debtor(), debtor("ruiz")
    bills = [
        bill(acme, "HJ-1", on=DAY),
        bill(acme, "HJ-2", on=DAY),
        bill(acme, "HJ-3", on=DAY, receipts=[paid(DAY, 4_000)]),
        bill(acme, "HJ-4", on=DAY, receipts=[paid(DAY, 10_000)]),
        bill(acme, "HJ-5", on=DAY, state="draft"),
        bill(ruiz, "HJ-6", on=DAY),
    ]
    found = stock(sandbox, "stripe", *bills).stripe.ids
    names = {"invoice": 1, "other": 2, "partly": 3, "paid": 4, "draft": 5, "written_off": 6}
    ids = {name: found[f"bill-HJ-{number}"] for name, number in names.items()}
    ids |= {"customer": found["acme"], "in_credit": found["ruiz"], "missing": "in_missing", "currency": "GBP"}
    return ids | {"account": ""} | _movements(sandbox, ids)


def _movements(sandbox: Sandbox, ids: dict[str, str]) -> dict[str, str]:
    stripe, ledger = Stripe(sandbox), sandbox.stripe.ledger
    first, second = sorted(ledger["charge"], key=lambda one: one["amount"])
    stripe.post(f"/invoices/{ids['written_off']}/mark_uncollectible")
    refund = stripe.post("/refunds", {"charge": second["id"], "amount": "2500"})
    note = stripe.post("/credit_notes", {"invoice": ids["other"], "amount": "1000", "email_type": "none"})
    chargeback = deed(sandbox, "dispute", first["id"])
    sandbox.clock.advance(900)
    payout = deed(sandbox, "pay_out")
    deed(sandbox, "reconcile_payout", payout["id"])
    with sandbox.changes():
        spare = sandbox.stripe.till.pay(sandbox.stripe.till.intend(900, "gbp"))
        owner, invoice = ledger["customer"][ids["in_credit"]], ledger["invoice"][ids["written_off"]]
        sandbox.stripe.balances.book(owner, -500, "adjustment", invoice)
    movement = ledger["balance_transaction"].by("source", second["id"])[0]["id"]
    return {
        "charge": second["id"],
        "partial_charge": first["id"],
        "spare_charge": str(spare["id"]),
        "refund": refund["id"],
        "credit_note": note["id"],
        "chargeback": chargeback["id"],
        "payout": payout["id"],
        "movement": movement,
    }


def deed(sandbox: Sandbox, name: str, identity: str = "") -> Json:
    """Something that happens at Stripe without a call of ours."""
    import requests

    answer = requests.post(f"{sandbox.config['stripe']['api_base']}/deeds/{name}", json={"id": identity}, timeout=20)
    assert answer.status_code == 200, answer.text
    return answer.json()


def events_in_our_version(sandbox: Sandbox) -> None:
    """From now on the account renders its events as our translation expects them."""
    from connectors.stripe.client import API_VERSION

    with sandbox.changes() as world:
        world.set("stripe.events", version=API_VERSION)


class Office:
    """The small account, as the connector and as its own ledger see it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.ledger = sandbox.stripe.ledger
        self.api = Stripe(sandbox)
        self.ids = furnish(sandbox)

    def connect(self, key: str = "", limiter: Limiter | None = None) -> Connector:
        found = endpoint_of(self.sandbox.config, "stripe")
        found.options.update({"timezone": "UTC"})
        held = HeldTokens(Tokens(api_key=key or self.sandbox.config["stripe"]["api_key"]))
        return open_connector(found, held, limiter or CountingLimiter(), self.sandbox.clock.now)

    def ref(self, name: str, kind: str = "invoice") -> Ref:
        return Ref("books", kind, self.ids[name])

    def push(self, command: AnyCommand, key: str = "key-1") -> Receipt:
        return self.connect().push(Intent(key, command, {}, self.sandbox.clock.now()))

    def find(self, command: AnyCommand, key: str = "key-1") -> Finding:
        return self.connect().find(Intent(key, command, {}, self.sandbox.clock.now()))

    def shown(self, name: str) -> Json:
        """An invoice as Stripe shows it, with its payments."""
        return self.api.get(f"/invoices/{self.ids[name]}", **{"expand[]": "payments"})

    def effects(self) -> list[str]:
        """What writes with our keys did, in order."""
        return [one["kind"] for one in self.sandbox.world.effects.all() if one.get("key")]

    def calls(self) -> dict[str, int]:
        """Calls by endpoint since the last time."""
        found = self.sandbox.world.calls.all().get("stripe", {})
        self.sandbox.world.calls.clear()
        return found

    def fault(self, kind: str, **more: Any) -> None:
        self.sandbox.world.faults.plan({"platform": "stripe", "kind": kind} | more)


def facts_of(pages: Iterator[Page]) -> list[Fact]:
    return [fact for page in pages for row in page.rows for fact in row.facts]


@contextmanager
def an_office(folder: Path) -> Iterator[Office]:
    with Sandbox(folder, now=NOW, company="empty") as sandbox:
        sandbox.stripe.limits_on = False
        yield Office(sandbox)
