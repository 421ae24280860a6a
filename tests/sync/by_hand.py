"""Somebody works at a platform with his own hands, in the vendor's web application, while owed looks on.

The same handlers of the sandbox serve him as serve programs; only tokens and limits are left out.
"""

import json
import uuid
from typing import Any
from urllib.parse import parse_qsl, urlencode

from sandbox.calls import Answer, Call, Refused
from sandbox.serve import Sandbox


class ByHand:
    """`done` says of each deed whether the platform let it happen."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def ask(self, platform: str, method: str, path: str, body: bytes = b"", kind: str = "application/json") -> Answer:
        doors = {"xero": self.sandbox.xero, "quickbooks": self.sandbox.quickbooks, "stripe": self.sandbox.stripe}
        door = doors[platform]
        place, _, query = path.partition("?")
        headers = {"content-type": kind, "accept": "application/json", "idempotency-key": uuid.uuid4().hex}
        call = Call(method, place, parse_qsl(query), headers, body, self.sandbox.clock.now(), query_text=query)
        for route in door.routes():
            if route.method == method and (found := route.match(place)) is not None:
                call.params = found
                with self.sandbox.changes():
                    try:
                        return route.handler(call)
                    except Refused as refused:
                        return refused.answer
        raise LookupError(f"{platform} has no {method} {place}")

    def _json(self, platform: str, method: str, path: str, body: Any) -> dict[str, Any]:
        answer = self.ask(platform, method, path, json.dumps(body).encode())
        found: dict[str, Any] = json.loads(answer.body) if answer.status < 300 and answer.body else {}
        return found

    # -- QuickBooks ---------------------------------------------------------------------------------------------------

    def quickbooks(self, path: str, body: Any) -> dict[str, Any]:
        """{} when it was refused."""
        realm = self.sandbox.config["quickbooks"]["realm_id"]
        return self._json("quickbooks", "POST", f"/v3/company/{realm}/{path}", body)

    # -- Xero -----------------------------------------------------------------------------------------------------------

    def xero(self, method: str, path: str, body: Any) -> dict[str, Any]:
        """{} when it was refused."""
        return self._json("xero", method, f"/api.xro/2.0/{path}", body)

    # -- Stripe -----------------------------------------------------------------------------------------------------------

    def stripe(self, path: str, **form: Any) -> dict[str, Any]:
        """{} when it was refused."""
        named = {name.replace("__", "[") + "]" * name.count("__"): value for name, value in form.items()}
        body = urlencode(named).encode()
        answer = self.ask("stripe", "POST", f"/v1/{path}", body, "application/x-www-form-urlencoded")
        found: dict[str, Any] = json.loads(answer.body) if answer.status < 300 else {}
        return found

    def stripe_delete(self, path: str) -> None:
        self.ask("stripe", "DELETE", f"/v1/{path}")
