"""Writes and their read-back at Stripe, against a scripted server."""

import json

import pytest

from connectors.errors import Refused, Unsupported
from connectors.protocol import Intent
from connectors.stripe.client import encode
from receivables.commands import AddNote, CreatePaymentLink, SendInvoiceEmail, VoidPayment, WithdrawPaymentLink
from receivables.facts import PaymentLink
from receivables.money import Money
from receivables.refs import Ref
from tests.connectors.loopback import Reply, loopback, replies
from tests.connectors.stands import NOW
from tests.connectors.stripe_world import INVOICE, account, an_open_invoice, connector, event

LINK = CreatePaymentLink(
    connection="card", invoice=Ref("books", "invoice", "7"), amount=Money(1250, "GBP"), number="INV-7"
)


def test_a_payment_link_carries_its_invoice_to_the_charge_and_works_once() -> None:
    made = '{"id":"plink_1","url":"https://buy.example/1","active":true}'
    with loopback(replies(Reply(made))) as server:
        receipt = connector(server).push(Intent("key-1", LINK))
        asked = server.asked[0]
    form = dict(pair.split("=", 1) for pair in _decoded(asked.body).split("&"))
    assert form["line_items[0][price_data][unit_amount]"] == "1250"
    assert form["line_items[0][price_data][currency]"] == "gbp"
    assert form["restrictions[completed_sessions][limit]"] == "1"
    for place in ("metadata", "payment_intent_data[metadata]"):
        assert form[f"{place}[owed_invoice]"] == "books:invoice:7"
        assert form[f"{place}[owed_number]"] == "INV-7"
        assert form[f"{place}[owed_key]"] == "key-1"
    assert asked.headers["idempotency-key"] == "key-1"
    assert receipt.url == "https://buy.example/1"
    assert receipt.facts == (
        PaymentLink(
            connection="card",
            id="plink_1",
            url="https://buy.example/1",
            currency="GBP",
            amount=1250,
            invoice="books:invoice:7",
        ),
    )


def _decoded(body: bytes) -> str:
    from urllib.parse import unquote_plus

    return unquote_plus(body.decode())


def test_a_draft_is_not_sent_because_stripe_would_finalise_it() -> None:
    world = account()
    for status in ("draft", "void", "paid"):
        world.lists["invoices"] = [an_open_invoice(status=status)]
        with loopback(world) as server, pytest.raises(Refused, match=f"it is {status}"):
            connector(server).push(Intent("key-1", SendInvoiceEmail(connection="card", invoice=INVOICE)))
        assert [asked.method for asked in server.asked] == ["GET"]


def test_a_link_is_found_in_the_newest_of_the_list_by_our_key() -> None:
    world = account()
    world.lists["payment_links"] = [
        {"id": f"plink_{n}", "url": "u", "metadata": {"owed_key": f"key-{n}"}} for n in range(150)
    ]
    with loopback(world) as server:
        found = connector(server).find(Intent("key-140", LINK))
        assert not isinstance(found, str)
        assert found.reference == "plink_140"
        assert connector(server).find(Intent("key-999", LINK)) == "absent"


def test_among_very_many_links_one_cannot_tell() -> None:
    world = account()
    world.lists["payment_links"] = [{"id": f"plink_{n}", "metadata": {}} for n in range(1100)]
    with loopback(world) as server:
        assert connector(server).find(Intent("key-1", LINK)) == "unknown"


@pytest.mark.parametrize(("key", "found"), [("key-1", "sent"), ("other", "absent"), (None, "absent")])
def test_a_sending_is_found_by_the_key_of_its_request(key: str | None, found: str) -> None:
    sent = event(1, {"id": "in_1", "object": "invoice"}, kind="invoice.sent") | {
        "request": {"id": "req", "idempotency_key": key}
    }
    with loopback(replies(Reply(json.dumps({"data": [sent, event(2, {})], "has_more": False})))) as server:
        intent = Intent("key-1", SendInvoiceEmail(connection="card", invoice=INVOICE), {}, NOW)
        told = connector(server).find(intent)
        assert server.asked[0].query["type"] == "invoice.sent"
    assert (told if isinstance(told, str) else "sent") == found


def test_among_very_many_sendings_one_cannot_tell() -> None:
    world = account()
    world.lists["events"] = [event(number, {}, kind="invoice.sent") for number in range(1100)]
    with loopback(world) as server:
        assert connector(server).find(Intent("k", SendInvoiceEmail(connection="card", invoice=INVOICE))) == "unknown"


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        (Reply('{"id":"plink_1","active":false}'), "withdrawn"),
        (Reply('{"id":"plink_1","active":true}'), "absent"),
        (Reply('{"error":{"code":"resource_missing"}}', 404), "withdrawn"),
    ],
)
def test_a_withdrawn_link_is_inactive_or_gone(reply: Reply, found: str) -> None:
    command = WithdrawPaymentLink(connection="card", link=Ref("card", "payment_link", "plink_1"), invoice=INVOICE)
    with loopback(replies(reply)) as server:
        told = connector(server).find(Intent("key-1", command))
    assert (told if isinstance(told, str) else "withdrawn") == found


def test_a_note_is_metadata_and_is_found_again() -> None:
    command = AddNote(connection="card", invoice=INVOICE, text="called " * 200)
    with loopback(replies(Reply('{"id":"in_1"}'))) as server:
        connector(server).push(Intent("key-1", command))
        name, _, value = _decoded(server.asked[0].body).partition("=")
    assert len(value) <= 500
    assert name.startswith("metadata[owed_note_")
    metadata = {name.removeprefix("metadata[").removesuffix("]"): value}
    assert len(next(iter(metadata))) <= 40
    with loopback(replies(Reply(json.dumps({"id": "in_1", "metadata": metadata})))) as server:
        assert connector(server).find(Intent("key-1", command)) != "absent"
        assert connector(server).find(Intent("key-2", command)) == "absent"


def test_a_key_used_for_something_else_is_refused_for_good() -> None:
    told = '{"error":{"type":"idempotency_error","message":"Keys for idempotent requests can only be used with the same parameters"}}'
    with loopback(replies(Reply(told, 400))) as server, pytest.raises(Refused) as raised:
        connector(server).push(Intent("key-1", LINK))
    assert raised.value.code == "idempotency_error"


def test_what_stripe_cannot_do_is_unsupported() -> None:
    command = VoidPayment(connection="card", payment=Ref("card", "payment", "ch_1"))
    with loopback(account()) as server:
        for ask in (connector(server).push, connector(server).find):
            with pytest.raises(Unsupported, match="cannot void_payment"):
                ask(Intent("key-1", command))
        assert server.asked == []


def test_the_form_encoding_of_nested_parameters() -> None:
    told = encode({"a": {"b": [1, {"c": True}]}, "none": None, "unset": "", "expand": ["data.payments"]})
    assert _decoded(told.encode()) == "a[b][0]=1&a[b][1][c]=true&unset=&expand[0]=data.payments"


def test_rereading_tells_what_is_in_flight() -> None:
    intent = {"id": "pi_1", "status": "processing"}
    paying = {
        "status": "open",
        "amount_requested": 900,
        "payment": {"type": "payment_intent", "payment_intent": intent},
    }
    world = account()
    world.lists["invoices"] = [an_open_invoice(payments={"data": [paying]})]
    with loopback(world) as server:
        found = connector(server).read_invoices(["in_1", "in_2"])
        assert server.asked[0].query["expand[1]"] == "payments.data.payment.payment_intent"
    assert found["in_1"].in_flight == 900
    assert found["in_2"].invoice is None
