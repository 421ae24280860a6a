"""Stripe: cursors, expansion, idempotency, invoices, links, refunds, events, limits."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import requests

from sandbox.company.plan import Line
from sandbox.serve import Sandbox
from tests.sandbox.worlds import Control, Stripe, bill, debtor, paid, stock

DAY = date(2026, 2, 1)


@pytest.fixture
def invoice(sandbox: Sandbox) -> str:
    """An open invoice of 100.00."""
    return stock(sandbox, "stripe", bill(debtor(), "HJ-1", on=DAY)).stripe.ids["bill-HJ-1"]


def every(stripe: Stripe, path: str, **params: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    while True:
        page = stripe.get(path, limit=100, **params)
        rows += page["data"]
        if not page["has_more"]:
            return rows
        params["starting_after"] = rows[-1]["id"]


# -- lists --------------------------------------------------------------------------------------------------------------


def test_cursors_walk_every_invoice_once_newest_first(seeded: Sandbox) -> None:
    rows = every(Stripe(seeded), "/invoices")
    assert len({one["id"] for one in rows}) == len(rows) == 500
    assert [one["created"] for one in rows] == sorted((one["created"] for one in rows), reverse=True)
    assert len(Stripe(seeded).get("/invoices")["data"]) == 10


def test_ending_before_gives_the_nearest_newer_ones(seeded: Sandbox) -> None:
    stripe = Stripe(seeded)
    rows = [one["id"] for one in stripe.get("/events", limit=30)["data"]]
    newer = stripe.get("/events", limit=5, ending_before=rows[20])
    assert [one["id"] for one in newer["data"]] == rows[15:20]
    assert newer["has_more"] is True
    assert stripe.get("/events", ending_before=rows[0]) == {
        "object": "list",
        "data": [],
        "has_more": False,
        "url": "/v1/events",
    }


def test_a_cursor_holds_its_place_when_its_invoice_leaves_the_filter(sandbox: Sandbox, stripe: Stripe) -> None:
    bills = [bill(debtor(), f"HJ-{day}", on=date(2026, 2, day)) for day in range(1, 6)]
    stock(sandbox, "stripe", *bills)
    first = stripe.get("/invoices", status="open", limit=2)["data"]
    stripe.post(f"/invoices/{first[1]['id']}/void")
    rest = stripe.get("/invoices", status="open", limit=10, starting_after=first[1]["id"])["data"]
    assert len(rest) == 3


def test_lists_take_their_filters_and_no_others(seeded: Sandbox) -> None:
    stripe = Stripe(seeded)
    assert {one["status"] for one in stripe.get("/invoices", status="open", limit=100)["data"]} == {"open"}
    edge = stripe.get("/invoices", limit=1)["data"][0]["created"]
    assert all(one["created"] < edge for one in stripe.get("/invoices", **{"created[lt]": edge})["data"])
    unknown = stripe.call("GET", "/invoices", params={"colour": "red"})
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (400, "parameter_unknown")
    assert stripe.call("GET", "/invoices", params={"limit": 101}).status_code == 400
    assert (
        stripe.call("GET", "/invoices", params={"starting_after": "in_none"}).json()["error"]["code"]
        == "resource_missing"
    )


def test_payments_show_only_when_expanded(seeded: Sandbox) -> None:
    stripe = Stripe(seeded)
    assert "payments" not in stripe.get("/invoices", limit=1)["data"][0]
    paid_one = stripe.get("/invoices", status="paid", **{"expand[]": "data.payments.data.payment.payment_intent"})[
        "data"
    ][0]
    intent = paid_one["payments"]["data"][0]["payment"]["payment_intent"]
    assert intent["status"] == "succeeded"
    assert not {"payment_intent", "charge", "paid"} & set(paid_one)
    charges = stripe.get("/charges", **{"expand[]": "data.balance_transaction"})["data"]
    assert all(
        one["balance_transaction"]["net"] == one["balance_transaction"]["amount"] - one["balance_transaction"]["fee"]
        for one in charges
    )
    assert stripe.call("GET", "/charges", params={"expand[]": "data.colour"}).status_code == 400


def test_only_ten_lines_are_inline(sandbox: Sandbox, stripe: Stripe) -> None:
    lines = [Line(f"Plank {number}", 1, 100, taxed=False) for number in range(14)]
    fill = stock(sandbox, "stripe", bill(debtor(), "HJ-1", on=DAY, lines=lines))
    identity = fill.stripe.ids["bill-HJ-1"]
    inline = stripe.get(f"/invoices/{identity}")["lines"]
    assert (len(inline["data"]), inline["has_more"]) == (10, True)
    assert len(stripe.get(f"/invoices/{identity}/lines", limit=100)["data"]) == 14


def test_amounts_of_the_seeded_invoices_add_up(seeded: Sandbox) -> None:
    stripe = Stripe(seeded)
    for one in every(stripe, "/invoices", **{"expand[]": "data.payments"}):
        due = one["total"] + one["starting_balance"] - one["pre_payment_credit_notes_amount"]
        assert one["amount_due"] == due
        assert one["amount_remaining"] == due - one["amount_paid"]
        assert one["amount_paid"] == sum(row["amount_paid"] or 0 for row in one["payments"]["data"])
        assert (one["status"] == "paid") == (one["amount_remaining"] == 0 and one["status"] not in ("void", "draft"))


def test_a_payout_is_the_sum_of_its_transactions(seeded: Sandbox) -> None:
    stripe = Stripe(seeded)
    for payout in stripe.get("/payouts", limit=20)["data"]:
        members = every(stripe, "/balance_transactions", payout=payout["id"])
        assert sum(one["net"] for one in members if one["type"] != "payout") == payout["amount"]
        assert [one["net"] for one in members if one["type"] == "payout"] == [-payout["amount"]]


# -- keys ---------------------------------------------------------------------------------------------------------------


def test_keys_and_what_they_may(sandbox: Sandbox, stripe: Stripe, invoice: str) -> None:
    base = stripe.config["api_base"]
    assert (
        requests.get(f"{base}/v1/account", auth=(stripe.key, ""), timeout=20).json()["id"] == stripe.config["account"]
    )
    stripe.key = stripe.config["read_only_key"]
    assert stripe.get(f"/invoices/{invoice}")["id"] == invoice
    refused = stripe.call("POST", f"/invoices/{invoice}/send")
    assert refused.status_code == 403
    assert "rak_invoice_write" in refused.json()["error"]["message"]
    stripe.key = "rk_test_wrong"
    assert stripe.call("GET", "/account").status_code == 401


def test_what_does_not_exist(stripe: Stripe) -> None:
    answer = stripe.call("GET", "/invoices/in_none")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "resource_missing")
    assert answer.headers["Request-Id"].startswith("req_")
    assert stripe.call("GET", "/nothing").status_code == 404
    assert stripe.call("GET", "/account", headers={"Stripe-Account": "acct_other"}).status_code == 403


# -- idempotency --------------------------------------------------------------------------------------------------------


def test_the_same_key_replays_and_another_body_is_an_error(stripe: Stripe, control: Control) -> None:
    first = stripe.link(key="link-1")
    form = {"line_items[0][price_data][currency]": "gbp", "line_items[0][price_data][unit_amount]": "1234"}
    form |= {"line_items[0][price_data][product_data][name]": "Invoice 7", "line_items[0][quantity]": "1"}
    again = stripe.call("POST", "/payment_links", data=form, key="link-1")
    assert again.json()["id"] == first["id"]
    assert again.headers["Idempotent-Replayed"] == "true"
    other = stripe.call("POST", "/payment_links", data=form | {"line_items[0][quantity]": "2"}, key="link-1")
    assert (other.status_code, other.json()["error"]["type"]) == (400, "idempotency_error")
    assert control.kinds("stripe") == ["payment_link"]


def test_a_key_lives_a_day_and_a_refused_call_leaves_none(sandbox: Sandbox, stripe: Stripe, control: Control) -> None:
    assert stripe.call("POST", "/payment_links", data={}, key="k").status_code == 400
    stripe.link(key="k")
    sandbox.clock.advance(86_401)
    stripe.link(key="k")
    assert control.kinds("stripe") == ["payment_link", "payment_link"]


def test_a_call_in_flight_keeps_its_key(stripe: Stripe, invoice: str, control: Control) -> None:
    from concurrent.futures import ThreadPoolExecutor

    control.post("/faults", platform="stripe", kind="hang", seconds=0.6, path="/send")
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: stripe.call("POST", f"/invoices/{invoice}/send", key="k"), range(2)))
    assert sorted(one.status_code for one in answers) == [200, 409]
    assert control.kinds("stripe") == ["email"]


# -- invoices -----------------------------------------------------------------------------------------------------------


def test_sending_leaves_an_event_and_a_mail(stripe: Stripe, invoice: str, control: Control) -> None:
    stripe.post(f"/invoices/{invoice}/send", key="act-9")
    (event,) = stripe.get("/events", type="invoice.sent")["data"]
    assert event["data"]["object"]["id"] == invoice
    assert event["request"]["idempotency_key"] == "act-9"
    assert control.get("/mailbox.json")[0]["invoice"] == {"id": invoice, "number": "HJ-1"}


def test_the_customer_pays_the_hosted_invoice(stripe: Stripe, invoice: str, control: Control) -> None:
    stripe.call("POST", "/payment_links", data={}, key="earlier")  # a call of ours just before
    url = stripe.get(f"/invoices/{invoice}")["hosted_invoice_url"]
    control.post("/pay", url=url, amount=4_000)
    partly = stripe.get(f"/invoices/{invoice}", **{"expand[]": "payments"})
    assert (partly["status"], partly["amount_paid"], partly["amount_remaining"]) == ("open", 4_000, 6_000)
    assert sorted((row["status"], row["is_default"]) for row in partly["payments"]["data"]) == [
        ("open", True),
        ("paid", True),
    ]
    control.post("/pay", url=url)
    assert stripe.get(f"/invoices/{invoice}")["status"] == "paid"
    events = stripe.get("/events", limit=100)["data"]
    assert {one["request"]["idempotency_key"] for one in events} == {None}  # a customer's deed is no echo of ours
    kinds = {one["type"] for one in events}
    assert {
        "invoice.paid",
        "invoice_payment.paid",
        "charge.succeeded",
        "payment_intent.succeeded",
        "invoice.updated",
    } <= kinds
    assert control.post("/pay", url=url).status_code == 409


def test_a_bank_debit_is_on_its_way_until_it_settles(stripe: Stripe, invoice: str, control: Control) -> None:
    url = stripe.get(f"/invoices/{invoice}")["hosted_invoice_url"]
    control.post("/pay", url=url, method="us_bank_account")
    waiting = stripe.get(f"/invoices/{invoice}", **{"expand[]": "payments.data.payment.payment_intent"})
    assert waiting["amount_remaining"] == 10_000
    assert waiting["payments"]["data"][0]["payment"]["payment_intent"]["status"] == "processing"
    assert control.post("/pay", url=url).status_code == 409
    control.post("/settle")
    assert stripe.get(f"/invoices/{invoice}")["status"] == "paid"


def test_metadata_merges_and_an_empty_text_unsets(stripe: Stripe, invoice: str) -> None:
    stripe.post(f"/invoices/{invoice}", {"metadata[a]": "1", "metadata[b]": "2"})
    assert stripe.post(f"/invoices/{invoice}", {"metadata[a]": ""})["metadata"] == {"b": "2"}
    frozen = stripe.call("POST", f"/invoices/{invoice}", data={"description": "new"})
    assert frozen.json()["error"]["code"] == "invoice_not_editable"
    assert stripe.call("POST", f"/invoices/{invoice}", data={"metadata[a]": "x" * 501}).status_code == 400


def test_money_that_came_another_way(stripe: Stripe, invoice: str) -> None:
    done = stripe.post(f"/invoices/{invoice}/pay", {"paid_out_of_band": "true"})
    assert (done["status"], done["amount_paid"], done["amount_remaining"]) == ("paid", 10_000, 0)
    shown = stripe.get(f"/invoices/{invoice}", **{"expand[]": "amount_paid_off_stripe"})
    assert shown["amount_paid_off_stripe"] == 10_000


def test_write_off_and_void(sandbox: Sandbox, stripe: Stripe) -> None:
    fill = stock(sandbox, "stripe", bill(debtor(), "HJ-1", on=DAY), bill(debtor("b"), "HJ-2", on=DAY))
    one, two = fill.stripe.ids["bill-HJ-1"], fill.stripe.ids["bill-HJ-2"]
    assert stripe.post(f"/invoices/{one}/mark_uncollectible")["status"] == "uncollectible"
    assert stripe.post(f"/invoices/{two}/void")["status"] == "void"
    assert stripe.call("POST", f"/invoices/{two}/send").status_code == 400
    assert stripe.post(f"/invoices/{one}/pay", {"paid_out_of_band": "true"})["status"] == "paid"


def test_a_credit_note_splits_before_and_after_payment(stripe: Stripe, invoice: str, control: Control) -> None:
    note = stripe.post("/credit_notes", {"invoice": invoice, "amount": "3000", "email_type": "none"})
    assert (note["type"], note["pre_payment_amount"]) == ("pre_payment", 3_000)
    assert stripe.get(f"/invoices/{invoice}")["amount_remaining"] == 7_000
    control.post("/pay", url=stripe.get(f"/invoices/{invoice}")["hosted_invoice_url"])
    assert stripe.call("POST", "/credit_notes", data={"invoice": invoice, "amount": "500"}).status_code == 400
    after = stripe.post("/credit_notes", {"invoice": invoice, "amount": "500", "out_of_band_amount": "500"})
    assert (after["type"], after["post_payment_amount"]) == ("post_payment", 500)
    assert stripe.get(f"/invoices/{invoice}")["status"] == "paid"


def test_a_refund_leaves_the_invoice_paid(sandbox: Sandbox, stripe: Stripe) -> None:
    stock(sandbox, "stripe", bill(debtor(), "HJ-1", on=DAY, receipts=[paid(date(2026, 2, 10), 10_000)]))
    charge = stripe.get("/charges")["data"][0]
    made = stripe.post("/refunds", {"charge": charge["id"], "amount": "2500"})
    assert (made["status"], made["amount"]) == ("succeeded", 2_500)
    after = stripe.get(f"/charges/{charge['id']}")
    assert (after["amount_refunded"], after["refunded"]) == (2_500, False)
    assert stripe.get("/invoices")["data"][0]["status"] == "paid"
    assert (
        stripe.call("POST", "/refunds", data={"charge": charge["id"], "amount": "7501"}).json()["error"]["code"]
        == "amount_too_large"
    )
    stripe.post("/refunds", {"payment_intent": charge["payment_intent"]})
    assert (
        stripe.call("POST", "/refunds", data={"charge": charge["id"]}).json()["error"]["code"]
        == "charge_already_refunded"
    )


def test_only_drafts_are_deleted_and_customers_leave_a_stub(sandbox: Sandbox, stripe: Stripe, invoice: str) -> None:
    draft = stock(sandbox, "stripe", bill(debtor("b"), "HJ-2", on=DAY, state="draft")).stripe.ids["bill-HJ-2"]
    assert stripe.call("DELETE", f"/invoices/{invoice}").status_code == 400
    owner = stripe.get(f"/invoices/{draft}")["customer"]
    assert stripe.call("DELETE", f"/invoices/{draft}").json()["deleted"] is True
    assert stripe.call("GET", f"/invoices/{draft}").status_code == 404
    stripe.call("DELETE", f"/customers/{owner}")
    assert stripe.get(f"/customers/{owner}") == {"id": owner, "object": "customer", "deleted": True}
    assert owner not in {one["id"] for one in stripe.get("/customers")["data"]}
    assert [one["type"] for one in stripe.get("/events", limit=2)["data"]] == ["customer.deleted", "invoice.deleted"]


# -- payment links ------------------------------------------------------------------------------------------------------


def test_a_link_is_paid_once_and_its_data_goes_where_stripe_puts_it(stripe: Stripe, control: Control) -> None:
    more = {
        "restrictions[completed_sessions][limit]": "1",
        "metadata[a]": "link",
        "payment_intent_data[metadata][b]": "intent",
    }
    link = stripe.link(4_321, **more)
    assert control.post("/pay", url=link["url"], email="buyer@acme.example").status_code == 200
    again = control.post("/pay", url=link["url"])
    assert again.status_code == 409
    assert "no longer active" in again.json()["page"]
    (session,) = stripe.get(
        "/checkout/sessions", payment_link=link["id"], **{"expand[]": "data.payment_intent.latest_charge"}
    )["data"]
    assert (session["status"], session["payment_status"], session["amount_total"]) == ("complete", "paid", 4_321)
    assert session["metadata"] == {"a": "link"}
    assert session["customer_details"]["email"] == "buyer@acme.example"
    charge = session["payment_intent"]["latest_charge"]
    assert session["payment_intent"]["metadata"] == charge["metadata"] == {"b": "intent"}
    assert stripe.get("/events", type="checkout.session.completed")["data"]
    assert stripe.get(f"/payment_links/{link['id']}")["restrictions"] == {
        "completed_sessions": {"count": 1, "limit": 1}
    }


def test_a_closed_link_takes_no_money(stripe: Stripe, control: Control) -> None:
    link = stripe.link()
    assert stripe.post(f"/payment_links/{link['id']}", {"active": "false"})["active"] is False
    assert "no longer active" in requests.get(link["url"], timeout=20).text
    assert control.post("/pay", url=link["url"]).status_code == 409
    assert stripe.get("/charges")["data"] == []


def test_a_link_paid_by_bank_debit_is_unpaid_until_it_settles(stripe: Stripe, control: Control) -> None:
    link = stripe.link()
    control.post("/pay", url=link["url"], method="us_bank_account")
    assert stripe.get("/checkout/sessions", payment_link=link["id"])["data"][0]["payment_status"] == "unpaid"
    assert stripe.get("/charges")["data"][0]["status"] == "pending"
    control.post("/settle")
    assert stripe.get("/checkout/sessions", payment_link=link["id"])["data"][0]["payment_status"] == "paid"
    assert stripe.get("/events", type="checkout.session.async_payment_succeeded")["data"]


def test_a_checkout_session_expires(sandbox: Sandbox, stripe: Stripe, control: Control) -> None:
    form = {
        "mode": "payment",
        "line_items[0][price_data][currency]": "gbp",
        "line_items[0][price_data][unit_amount]": "900",
    }
    form |= {
        "line_items[0][price_data][product_data][name]": "X",
        "line_items[0][quantity]": "1",
        "success_url": "http://127.0.0.1/",
    }
    session = stripe.post("/checkout/sessions", form)
    sandbox.clock.advance(86_401)
    assert control.post("/pay", url=session["url"]).status_code == 409


# -- events and limits --------------------------------------------------------------------------------------------------


def test_events_are_forgotten_after_thirty_days(sandbox: Sandbox, stripe: Stripe) -> None:
    stripe.link()
    (event,) = stripe.get("/events", **{"types[]": ["payment_link.created", "invoice.paid"]})["data"]
    assert event["api_version"] != stripe.call("GET", "/account").headers["Stripe-Version"]
    sandbox.clock.advance(30 * 86_400 + 1)
    assert stripe.get("/events")["data"] == []
    assert stripe.call("GET", "/events", params={"ending_before": event["id"]}).status_code == 400


def test_twenty_five_calls_a_second_per_endpoint(stripe: Stripe, control: Control) -> None:
    from concurrent.futures import ThreadPoolExecutor

    control.post("/clock", now="2026-03-02T12:00:00.01Z")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: stripe.call("GET", "/account"), range(60)))
    refused = [one for one in answers if one.status_code == 429]
    assert refused
    assert refused[0].headers["Stripe-Rate-Limited-Reason"] == "endpoint-rate"
