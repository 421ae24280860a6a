"""Xero's webhooks: what is believed, what it says to read again, and what is refused."""

import base64
import datetime as dt
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.events import BadDelivery, BadSignature, Hint
from connectors.protocol import Intent
from connectors.registry import EVENT_READERS, MANIFESTS
from connectors.xero.events import read_event
from receivables.facts import Invoice
from tests.connectors.loopback import Asked, Reply, loopback
from tests.connectors.stands import NOW
from tests.connectors.xero_commands import payment
from tests.connectors.xero_office import opened
from tests.connectors.xero_world import GUID, OTHER

KEY = "webhook-signing-key"
TENANT = "aef86862-2015-4b6b-88bc-d89032cecc50"


def signed(body: bytes, key: str = KEY) -> dict[str, str]:
    return {"x-xero-signature": base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()}


def an_event(category: str = "INVOICE", **fields: Any) -> dict[str, Any]:
    return {
        "resourceUrl": f"https://api.xero.com/api.xro/2.0/Invoices/{GUID}",
        "resourceId": GUID,
        "tenantId": TENANT,
        "tenantType": "ORGANISATION",
        "eventCategory": category,
        "eventType": "UPDATE",
        "eventDateUtc": "2026-01-02T03:04:05.123",
    } | fields


def delivery(*events: dict[str, Any]) -> bytes:
    numbers = {"firstEventSequence": 1, "lastEventSequence": len(events), "entropy": "S0m3r4nd0mt3xt"}
    return json.dumps({"events": list(events)} | numbers).encode()


def read(body: bytes) -> list[Hint]:
    return read_event(signed(body), body, KEY, NOW)


def test_an_event_says_which_record_to_read_again() -> None:
    (hint,) = read(delivery(an_event()))
    at = dt.datetime(2026, 1, 2, 3, 4, 5, 123000, tzinfo=dt.UTC)
    assert hint == Hint(TENANT, "invoices", GUID, f"{TENANT}/{GUID}/2026-01-02T03:04:05.123", at)


@pytest.mark.parametrize(
    ("category", "stream"),
    [("INVOICE", "invoices"), ("CONTACT", "customers"), ("CREDITNOTE", "credit_notes"), ("PREPAYMENT", "")],
)
def test_categories_are_streams_and_unknown_ones_are_none(category: str, stream: str) -> None:
    (hint,) = read(delivery(an_event(category)))
    assert hint.stream == stream
    assert not stream or stream in MANIFESTS["xero"].streams


def test_events_about_the_apps_billing_concern_no_stream() -> None:
    (hint,) = read(delivery(an_event("SUBSCRIPTION", tenantType="APPLICATION")))
    assert (hint.stream, hint.account) == ("", TENANT)


def test_a_suppliers_credit_note_is_no_receivable() -> None:
    ours, theirs = ({"Type": kind, "Status": "DRAFT"} for kind in ("ACCRECCREDIT", "ACCPAYCREDIT"))
    events = an_event("CREDITNOTE", data=ours), an_event("CREDITNOTE", resourceId=OTHER, data=theirs)
    assert [hint.stream for hint in read(delivery(*events))] == ["credit_notes", ""]


def test_one_delivery_may_span_tenants() -> None:
    hints = read(delivery(an_event(), an_event(tenantId="other-tenant")))
    assert [hint.account for hint in hints] == [TENANT, "other-tenant"]


def test_an_event_that_is_told_twice_is_one_hint_and_a_later_one_is_another() -> None:
    """Xero's events have no id: tenant, record and instant make one."""
    later = an_event(eventDateUtc="2026-01-02T03:04:06.000")
    hints = read(delivery(an_event(), an_event(), later))
    assert len(hints) == 2
    assert len({hint.event for hint in hints}) == 2


def test_the_intent_to_receive_is_an_empty_delivery_when_rightly_signed_and_refused_when_not() -> None:
    body = delivery()
    assert read(body) == []
    with pytest.raises(BadSignature):
        read_event(signed(body, "another-key"), body, KEY, NOW)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-xero-signature": ""},
        {"x-xero-signature": "not base64 ***"},
        {"x-xero-signature": "\udcff\u20ac"},
        signed(delivery(), "x"),
    ],
)
def test_without_our_signature_nothing_is_believed(headers: dict[str, str]) -> None:
    with pytest.raises(BadSignature):
        read_event(headers, delivery(), KEY, NOW)


def test_without_a_key_nothing_is_believed_not_even_what_is_signed_with_no_key() -> None:
    with pytest.raises(BadSignature):
        read_event(signed(delivery(), ""), delivery(), "", NOW)


def test_the_bytes_are_what_is_signed_not_what_they_mean() -> None:
    body = delivery(an_event())
    with pytest.raises(BadSignature):
        read_event(signed(body), body.replace(b" ", b""), KEY, NOW)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"events": null}',
        b'{"events": [1]}',
        b'{"events": [{}]}',
        b"\xff\xfe",
        b"[" * 100_000,
        delivery(an_event(resourceId=5)),
        delivery(an_event(eventDateUtc=None)),
        delivery(an_event(eventDateUtc="yesterday")),
        delivery(an_event(eventDateUtc="0001-01-01T00:00:00+14:00")),
        delivery(an_event(data="text")),
    ],
    ids=lambda body: repr(body[:30]),
)
def test_what_xero_does_not_document_is_refused_even_when_signed(body: bytes) -> None:
    with pytest.raises(BadDelivery):
        read(body)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["events", "resourceId", "tenantId", "eventDateUtc", "eventCategory", "data", "x"]), inner
        )
    ),
    max_leaves=15,
)


@given(body=st.binary(max_size=200) | _JSON.map(lambda value: json.dumps(value).encode()), rightly=st.booleans())
def test_hostile_deliveries_are_refused_and_never_break(body: bytes, rightly: bool) -> None:
    headers = signed(body) if rightly else {"x-xero-signature": body.decode("latin-1")}
    try:
        hints = read_event(headers, body, KEY, NOW)
    except (BadSignature, BadDelivery):
        return
    assert rightly
    assert all(isinstance(hint, Hint) for hint in hints)


def test_what_the_look_alike_sends_is_read_and_what_it_forges_is_not(tmp_path: Path) -> None:
    """The intent to receive is answered right, a payment arrives as a hint, and the invoice is read again."""
    hints: list[Hint] = []

    def receive(asked: Asked) -> Reply:
        try:
            hints.extend(read_event(asked.headers, asked.body, KEY, NOW))
        except BadSignature:
            return Reply("", 401)
        return Reply("")

    with opened(tmp_path) as office, loopback(receive) as server:
        office.sandbox.world.webhooks.subscribe("xero", server.url, KEY)
        xero = office.connect()
        xero.push(Intent("k", payment(office.ids)))
        told = office.sandbox.world.webhooks.deliver(stranger=True, copies=2)
        tenant = office.sandbox.config["xero"]["tenant_id"]
        ours = {hint.event: hint for hint in hints if hint.account == tenant}
        (hint,) = ours.values()
        ((read_again,),) = [row.facts for page in xero.reread(hint.stream, [hint.id]) for row in page.rows]
    assert [one["status"] for one in told] == [200, 401, 200, 401, 200, 200]
    assert len(hints) == 4, "two copies, each with an event of another organisation"
    assert isinstance(read_again, Invoice)
    assert (read_again.id, read_again.open) == (office.ids["invoice"], 9_000)


def test_the_registry_knows_the_reader() -> None:
    assert EVENT_READERS["xero"] is read_event
