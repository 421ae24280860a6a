"""Intuit's webhooks out of the sandbox: both forms, the signature, the ladder, and what is held back."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from sandbox.serve import Sandbox
from tests.connectors.loopback import Loopback, Reply, loopback
from tests.sandbox.worlds import Control, QuickBooks, bill, debtor, stock

TOKEN = "verifier-token"
REALM = "9130350000000017"


class Receiver:
    def __init__(self) -> None:
        self.status = 200
        self.server: Loopback

    def told(self) -> list[Any]:
        return [json.loads(asked.body) for asked in self.server.asked]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    with loopback(lambda _: Reply("", found.status)) as server:
        found.server = server
        yield found


@pytest.fixture
def invoice(sandbox: Sandbox, control: Control, receiver: Receiver) -> str:
    made = stock(sandbox, "quickbooks", bill(debtor(), "1001", on=date(2026, 2, 1))).quickbooks.ids["bill-1001"]
    answer = control.post("/webhooks", platform="quickbooks", url=receiver.server.url + "/hook", secret=TOKEN)
    assert answer.status_code == 200
    return made


def note(quickbooks: QuickBooks, invoice: str, text: str) -> None:
    token = quickbooks.read("Invoice", invoice)["SyncToken"]
    quickbooks.post("/invoice", {"Id": invoice, "SyncToken": token, "sparse": True, "PrivateNote": text})


def deliver(control: Control, **how: Any) -> list[tuple[int, int]]:
    return [(one["status"], one["attempt"]) for one in control.post("/webhooks/deliver", **how).json()]


def test_a_change_is_told_as_a_signed_cloud_event(
    quickbooks: QuickBooks, invoice: str, control: Control, receiver: Receiver
) -> None:
    note(quickbooks, invoice, "called")
    assert deliver(control) == [(200, 1)]
    (asked,) = receiver.server.asked
    signature = base64.b64encode(hmac.new(TOKEN.encode(), asked.body, hashlib.sha256).digest()).decode()
    assert asked.headers["intuit-signature"] == signature
    (event,) = json.loads(asked.body)
    assert (event["type"], event["intuitentityid"], event["intuitaccountid"]) == (
        "qbo.invoice.updated.v1",
        invoice,
        REALM,
    )
    assert len(event["time"].partition(".")[2]) == len("123456789Z")
    assert deliver(control) == []


def test_the_older_form_names_entities_by_company(
    sandbox: Sandbox, quickbooks: QuickBooks, invoice: str, control: Control, receiver: Receiver
) -> None:
    control.post("/quickbooks", older_webhooks=True)
    with sandbox.changes():
        sandbox.quickbooks.books.events.tell("Invoice", "5", "Create", realm="77")
    note(quickbooks, invoice, "called")
    deliver(control)
    (body,) = receiver.told()
    told = [(one["realmId"], one["dataChangeEvent"]["entities"]) for one in body["eventNotifications"]]
    assert [(realm, [one["operation"] for one in entities]) for realm, entities in told] == [
        ("77", ["Create"]),
        (REALM, ["Update"]),
    ]


def test_every_kind_of_change_is_told(
    sandbox: Sandbox, quickbooks: QuickBooks, invoice: str, control: Control, receiver: Receiver
) -> None:
    customer = quickbooks.read("Invoice", invoice)["CustomerRef"]
    paid = quickbooks.post("/payment", {"CustomerRef": customer, "TotalAmt": 5})["Payment"]
    quickbooks.post("/payment", {"Id": paid["Id"], "SyncToken": "0", "sparse": True}, include="void")
    quickbooks.call("POST", f"/invoice/{invoice}/send")
    with sandbox.changes():
        table = sandbox.quickbooks.books["Customer"]
        table.put({**table[customer["value"]], "id": "99", "name": "Twin"})
    assert control.post("/quickbooks", merge=["99", customer["value"]]).status_code == 200
    assert control.post("/quickbooks", merge=["99", customer["value"]]).status_code == 400, "there is no 99 any more"
    token = quickbooks.read("Invoice", invoice)["SyncToken"]
    quickbooks.post("/invoice", {"Id": invoice, "SyncToken": token}, operation="delete")
    deliver(control)
    (events,) = receiver.told()
    kinds = [event["type"].removeprefix("qbo.").removesuffix(".v1") for event in events]
    wanted = ["payment.created", "payment.voided", "invoice.emailed", "customer.merged", "invoice.deleted"]
    assert [kind for kind in kinds if kind in wanted] == wanted
    merged = next(event for event in events if "merged" in event["type"])
    assert (merged["intuitentityid"], merged["data"]) == (customer["value"], {"deletedId": "99"})


def test_a_failed_delivery_comes_again_by_the_ladder_and_holds_back_the_next(
    sandbox: Sandbox, quickbooks: QuickBooks, invoice: str, control: Control, receiver: Receiver
) -> None:
    receiver.status = 500
    note(quickbooks, invoice, "first")
    assert deliver(control) == [(500, 1)]
    note(quickbooks, invoice, "second")
    sandbox.clock.advance(9)
    assert deliver(control) == [], "ten seconds first, and nothing newer before"
    sandbox.clock.advance(1)
    assert deliver(control) == [(500, 2)]
    for seconds, attempt in ((20, 3), (30, 4), (300, 5), (1200, 6), (7200, 7), (14400, 8), (21600, 9), (21600, 10)):
        sandbox.clock.advance(seconds - 5)
        assert deliver(control) == []
        sandbox.clock.advance(6)
        assert deliver(control) == [(500, attempt)]
    receiver.status = 200
    sandbox.clock.advance(21600)
    assert deliver(control) == [(200, 11), (200, 1)]


def test_deliveries_come_twice_and_in_any_order_on_demand(
    sandbox: Sandbox, quickbooks: QuickBooks, invoice: str, control: Control, receiver: Receiver
) -> None:
    receiver.status = 500
    for text in ("first", "second"):
        note(quickbooks, invoice, text)
        deliver(control)
    receiver.status = 200
    sandbox.clock.advance(60)
    receiver.server.asked.clear()
    deliver(control, newest_first=True, copies=2)
    ids = [event["id"] for body in receiver.told() for event in body]
    assert ids[0] == ids[1] != ids[2] == ids[3]


def test_an_event_of_another_company_comes_along_on_demand(
    quickbooks: QuickBooks, invoice: str, control: Control, receiver: Receiver
) -> None:
    note(quickbooks, invoice, "called")
    deliver(control, stranger=True)
    (events,) = receiver.told()
    assert len({event["intuitaccountid"] for event in events}) == 2


def test_a_slow_receiver_has_failed(quickbooks: QuickBooks, sandbox: Sandbox) -> None:
    assert sandbox.world.webhooks.habits["quickbooks"].deadline_seconds == 3.0
