"""Stripe: making invoices, money from elsewhere, what happens without a call of ours, keys, and webhooks."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
import requests

from sandbox.serve import Sandbox
from sandbox.stripe.keys import LIVE_KEY, NARROW_KEY
from tests.sandbox.worlds import Control, Json, Stripe, bill, debtor, paid, stock

DAY = date(2026, 2, 1)


@pytest.fixture
def invoice(sandbox: Sandbox) -> str:
    """An open invoice of 100.00."""
    return stock(sandbox, "stripe", bill(debtor(), "HJ-1", on=DAY)).stripe.ids["bill-HJ-1"]


@pytest.fixture
def charge(sandbox: Sandbox, stripe: Stripe) -> str:
    """A card payment of 100.00 for an invoice."""
    stock(sandbox, "stripe", bill(debtor(), "HJ-1", on=DAY, receipts=[paid(DAY, 10_000)]))
    return str(stripe.get("/charges")["data"][0]["id"])


def a_deed(stripe: Stripe, name: str, identity: str = "") -> Json:
    answer = requests.post(f"{stripe.config['api_base']}/deeds/{name}", json={"id": identity}, timeout=20)
    assert answer.status_code == 200, answer.text
    return answer.json()


def kinds_of_events(stripe: Stripe) -> list[str]:
    return [one["type"] for one in reversed(stripe.get("/events", limit=100)["data"])]


# -- making invoices ----------------------------------------------------------------------------------------------------


def a_draft(stripe: Stripe, owner: str, **more: str) -> Json:
    form = {"customer": owner, "collection_method": "send_invoice", "days_until_due": "14", "currency": "gbp"}
    return stripe.post("/invoices", form | more)


def test_a_draft_gets_its_items_and_then_a_number(stripe: Stripe, invoice: str) -> None:
    owner = stripe.get(f"/invoices/{invoice}")["customer"]
    draft = a_draft(stripe, owner, **{"metadata[a]": "b"})
    assert (draft["status"], draft["total"], draft["number"], draft["metadata"]) == ("draft", 0, None, {"a": "b"})
    for amount in ("4000", "-500"):
        stripe.post("/invoiceitems", {"customer": owner, "invoice": draft["id"], "amount": amount, "currency": "gbp"})
    final = stripe.post(f"/invoices/{draft['id']}/finalize")
    assert (final["status"], final["total"], final["amount_remaining"]) == ("open", 3_500, 3_500)
    assert final["number"]
    late = {"customer": owner, "invoice": draft["id"], "amount": "1", "currency": "gbp"}
    assert stripe.call("POST", "/invoiceitems", data=late).json()["error"]["code"] == "invoice_not_editable"


def test_what_an_invoice_may_not_be_made_with(stripe: Stripe, invoice: str) -> None:
    owner = stripe.get(f"/invoices/{invoice}")["customer"]
    for form in (
        {},
        {"customer": "cus_none"},
        {"customer": owner, "collection_method": "send_invoice"},
        {"customer": owner, "due_date": "1772452800"},
        {"customer": owner, "colour": "red"},
    ):
        assert stripe.call("POST", "/invoices", data=form).status_code == 400


def test_credit_of_a_customer_is_used_up_when_an_invoice_is_finalised(
    sandbox: Sandbox, stripe: Stripe, invoice: str
) -> None:
    owner = stripe.get(f"/invoices/{invoice}")["customer"]
    with sandbox.changes():
        ledger = sandbox.stripe.ledger
        sandbox.stripe.balances.book(ledger["customer"][owner], -700, "adjustment", ledger["invoice"][invoice])
    for amount, remaining, balance in (("500", 0, -200), ("500", 300, 0)):
        draft = a_draft(stripe, owner)["id"]
        stripe.post("/invoiceitems", {"customer": owner, "invoice": draft, "amount": amount, "currency": "gbp"})
        final = stripe.post(f"/invoices/{draft}/finalize")
        assert (final["amount_remaining"], final["total"]) == (remaining, 500)
        assert final["status"] == ("open" if remaining else "paid")
        assert stripe.get(f"/customers/{owner}")["balance"] == balance
    kinds = [one["type"] for one in stripe.get(f"/customers/{owner}/balance_transactions")["data"]]
    assert kinds == ["applied_to_invoice", "applied_to_invoice", "adjustment"]


def test_an_account_of_the_newer_kind_has_no_customer(stripe: Stripe) -> None:
    form = {"customer_account": "acct_buyer", "collection_method": "send_invoice", "days_until_due": "14"}
    made = stripe.post("/invoices", form)
    assert (made["customer"], made["customer_account"]) == (None, "acct_buyer")
    assert stripe.get("/invoices", customer_account="acct_buyer")["data"][0]["id"] == made["id"]


def test_the_pdf_of_an_invoice_is_one(stripe: Stripe, invoice: str) -> None:
    answer = requests.get(stripe.get(f"/invoices/{invoice}")["invoice_pdf"], timeout=20)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")


# -- money from elsewhere -------------------------------------------------------------------------------------------------


def a_report(stripe: Stripe, value: int, **more: str) -> Json:
    form = {"amount_requested[value]": str(value), "amount_requested[currency]": "gbp", "initiated_at": "1772452800"}
    form |= {"payment_method_details[type]": "custom", "outcome": "guaranteed"}
    form |= {"guaranteed[guaranteed_at]": "1772452800"}
    return stripe.post("/payment_records/report_payment", form | more)


def test_a_payment_record_pays_nothing_until_it_is_attached(stripe: Stripe, invoice: str) -> None:
    record = a_report(stripe, 2_500, **{"metadata[k]": "v"})
    assert stripe.get("/payment_records")["data"] == [record]
    assert stripe.get("/payment_records", created_after=str(record["created"]))["data"] == []
    assert stripe.get(f"/invoices/{invoice}")["amount_paid"] == 0
    shown = stripe.post(f"/invoices/{invoice}/attach_payment", {"payment_record": record["id"], "expand[]": "payments"})
    assert (shown["amount_paid"], shown["amount_remaining"], shown["status"]) == (2_500, 7_500, "open")
    row = next(one for one in shown["payments"]["data"] if one["status"] == "paid")
    assert row["payment"] == {"payment_record": record["id"], "type": "payment_record"}
    again = stripe.call("POST", f"/invoices/{invoice}/attach_payment", data={"payment_record": record["id"]})
    assert again.status_code == 400


def test_a_report_needs_its_parts(stripe: Stripe) -> None:
    assert stripe.call("POST", "/payment_records/report_payment", data={"initiated_at": "1"}).status_code == 400
    for more in ({"outcome": "lost"}, {"amount_requested[value]": "0"}, {"colour": "red"}):
        with pytest.raises(AssertionError):
            a_report(stripe, 5, **more)


def test_what_is_attached_beyond_the_rest_becomes_the_customers(stripe: Stripe, invoice: str) -> None:
    record = a_report(stripe, 12_000)
    shown = stripe.post(f"/invoices/{invoice}/attach_payment", {"payment_record": record["id"]})
    assert (shown["status"], shown["amount_overpaid"]) == ("paid", 2_000)
    assert stripe.get(f"/customers/{shown['customer']}")["balance"] == -2_000
    assert {"invoice.paid", "invoice_payment.paid"} <= set(kinds_of_events(stripe))


def test_a_payment_intent_that_has_succeeded_is_credited_at_once(
    sandbox: Sandbox, stripe: Stripe, invoice: str
) -> None:
    with sandbox.changes():
        intent = sandbox.stripe.till.intend(900, "gbp")
        sandbox.stripe.till.pay(intent)
    shown = stripe.post(f"/invoices/{invoice}/attach_payment", {"payment_intent": str(intent["id"])})
    assert shown["amount_paid"] == 900


# -- deeds of others --------------------------------------------------------------------------------------------------------


def test_a_payout_from_made_to_failed(stripe: Stripe, charge: str) -> None:
    payout = a_deed(stripe, "pay_out")
    assert (payout["status"], payout["reconciliation_status"]) == ("in_transit", "in_progress")
    members = stripe.get("/balance_transactions", payout=payout["id"])["data"]
    assert sum(one["net"] for one in members if one["type"] != "payout") == payout["amount"]
    assert charge in {one["source"] for one in members}
    for name, status in (("reconcile_payout", "in_transit"), ("pay_payout", "paid"), ("fail_payout", "failed")):
        assert a_deed(stripe, name, payout["id"])["status"] == status
    back = stripe.get("/balance_transactions", type="payout_failure")["data"][0]
    assert back["net"] == payout["amount"]
    assert kinds_of_events(stripe) == [
        "payout.created", "payout.reconciliation_completed", "payout.paid", "payout.failed",
    ]  # fmt: skip


def test_a_refund_that_the_bank_would_not_take(stripe: Stripe, charge: str) -> None:
    refund = stripe.post("/refunds", {"charge": charge, "amount": "2500"})
    failed = a_deed(stripe, "fail_refund", refund["id"])
    assert failed["status"] == "failed"
    assert stripe.get(f"/charges/{charge}")["amount_refunded"] == 0
    moves = stripe.get("/balance_transactions", source=refund["id"])["data"]
    assert sum(one["net"] for one in moves) == 0
    assert "refund.failed" in kinds_of_events(stripe)


@pytest.mark.parametrize(("deed", "status", "net"), [("win_dispute", "won", -2_000), ("lose_dispute", "lost", -12_000)])
def test_a_dispute_takes_the_money_and_winning_brings_it_back(
    stripe: Stripe, charge: str, deed: str, status: str, net: int
) -> None:
    dispute = a_deed(stripe, "dispute", charge)
    assert stripe.get(f"/charges/{charge}")["disputed"] is True
    assert a_deed(stripe, deed, dispute["id"])["status"] == status
    assert sum(one["net"] for one in stripe.get("/balance_transactions", source=dispute["id"])["data"]) == net
    assert kinds_of_events(stripe)[-1] == "charge.dispute.closed"


def test_a_bank_debit_may_come_back(stripe: Stripe, invoice: str, control: Control) -> None:
    url = stripe.get(f"/invoices/{invoice}")["hosted_invoice_url"]
    control.post("/pay", url=url, method="us_bank_account")
    waiting = stripe.get("/charges")["data"][0]["id"]
    assert a_deed(stripe, "fail_debit", waiting)["status"] == "failed"
    assert stripe.get(f"/invoices/{invoice}")["status"] == "open"
    assert control.post("/pay", url=url).status_code == 200, "the customer can try again"


def test_deeds_that_nobody_knows(stripe: Stripe) -> None:
    base = stripe.config["api_base"]
    assert requests.post(f"{base}/deeds/steal", timeout=20).status_code == 404
    assert requests.post(f"{base}/deeds/pay_payout", json={"id": "po_none"}, timeout=20).status_code == 404


# -- keys -------------------------------------------------------------------------------------------------------------------


def test_a_narrow_key_names_the_permission_that_it_lacks(stripe: Stripe, invoice: str) -> None:
    stripe.key = f"{NARROW_KEY}refunds-events"
    for path, right in (("/refunds", "rak_refund_read"), ("/events", "rak_event_read")):
        refused = stripe.call("GET", path)
        assert refused.status_code == 403
        assert right in refused.json()["error"]["message"]
    assert stripe.get(f"/invoices/{invoice}")["id"] == invoice


def test_a_live_key_sees_no_test_records(stripe: Stripe, invoice: str) -> None:
    stripe.key = LIVE_KEY
    assert stripe.get("/invoices")["data"] == []
    missing = stripe.call("GET", f"/invoices/{invoice}")
    assert missing.status_code == 404
    assert "exists in test mode" in missing.json()["error"]["message"]


def test_failures_that_stripe_keeps_under_a_key(stripe: Stripe, invoice: str, control: Control) -> None:
    control.post("/faults", platform="stripe", kind="error", status=500, store=True, should_retry=False)
    first = stripe.call("POST", f"/invoices/{invoice}/send", key="k")
    assert (first.status_code, first.headers["Stripe-Should-Retry"]) == (500, "false")
    again = stripe.call("POST", f"/invoices/{invoice}/send", key="k")
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (500, "true")
    assert stripe.call("POST", f"/invoices/{invoice}/send", key="l").status_code == 200


def test_a_record_that_is_locked(stripe: Stripe, invoice: str, control: Control) -> None:
    control.post("/faults", platform="stripe", kind="throttle", reason="lock_timeout")
    locked = stripe.call("GET", f"/invoices/{invoice}")
    assert (locked.status_code, locked.json()["error"]["code"]) == (429, "lock_timeout")
    assert stripe.call("GET", f"/invoices/{invoice}").status_code == 200


def test_amounts_of_currencies_without_and_with_three_decimals(stripe: Stripe, invoice: str) -> None:
    owner = stripe.get(f"/invoices/{invoice}")["customer"]
    for currency in ("jpy", "kwd"):
        draft = a_draft(stripe, owner, currency=currency)["id"]
        stripe.post("/invoiceitems", {"customer": owner, "invoice": draft, "amount": "1234", "currency": currency})
        final = stripe.post(f"/invoices/{draft}/finalize")
        assert (final["total"], final["currency"]) == (1_234, currency)
        shown = requests.get(final["hosted_invoice_url"], timeout=20).text
        assert ("1,234 JPY" if currency == "jpy" else "1.234 KWD") in shown


# -- webhooks -----------------------------------------------------------------------------------------------------------------


@dataclass
class Listener:
    """An endpoint that remembers what was posted to it."""

    url: str = ""
    status: int = 200
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@contextmanager
def listening() -> Iterator[Listener]:
    found = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(found.status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Silence."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_address[1]}/hooks"
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def delivered(control: Control, **options: Any) -> list[Json]:
    answer = control.post("/webhooks/deliver", platform="stripe", **options)
    assert answer.status_code == 200, answer.text
    return list(answer.json())


def test_each_event_is_posted_with_a_signature_over_time_and_body(
    stripe: Stripe, invoice: str, control: Control
) -> None:
    with listening() as endpoint:
        control.post("/webhooks", platform="stripe", url=endpoint.url, secret="whsec_1,whsec_2")
        stripe.post(f"/invoices/{invoice}/send", key="act-9")
        (told,) = delivered(control)
        ((headers, body),) = endpoint.got
    assert (told["status"], told["attempt"], told["url"]) == (200, 1, endpoint.url)
    event = json.loads(body)
    assert (event["type"], event["data"]["object"]["id"]) == ("invoice.sent", invoice)
    assert (event["request"]["idempotency_key"], event["pending_webhooks"]) == ("act-9", 1)
    parts = [part.split("=", 1) for part in headers["stripe-signature"].split(",")]
    stamp = next(value for name, value in parts if name == "t")
    expected = [
        hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        for secret in ("whsec_1", "whsec_2")
    ]
    assert [value for name, value in parts if name == "v1"] == expected, "while a secret is rolled there are two"


def test_a_delivery_is_tried_again_for_three_days(
    sandbox: Sandbox, stripe: Stripe, invoice: str, control: Control
) -> None:
    with listening() as endpoint:
        endpoint.status = 500
        control.post("/webhooks", platform="stripe", url=endpoint.url, secret="whsec_1")
        stripe.post(f"/invoices/{invoice}/send")
        days = 0.0
        while delivered(control) or days < 3.5:
            sandbox.clock.advance(6 * 3_600)
            days += 0.25
            assert days < 5
        tries = len(endpoint.got)
        assert 5 <= tries <= 16
        assert len({json.loads(body)["id"] for _, body in endpoint.got}) == 1
        assert len({headers["stripe-signature"] for headers, _ in endpoint.got}) == tries, "each try is signed anew"


def test_events_may_come_twice_and_out_of_order(stripe: Stripe, invoice: str, control: Control) -> None:
    with listening() as endpoint:
        control.post("/webhooks", platform="stripe", url=endpoint.url, secret="whsec_1")
        stripe.post(f"/invoices/{invoice}", {"metadata[a]": "1"})
        stripe.post(f"/invoices/{invoice}/mark_uncollectible")
        delivered(control, newest_first=True, copies=2)
        kinds = [json.loads(body)["type"] for _, body in endpoint.got]
    assert kinds[:2] == ["invoice.marked_uncollectible"] * 2
    assert kinds[-2:] == ["invoice.updated"] * 2


def test_what_the_sandbox_signs_is_what_a_verifier_takes(stripe: Stripe, invoice: str, control: Control) -> None:
    """By the vendor's own library."""
    import stripe as vendor

    with listening() as endpoint:
        control.post("/webhooks", platform="stripe", url=endpoint.url, secret="whsec_1")
        stripe.post(f"/invoices/{invoice}/send")
        delivered(control)
        ((headers, body),) = endpoint.got
    found = vendor.WebhookSignature.verify_header(body.decode(), headers["stripe-signature"], "whsec_1")
    assert found
    with pytest.raises(vendor.SignatureVerificationError):
        vendor.WebhookSignature.verify_header(body.decode(), headers["stripe-signature"], "whsec_other")
