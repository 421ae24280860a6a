"""Intuit's webhooks: what is believed, what it says to read again, and what is refused."""

import base64
import datetime as dt
import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.events import BadDelivery, BadSignature, Hint
from connectors.quickbooks.events import read_event
from connectors.registry import EVENT_READERS, MANIFESTS
from tests.connectors.stands import NOW

TOKEN = "verifier-token"
REALM, OTHER = "1185883450", "9130350000000017"


def signed(body: bytes, token: str = TOKEN) -> dict[str, str]:
    return {"intuit-signature": base64.b64encode(hmac.new(token.encode(), body, hashlib.sha256).digest()).decode()}


def read(found: Any) -> list[Hint]:
    body = json.dumps(found).encode()
    return read_event(signed(body), body, TOKEN, NOW)


def entity(name: str = "Invoice", **fields: str) -> dict[str, str]:
    return {"name": name, "id": "7", "operation": "Update", "lastUpdated": "2026-03-01T14:42:19-0700"} | fields


def older(realm: str, *entities: dict[str, str]) -> dict[str, Any]:
    return {"realmId": realm, "dataChangeEvent": {"entities": list(entities)}}


def cloud(kind: str = "qbo.invoice.updated.v1", **fields: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": "88cd52aa-33b6-4351-9aa4-47572edbd068",
        "source": "intuit.dsnBgbseACLLRZNxo2dfc4evmEJdxde58xeeYcZliOU=",
        "type": kind,
        "datacontenttype": "application/json",
        "time": "2025-09-10T21:31:25.179851517Z",
        "intuitentityid": "1234",
        "intuitaccountid": REALM,
        "data": {},
    } | fields


def test_the_registry_knows_how_to_read_them() -> None:
    assert EVENT_READERS["quickbooks"] is read_event


def test_an_event_of_the_older_form_says_which_record_to_read_again() -> None:
    (hint,) = read({"eventNotifications": [older(REALM, entity())]})
    event = f"{REALM}/Invoice/7/Update/2026-03-01T14:42:19-0700"
    assert hint == Hint(REALM, "invoices", "7", event, dt.datetime(2026, 3, 1, 21, 42, 19, tzinfo=dt.UTC))


def test_trap_an_instant_with_nine_digits_is_read_to_six() -> None:
    """Section 4: datetime.fromisoformat refuses them."""
    (hint,) = read([cloud()])
    at = dt.datetime(2025, 9, 10, 21, 31, 25, 179851, tzinfo=dt.UTC)
    assert hint == Hint(REALM, "invoices", "1234", "88cd52aa-33b6-4351-9aa4-47572edbd068", at)


def test_trap_one_delivery_may_tell_of_several_companies() -> None:
    assert [hint.account for hint in read([cloud(), cloud(id="b", intuitaccountid=OTHER)])] == [REALM, OTHER]
    told = read({"eventNotifications": [older(REALM, entity()), older(OTHER, entity(), entity("Payment"))]})
    assert [(hint.account, hint.stream) for hint in told] == [
        (REALM, "invoices"),
        (OTHER, "invoices"),
        (OTHER, "payments"),
    ]


@pytest.mark.parametrize(
    ("name", "stream", "told"),
    [
        ("Customer", "customers", "7"),
        ("Invoice", "invoices", "7"),
        ("CreditMemo", "credit_notes", "7"),
        ("Payment", "payments", "7"),
        ("SalesReceipt", "sales_receipts", "salesreceipt-7"),
        ("RefundReceipt", "refunds", "7"),
        ("Deposit", "deposits", "7"),
        ("JournalEntry", "journal_lines", "7"),
        ("Vendor", "", "7"),
    ],
)
def test_entities_are_streams_in_both_forms_and_unknown_ones_are_none(name: str, stream: str, told: str) -> None:
    for hint in (
        *read({"eventNotifications": [older(REALM, entity(name))]}),
        *read([cloud(f"qbo.{name.lower()}.created.v1", intuitentityid="7")]),
    ):
        assert (hint.stream, hint.id) == (stream, told)
    assert not stream or stream in MANIFESTS["quickbooks"].streams


@pytest.mark.parametrize("kind", ["qbo.invoice.voided.v1", "qbo.invoice.emailed.v2", "qbo.invoice.something.new.v1"])
def test_what_was_done_does_not_matter_the_record_is_read_again(kind: str) -> None:
    assert [hint.stream for hint in read([cloud(kind)])] == ["invoices"]


@pytest.mark.parametrize("kind", ["payroll.employee.created.v1", "qbo", ""])
def test_an_event_of_another_kind_is_passed_over_and_the_others_are_not(kind: str) -> None:
    assert [hint.stream for hint in read([cloud(kind, id="a"), cloud()])] == ["", "invoices"]


@pytest.mark.parametrize("spelling", ["deletedId", "deletedID"])
def test_a_merge_tells_the_record_that_stays_and_the_one_that_is_gone(spelling: str) -> None:
    merged = entity("Customer", operation="Merge") | {spelling: "9"}
    told = read({"eventNotifications": [older(REALM, merged)]})
    assert [(hint.stream, hint.id) for hint in told] == [("customers", "7"), ("customers", "9")]
    assert len({hint.event for hint in told}) == 2
    newer = read([cloud("qbo.customer.merged.v1", data={"deletedId": "9"})])
    assert [hint.id for hint in newer] == ["1234", "9"]


def test_trap_the_same_event_twice_is_told_once() -> None:
    assert len(read([cloud(), cloud()])) == 1
    assert len(read({"eventNotifications": [older(REALM, entity(), entity())]})) == 1


def test_a_delivery_without_events_is_valid() -> None:
    assert read([]) == []
    assert read({"eventNotifications": []}) == []


@pytest.mark.parametrize(
    "headers",
    [{}, {"intuit-signature": ""}, {"intuit-signature": "not base64 \udc80 é"}, {"intuit-signature": "AAAA"}],
)
def test_what_is_not_signed_with_our_token_is_not_read(headers: dict[str, str]) -> None:
    with pytest.raises(BadSignature):
        read_event(headers, b"[]", TOKEN, NOW)


def test_one_byte_changed_after_signing_is_not_believed() -> None:
    body = json.dumps([cloud()]).encode()
    with pytest.raises(BadSignature):
        read_event(signed(body), body.replace(b"1234", b"1235"), TOKEN, NOW)


def test_without_a_token_nothing_is_believed() -> None:
    with pytest.raises(BadSignature):
        read_event(signed(b"[]", ""), b"[]", "", NOW)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"{}",
        b"<html/>",
        b"\xff",
        b"[" * 100_000,
        b'[{"id":5,"type":"qbo.invoice.updated.v1","intuitaccountid":"1"}]',
        b'[{"id":"a","type":"qbo.invoice.updated.v1"}]',
        b'{"eventNotifications":{}}',
        b'{"eventNotifications":[{"realmId":1}]}',
        b'{"eventNotifications":[{"realmId":"1","dataChangeEvent":{"entities":[{"name":"Invoice","id":7}]}}]}',
    ],
)
def test_what_is_rightly_signed_and_yet_not_as_documented_is_a_bad_delivery(body: bytes) -> None:
    with pytest.raises(BadDelivery):
        read_event(signed(body), body, TOKEN, NOW)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
EVENTS = st.lists(st.fixed_dictionaries(dict.fromkeys(("id", "type", "intuitaccountid", "time", "data"), JSON)))
NOTICES = st.fixed_dictionaries({"eventNotifications": st.lists(st.fixed_dictionaries({"realmId": JSON}), max_size=2)})


@given(st.binary() | (JSON | EVENTS | NOTICES).map(lambda found: json.dumps(found).encode()), st.text(), st.booleans())
def test_no_delivery_whatsoever_ends_in_a_traceback(body: bytes, header: str, honest: bool) -> None:
    headers = signed(body) if honest else {"intuit-signature": header}
    try:
        assert isinstance(read_event(headers, body, TOKEN, NOW), list)
    except BadDelivery:
        assert honest
    except BadSignature:
        assert not honest
