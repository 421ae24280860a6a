"""A Stripe account as a script: lists newest first with cursors, single reads, events."""

import json
from typing import Any

import stripe

from connectors.protocol import Page, Tokens
from connectors.stripe.connector import StripeConnector
from receivables.refs import Ref
from tests.connectors.loopback import Asked, Loopback, Reply
from tests.connectors.stands import NOW, CountingLimiter, HeldTokens, endpoint, now

INVOICE = Ref("books", "invoice", "in_1")
T0 = int(NOW.timestamp()) - 7200


def connector(server: Loopback, **options: str) -> StripeConnector:
    found = endpoint("stripe", server.url, account="")
    found.options.update({"timezone": "UTC"} | options)
    return StripeConnector(found, HeldTokens(Tokens(api_key="rk_test_1")), CountingLimiter(), now)


def refund(number: int, **fields: Any) -> dict[str, Any]:
    base = {"id": f"re_{number}", "object": "refund", "amount": 5, "currency": "gbp", "status": "succeeded"}
    return base | {"created": T0, "charge": None} | fields


def event(number: int, record: dict[str, Any], created: int = 0, kind: str = "refund.updated") -> dict[str, Any]:
    return {
        "id": f"evt_{number}",
        "object": "event",
        "type": kind,
        "created": created or T0 + number,
        "api_version": stripe.api_version,
        "data": {"object": record},
    }


class Account:
    """Answers lists newest first with cursors, and single reads, as Stripe does."""

    def __init__(self) -> None:
        self.lists: dict[str, list[dict[str, Any]]] = {}
        self.missing: set[str] = set()

    def __call__(self, asked: Asked) -> Reply:
        if asked.query.get("starting_after") in self.missing:
            told = {"error": {"type": "invalid_request_error", "code": "resource_missing", "message": "No such refund"}}
            return Reply(json.dumps(told), 400)
        name, _, identifier = asked.path.removeprefix("/v1/").partition("/")
        if identifier:
            found = [row for row in self.lists.get(name, []) if row["id"] == identifier]
            return Reply(json.dumps(found[0])) if found else Reply('{"error":{"code":"resource_missing"}}', 404)
        rows = self.lists.get(name, [])
        if since := asked.query.get("created[gte]"):
            rows = [row for row in rows if row["created"] >= int(since)]
        after = asked.query.get("starting_after")
        start = next((at + 1 for at, row in enumerate(rows) if row["id"] == after), 0)
        limit = int(asked.query.get("limit", "10"))
        shown = rows[start : start + limit]
        return Reply(json.dumps({"object": "list", "data": shown, "has_more": start + limit < len(rows)}))


def account(refunds: int = 0) -> Account:
    found = Account()
    found.lists["refunds"] = [refund(number) for number in range(refunds, 0, -1)]
    found.lists["events"] = [event(1, refund(1))]
    return found


def ids(pages: list[Page]) -> list[str]:
    return [fact.id for page in pages for row in page.rows for fact in row.facts]


def paths(server: Loopback) -> list[str]:
    return [asked.path for asked in server.asked]


def an_open_invoice(**fields: Any) -> dict[str, Any]:
    amounts = {"total": 900, "amount_due": 900, "amount_paid": 0, "amount_remaining": 900}
    return {"id": "in_1", "status": "open", "currency": "gbp", "customer": "cus_1", "created": T0} | amounts | fields
