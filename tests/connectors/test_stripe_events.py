"""Webhooks of Stripe: who signed them and when, and what they hint at."""

import datetime as dt
import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.events import BadDelivery, BadSignature, Hint
from connectors.registry import EVENT_READERS
from connectors.stripe.events import read_event
from sandbox.stripe.webhooks import envelope
from tests.connectors.stands import NOW

SECRET = "whsec_of_the_endpoint"
STAMP = int(NOW.timestamp())


def signature(body: bytes, secret: str = SECRET, stamp: int = STAMP) -> str:
    return hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()


def header(body: bytes, secret: str = SECRET, stamp: int = STAMP) -> dict[str, str]:
    return {"stripe-signature": f"t={stamp},v1={signature(body, secret, stamp)}"}


def a_body(record: Any = None, **fields: Any) -> bytes:
    shown = {"object": "invoice", "id": "in_1"} if record is None else record
    event = {"id": "evt_1", "object": "event", "type": "invoice.paid", "created": STAMP, "data": {"object": shown}}
    return json.dumps(event | fields).encode()


def read(body: bytes, now: dt.datetime = NOW) -> list[Hint]:
    return read_event(header(body), body, SECRET, now)


def test_an_event_is_a_hint_to_read_the_record_again() -> None:
    assert EVENT_READERS["stripe"] is read_event
    assert read(a_body()) == [Hint("", "invoices", "in_1", "evt_1", NOW)]


def test_an_event_of_a_connected_account_names_it() -> None:
    assert read(a_body(account="acct_7"))[0].account == "acct_7"


@pytest.mark.parametrize(
    ("record", "hints"),
    [
        ({"object": "charge", "id": "ch_1"}, [("payments", "ch_1")]),
        ({"object": "dispute", "id": "dp_1", "charge": "ch_1"}, [("chargebacks", "dp_1")]),
        ({"object": "refund", "id": "re_1", "charge": "ch_1"}, [("refunds", "re_1"), ("payments", "ch_1")]),
        ({"object": "invoice_payment", "id": "inpay_1", "invoice": "in_1"}, [("invoices", "in_1")]),
        ({"object": "payment_intent", "id": "pi_1", "latest_charge": {"id": "ch_1"}}, [("payments", "ch_1")]),
        ({"object": "customer", "id": "cus_1", "deleted": True}, [("customers", "cus_1")]),
        ({"object": "payout", "id": "po_1"}, [("payouts", "po_1")]),
        ({"object": "customer_cash_balance_transaction", "id": "ccsbtxn_1"}, [("", "")]),
        ({"object": "balance"}, [("", "")]),
    ],
)
def test_what_each_event_hints_at(record: dict[str, Any], hints: list[tuple[str, str]]) -> None:
    assert [(hint.stream, hint.id) for hint in read(a_body(record))] == hints


def test_what_the_look_alike_signs_is_understood() -> None:
    event = {"id": "evt_1", "object": "event", "type": "invoice.sent", "created": STAMP, "api_version": "2024-06-20"}
    post = envelope([event | {"data": {"object": {"object": "invoice", "id": "in_1"}}}], f"whsec_old,{SECRET}", NOW)
    headers = {name.lower(): value for name, value in post.headers.items()}
    assert read_event(headers, post.body, SECRET, NOW) == [Hint("", "invoices", "in_1", "evt_1", NOW)]


def test_thin_events_are_passed_over() -> None:
    body = b'{"id":"evt_2","object":"v2.core.event","type":"v1.billing.meter.no_meter_found"}'
    assert read(body) == []


def test_while_a_secret_is_rolled_one_of_two_signatures_is_ours() -> None:
    body = a_body()
    both = f"t={STAMP},v1={signature(body, 'whsec_old')},v1={signature(body)},v0=abc"
    assert read_event({"stripe-signature": both}, body, SECRET, NOW)


@pytest.mark.parametrize("seconds", [-300, 300])
def test_a_clock_may_be_five_minutes_off(seconds: int) -> None:
    assert read(a_body(), NOW + dt.timedelta(seconds=seconds))


@pytest.mark.parametrize("seconds", [-301, 301, 99_999, -99_999])
def test_trap_a_delivery_signed_long_ago_or_in_the_future_is_refused(seconds: int) -> None:
    """The vendor's own library takes any time in the future."""
    with pytest.raises(BadSignature, match="too long ago, or in the future"):
        read(a_body(), NOW + dt.timedelta(seconds=seconds))


@pytest.mark.parametrize(
    "told",
    [
        "",
        f"t={STAMP}",
        f"v1={signature(b'x')}",
        f"t={STAMP},v1=",
        f"t={STAMP},v0={signature(a_body())}",
        f"t={STAMP},t={STAMP},v1={signature(a_body())}",
        f"t={STAMP},v1={signature(a_body(), 'whsec_other')}",
        f"t={STAMP + 1},v1={signature(a_body())}",
        f"t={STAMP},v1={signature(a_body()).upper()}",
        f"t=,v1={hmac.new(SECRET.encode(), b'.' + a_body(), hashlib.sha256).hexdigest()}",
        f"t=x,v1={hmac.new(SECRET.encode(), b'x.' + a_body(), hashlib.sha256).hexdigest()}",
        "t=1,v1=" + "0" * 5000,
    ],
)
def test_what_we_did_not_sign_for_is_refused(told: str) -> None:
    with pytest.raises(BadSignature):
        read_event({"stripe-signature": told}, a_body(), SECRET, NOW)


def test_a_missing_header_and_a_missing_secret_are_refused() -> None:
    with pytest.raises(BadSignature):
        read_event({}, a_body(), SECRET, NOW)
    with pytest.raises(BadSignature):
        read_event(header(a_body(), ""), a_body(), "", NOW)


def test_a_changed_body_is_refused() -> None:
    body = a_body()
    with pytest.raises(BadSignature):
        read_event(header(body), body.replace(b"in_1", b"in_2"), SECRET, NOW)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no JSON",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"5",
        b'{"object":"event"}',
        b'{"object":"event","id":"evt_1","data":5}',
        b'{"object":"event","id":"evt_1","data":{"object":5}}',
        b'{"object":"event","id":7,"data":{"object":{}}}',
        b'{"object":["event"],"id":"evt_1","data":{}}',
        b"[" * 100_000,
    ],
)
def test_what_is_rightly_signed_but_no_event_is_a_bad_delivery(body: bytes) -> None:
    with pytest.raises(BadDelivery):
        read(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=9,
)
RECORDS = st.fixed_dictionaries(
    {"object": st.sampled_from(["invoice", "refund", "checkout.session", "payment_intent"]) | JSON},
    optional=dict.fromkeys(("id", "charge", "invoice", "latest_charge", "payment_link", "metadata"), JSON),
)
EVENTS = st.fixed_dictionaries(
    {"object": st.just("event") | JSON, "id": st.just("evt_1") | JSON},
    optional={"data": st.fixed_dictionaries({"object": RECORDS | JSON}) | JSON, "created": JSON, "account": JSON},
)


@given(EVENTS)
def test_whatever_a_signed_body_holds_it_is_hints_or_a_bad_delivery(event: dict[str, Any]) -> None:
    try:
        hints = read(json.dumps(event).encode())
    except BadDelivery:
        return
    assert all(type(part) is str for hint in hints for part in (hint.account, hint.stream, hint.id, hint.event))


@given(st.text(max_size=80), st.binary(max_size=80), st.text(max_size=9))
def test_whatever_is_sent_unsigned_is_refused(told: str, body: bytes, secret: str) -> None:
    with pytest.raises(BadSignature):
        read_event({"stripe-signature": told}, body, secret, NOW)
    with pytest.raises(BadSignature):
        read_event({"stripe-signature": f"t={STAMP},v1={told}"}, body, secret, NOW)
