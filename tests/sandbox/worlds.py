"""Small worlds for the tests of the sandbox, and callers that speak to its servers."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import requests

from sandbox.company.fill import Fill
from sandbox.company.plan import Bill, Credit, Debtor, Line, Person, Plan, Receipt
from sandbox.serve import Sandbox

Json = Any


def debtor(key: str = "acme", **fields: Any) -> Debtor:
    person = Person("Ada", "Lovelace", f"ada@{key}.example")
    return Debtor(key, f"{key.title()} Ltd", person, f"accounts@{key}.example", **fields)


def bill(owner: Debtor, number: str, *, on: date, amount: int = 10_000, days: int = 30, **fields: Any) -> Bill:
    """An invoice of one untaxed line; `amount` in minor units."""
    lines = fields.pop("lines", [Line("Oak table", 1, amount, taxed=False)])
    return Bill(f"bill-{number}", owner, number, on, on + timedelta(days=days), lines, online=True, **fields)


def stock(sandbox: Sandbox, platform: str, *bills: Bill, credits: tuple[Credit, ...] = ()) -> Fill:  # noqa: A002 - the word
    """Puts bills and their debtors on one platform; the result knows the ids (`fill.xero.ids[bill.key]`)."""
    with sandbox.changes():
        plan = Plan(sandbox.clock.now().date())
        book = getattr(plan, platform)
        book.bills, book.credits = list(bills), list(credits)
        owners = [one.debtor for one in bills] + [one.debtor for one in credits]
        book.debtors = list({one.key: one for one in owners}.values())
        fill = Fill(sandbox.platforms, 1)
        fill.books(plan)
    return fill


class Xero:
    def __init__(self, sandbox: Sandbox) -> None:
        self.config = sandbox.config["xero"]
        self.token = self.config["access_token"]

    def call(self, method: str, path: str, *, key: str | None = None, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}", "xero-tenant-id": self.config["tenant_id"]}
        headers |= {"Accept": "application/json"} | ({"Idempotency-Key": key} if key else {})
        headers |= options.pop("headers", {})
        return requests.request(method, self.config["api_base"] + path, headers=headers, timeout=20, **options)

    def get(self, path: str, **params: Any) -> Json:
        answer = self.call("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def invoice(self, identity: str) -> Json:
        return self.get(f"/Invoices/{identity}")["Invoices"][0]

    def refresh(self, token: str) -> requests.Response:
        form = {"grant_type": "refresh_token", "refresh_token": token}
        form |= {"client_id": self.config["client_id"], "client_secret": self.config["client_secret"]}
        return requests.post(self.config["token_url"], data=form, timeout=20)


class QuickBooks:
    def __init__(self, sandbox: Sandbox) -> None:
        self.config = sandbox.config["quickbooks"]
        self.base = f"{self.config['api_base']}/company/{self.config['realm_id']}"
        self.token = self.config["access_token"]

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json"} | options.pop("headers", {})
        return requests.request(method, self.base + path, headers=headers, timeout=20, **options)

    def query(self, statement: str) -> Json:
        answer = self.call("POST", "/query", data=statement.encode(), headers={"Content-Type": "application/text"})
        assert answer.status_code == 200, answer.text
        return answer.json()["QueryResponse"]

    def post(self, path: str, body: Json, **params: Any) -> Json:
        answer = self.call("POST", path, json=body, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def read(self, entity: str, identity: str, **params: Any) -> Json:
        answer = self.call("GET", f"/{entity.lower()}/{identity}", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()[entity]

    def refresh(self, token: str, **headers: str) -> requests.Response:
        client = (self.config["client_id"], self.config["client_secret"])
        form = {"grant_type": "refresh_token", "refresh_token": token}
        return requests.post(self.config["token_url"], data=form, auth=client, headers=headers, timeout=20)


class Stripe:
    def __init__(self, sandbox: Sandbox) -> None:
        self.config = sandbox.config["stripe"]
        self.key = self.config["api_key"]

    def call(self, method: str, path: str, *, key: str | None = None, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.key}"} | ({"Idempotency-Key": key} if key else {})
        headers |= options.pop("headers", {})
        return requests.request(method, f"{self.config['api_base']}/v1{path}", headers=headers, timeout=20, **options)

    def get(self, path: str, **params: Any) -> Json:
        answer = self.call("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, form: dict[str, Any] | None = None, key: str | None = None) -> Json:
        answer = self.call("POST", path, data=form or {}, key=key)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def link(self, amount: int = 1234, key: str | None = None, **more: str) -> Json:
        form = {"line_items[0][price_data][currency]": "gbp", "line_items[0][price_data][unit_amount]": str(amount)}
        form |= {"line_items[0][price_data][product_data][name]": "Invoice 7", "line_items[0][quantity]": "1"}
        return self.post("/payment_links", form | more, key=key)


class Control:
    def __init__(self, sandbox: Sandbox) -> None:
        self.base = sandbox.config["control"]

    def get(self, path: str) -> Json:
        return requests.get(self.base + path, timeout=20).json()

    def post(self, path: str, /, **body: Any) -> requests.Response:
        return requests.post(self.base + path, json=body, timeout=20)

    def kinds(self, platform: str) -> list[str]:
        """The effects that writes had on a platform, in order."""
        return [one["kind"] for one in self.get("/effects.json") if one["platform"] == platform]


def paid(on: date, amount: int, reference: str = "") -> Receipt:
    return Receipt(on, amount, reference)
