"""What the tests of the QuickBooks connector share: a scripted company, and the records it shows."""

import json
import re
from collections.abc import Callable, Collection
from typing import Any

from connectors.protocol import Clock, Intent
from connectors.quickbooks.connector import QuickBooksConnector
from receivables.refs import Ref
from tests.connectors.loopback import Asked, Loopback, Reply
from tests.connectors.stands import CountingLimiter, HeldTokens, endpoint, now, oauth_tokens

TIME = "2026-03-02T04:00:00.000-08:00"
INVOICE = Ref("books", "invoice", "7")

KEY = "books/step/7"


def intent(command: Any, **before: str) -> Intent:
    return Intent(KEY, command, before, now())


def connector(server: Loopback, clock: Clock = now) -> QuickBooksConnector:
    return QuickBooksConnector(endpoint("quickbooks", server.url), HeldTokens(oauth_tokens()), CountingLimiter(), clock)


def refund(number: int, **fields: Any) -> dict[str, Any]:
    return {"Id": str(number), "TotalAmt": 5, "CurrencyRef": {"value": "USD"}, "CustomerRef": {"value": "1"}} | fields


def an_invoice(number: str, **fields: Any) -> dict[str, Any]:
    head = {"Id": number, "SyncToken": "0", "CurrencyRef": {"value": "USD"}, "CustomerRef": {"value": "5"}}
    return head | {"TotalAmt": 5, "Balance": 5} | fields


class Realm:
    """Answers queries over refund receipts as Intuit does. `changed` are the numbers of those in a time window."""

    def __init__(self, count: int, changed: Collection[int] = ()) -> None:
        self.rows = [refund(number) for number in range(1, count + 1)]
        self.changed = changed
        self.changes: dict[str, list[dict[str, Any]]] = {}
        self.on_query: Callable[[int], object] = str
        self.time = TIME

    def __call__(self, asked: Asked) -> Reply:
        if asked.path.endswith("/cdc"):
            blocks = [{entity: self.changes.get(entity, [])} for entity in asked.query["entities"].split(",")]
            return Reply(json.dumps({"CDCResponse": [{"QueryResponse": blocks}], "time": self.time}))
        if asked.path.endswith("/preferences"):
            return Reply('{"Preferences":{"CurrencyPrefs":{"HomeCurrency":{"value":"CAD"}}}}')
        return self._query(asked.body.decode())

    def _query(self, statement: str) -> Reply:
        rows = self._wanted(statement) if "RefundReceipt" in statement else []
        if "COUNT(*)" in statement:
            return Reply(json.dumps({"QueryResponse": {"totalCount": len(rows)}, "time": TIME}))
        found = re.search(r"(?:STARTPOSITION (\d+) )?MAXRESULTS (\d+)", statement)
        assert found, statement
        position, most = int(found[1] or 1), int(found[2])
        self.on_query(position)
        shown = (self._wanted(statement) if rows else [])[position - 1 : position - 1 + most]
        return Reply(json.dumps({"QueryResponse": {"RefundReceipt": shown} if shown else {}, "time": self.time}))

    def _wanted(self, statement: str) -> list[dict[str, Any]]:
        if "LastUpdatedTime" in statement and self.changed:
            return [row for row in self.rows if int(row["Id"]) in self.changed]
        listed = re.search(r"Id IN \(([^)]*)\)", statement)
        ids = set(re.findall(r"\d+", listed[1])) if listed else None
        return [row for row in self.rows if ids is None or row["Id"] in ids]
