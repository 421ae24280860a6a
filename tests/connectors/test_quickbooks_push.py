"""Payments, notes and e-mails at QuickBooks, and their read-back, against a scripted server."""

import datetime as dt
import json

import pytest

from connectors.quickbooks.writing import request_id, tag
from receivables.commands import (
    AddNote,
    RecordPayment,
    SendInvoiceEmail,
)
from receivables.money import Money
from receivables.refs import Ref
from tests.connectors.loopback import Reply, loopback, replies
from tests.connectors.quickbooks_world import INVOICE, KEY, TIME, Realm, connector, intent


def a_payment() -> RecordPayment:
    return RecordPayment(
        connection="books",
        invoice=INVOICE,
        customer=Ref("books", "customer", "5"),
        amount=Money(1050, "USD"),
        paid_on=dt.date(2026, 3, 1),
        account="35",
        source=Ref("card", "payment", "ch_1"),
        reference="ch_3SxyzABCDEFGHIJKLMNOPQR",
    )


def test_trap_decimals_are_written_as_numbers_never_as_text() -> None:
    """T2: the SDK reads decimals and writes them as text."""
    with loopback(replies(Reply('{"Payment":{"Id":"90"}}'))) as server:
        assert connector(server).push(intent(a_payment())).reference == "90"
        body = json.loads(server.asked[0].body)
    assert body["TotalAmt"] == 10.5
    assert body["Line"] == [{"Amount": 10.5, "LinkedTxn": [{"TxnId": "7", "TxnType": "Invoice"}]}]
    assert body["PaymentRefNum"] == "ch_3SxyzABCDEFGHIJKLM"
    assert len(body["PaymentRefNum"]) == 21
    assert tag(KEY) in body["PrivateNote"]
    assert "card:payment:ch_1" in body["PrivateNote"]
    assert body["DepositToAccountRef"] == {"value": "35"}


def test_trap_send_carries_a_request_id_which_the_sdks_own_does_not() -> None:
    """Section 3: nor do its void, batch and attachment calls."""
    with loopback(replies(Reply('{"Invoice":{"Id":"7","EmailStatus":"EmailSent"}}'))) as server:
        connector(server).push(intent(SendInvoiceEmail(connection="books", invoice=INVOICE, to="a+b@c.example")))
        asked = server.asked[0]
    assert asked.path.endswith("/invoice/7/send")
    assert asked.query["requestid"] == "books/step/7"
    assert asked.query["sendTo"] == "a+b@c.example"
    assert asked.headers["content-type"] == "application/octet-stream"
    assert asked.body == b""


def test_a_long_key_becomes_one_short_request_id() -> None:
    long = "books/step/" + "7" * 60
    assert len(request_id(long)) <= 50
    assert request_id(long) == request_id(long)
    assert request_id(long) != request_id(long + "1")


def test_each_step_of_a_write_has_a_request_id_of_its_own() -> None:
    """Another intent whose key goes on where this one ends is never taken for a step of it."""
    ids = [
        request_id("books/1"),
        request_id("books/1", "memo"),
        request_id("books/1", "apply", "0"),
        request_id("books/1/0"),
    ]
    assert len(set(ids)) == 4
    assert request_id("books/1", "memo") == request_id("books/1", "memo")
    assert len(request_id("k" * 48, "memo")) <= 50


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        (
            {"email_status": "EmailSent", "delivery_time": "2026-03-01T10:00:00-08:00"},
            "2026-03-01T10:00:00-08:00",
            "absent",
        ),
        (
            {"email_status": "EmailSent", "delivery_time": "2026-03-01T10:00:00-08:00"},
            "2026-03-02T10:00:00-08:00",
            "sent",
        ),
        (
            {"email_status": "EmailSent", "delivery_time": "2026-03-01T10:00:00-08:00"},
            "2026-02-02T10:00:00-08:00",
            "unknown",
        ),
        ({"email_status": "NotSet", "delivery_time": ""}, "2026-03-02T10:00:00-08:00", "sent"),
        ({"email_status": "NotSet", "delivery_time": ""}, "", "sent"),
        ({"email_status": "EmailSent", "delivery_time": ""}, "", "unknown"),
        ({}, "", "unknown"),
    ],
)
def test_the_delivery_time_tells_whether_an_invoice_was_sent(before: dict[str, str], after: str, found: str) -> None:
    delivery = {"DeliveryInfo": {"DeliveryTime": after}} if after else {}
    answer = json.dumps({"Invoice": {"Id": "7", "EmailStatus": "EmailSent"} | delivery})
    with loopback(replies(Reply(answer))) as server:
        told = connector(server).find(intent(SendInvoiceEmail(connection="books", invoice=INVOICE), **before))
    assert (told if isinstance(told, str) else "sent") == found


def test_an_invoice_never_sent_is_absent() -> None:
    with loopback(replies(Reply('{"Invoice":{"Id":"7","EmailStatus":"NotSet"}}'))) as server:
        command = SendInvoiceEmail(connection="books", invoice=INVOICE)
        assert connector(server).find(intent(command, email_status="NotSet", delivery_time="")) == "absent"


def test_a_note_is_found_by_its_tag_and_by_nothing_else() -> None:
    command = AddNote(connection="books", invoice=INVOICE, text="called")
    for note, found in ((f"called [{tag('books/step/7')}]", True), ("called", False)):
        rows = json.dumps({"QueryResponse": {"Attachable": [{"Id": "2", "Note": note}]}, "time": TIME})
        with loopback(replies(Reply(rows))) as server:
            assert (connector(server).find(intent(command)) != "absent") is found


def test_trap_apostrophes_in_query_text_are_escaped() -> None:
    """T9: the SDK leaves query text as it is."""
    command = a_payment()
    tricky = RecordPayment(
        **{name: getattr(command, name) for name in command.__struct_fields__ if name != "reference"},
        reference="O'Neil\\",
    )
    with loopback(Realm(0)) as server:
        assert connector(server).find(intent(tricky)) == "absent"
        assert rb"PaymentRefNum = 'O\'Neil\\' " in server.asked[0].body
