"""Events as hints: what they say changed, and when their own copy of a record is good enough."""

from typing import Any

import msgspec
import pytest

from connectors.fields import Record
from connectors.stripe.changes import Changes, Event, EventData, Position, changes_of, position_after

NEW_YEAR = 1767225600  # 2026-01-01T00:00:00Z


def event(kind: str, record: Any, created: int = NEW_YEAR, number: int = 1, version: str = "v1") -> Event:
    return Event(f"evt_{number}", kind, created, EventData(msgspec.Raw(msgspec.json.encode(record))), version)


def read(*events: Event) -> Changes:
    return changes_of(events, "v1")


def an_invoice(paid: int = 0, **fields: Any) -> Record:
    return {"object": "invoice", "id": "in_1", "amount_paid": paid} | fields


def a_payment(number: int, minor: int, status: str = "paid") -> Record:
    shared = {"object": "invoice_payment", "invoice": "in_1", "status": status}
    return shared | {"id": f"inpay_{number}", "amount_paid": minor if status == "paid" else None}


def test_an_unpaid_invoice_is_taken_from_its_event_because_it_has_no_payments_to_show() -> None:
    row = an_invoice()
    found = read(event("invoice.updated", row))
    assert found.touched["invoices"] == {"in_1": msgspec.json.encode(row)}
    assert found.payments == {"in_1": []}


def test_a_paid_invoice_is_read_again_because_its_event_shows_no_payments() -> None:
    assert read(event("invoice.paid", an_invoice(900))).touched["invoices"] == {"in_1": None}


@pytest.mark.parametrize("newest_first", [True, False])
def test_a_paid_invoice_is_taken_from_its_event_when_the_events_of_its_payments_add_up(newest_first: bool) -> None:
    events = [
        event("invoice_payment.paid", a_payment(1, 400), NEW_YEAR, 1),
        event("invoice_payment.paid", a_payment(2, 500), NEW_YEAR + 9, 2),
        event("invoice.paid", an_invoice(900), NEW_YEAR + 9, 3),
    ]
    found = read(*(reversed(events) if newest_first else events))
    assert found.touched["invoices"]["in_1"]
    assert [paid["id"] for paid in found.payments["in_1"]] == ["inpay_1", "inpay_2"]


@pytest.mark.parametrize(
    "payment",
    [
        event("invoice_payment.paid", a_payment(1, 400)),
        event("invoice_payment.paid", a_payment(1, 900), version="v0"),
        event("invoice_payment.paid", a_payment(1, 900) | {"amount_paid": "900"}),
        event("invoice_payment.created", a_payment(1, 900, "open")),
    ],
)
def test_payments_that_do_not_add_up_to_what_was_paid_are_not_believed_to_be_all(payment: Event) -> None:
    assert read(payment, event("invoice.paid", an_invoice(900), number=2)).touched["invoices"] == {"in_1": None}


def test_an_older_copy_of_an_invoice_that_was_paid_since_is_not_believed() -> None:
    stale = event("invoice.updated", an_invoice(0), NEW_YEAR)
    assert read(stale, event("invoice_payment.paid", a_payment(1, 900), NEW_YEAR + 1, 2)).touched["invoices"] == {
        "in_1": None
    }


def test_a_record_whose_event_shows_everything_is_taken_from_it_in_our_version_only() -> None:
    refund = {"object": "refund", "id": "re_1", "charge": "ch_1"}
    assert read(event("refund.created", refund)).touched["refunds"]["re_1"] == msgspec.json.encode(refund)
    assert read(event("refund.created", refund, version="v0")).touched["refunds"]["re_1"] is None


def test_two_different_copies_within_a_second_have_no_order_so_the_record_is_read_again() -> None:
    one, other = ({"object": "refund", "id": "re_1", "status": status} for status in ("pending", "failed"))
    assert (
        read(event("refund.updated", one, number=1), event("refund.updated", other, number=2)).touched["refunds"][
            "re_1"
        ]
        is None
    )
    later = event("refund.updated", other, NEW_YEAR + 1, 3)
    assert read(event("refund.updated", one), event("refund.updated", other, number=2), later).touched["refunds"][
        "re_1"
    ]


def test_two_equal_copies_within_a_second_are_one() -> None:
    row = {"object": "refund", "id": "re_1", "status": "failed"}
    assert read(event("refund.updated", row), event("refund.failed", row, number=2)).touched["refunds"]["re_1"]


def test_the_newest_event_wins_whatever_the_order_of_the_list() -> None:
    new = event("refund.updated", {"object": "refund", "id": "re_1", "status": "failed"}, NEW_YEAR + 5, 2)
    old = event("refund.created", {"object": "refund", "id": "re_1", "status": "pending"})
    for events in ([new, old], [old, new]):
        assert b"failed" in (read(*events).touched["refunds"]["re_1"] or b"")


@pytest.mark.parametrize(("later", "believed"), [(0, False), (-1, False), (1, True)])
def test_a_charge_shown_before_its_refund_or_in_the_same_second_is_read_again(later: int, believed: bool) -> None:
    refunded = event("refund.created", {"object": "refund", "id": "re_1", "charge": "ch_1"})
    shown = event("charge.refunded", {"object": "charge", "id": "ch_1"}, NEW_YEAR + later, 2)
    assert bool(read(refunded, shown).touched["payments"]["ch_1"]) is believed


@pytest.mark.parametrize("stream", ["customers", "invoices"])
def test_a_deletion_is_told(stream: str) -> None:
    kind = stream.removesuffix("s")
    found = read(event(f"{kind}.updated", {"object": kind, "id": "x", "amount_paid": 0}), _deleted(kind))
    assert found.touched[stream] == {"x": b""}


def _deleted(kind: str) -> Event:
    return event(f"{kind}.deleted", {"object": kind, "id": "x"}, NEW_YEAR + 1, 2)


LINK = {"metadata": {"owed_invoice": "books:invoice:1"}, "payment_link": "plink_1"}


@pytest.mark.parametrize(
    ("record", "stream", "identifier"),
    [
        ({"object": "invoice_payment", "id": "inpay_1", "invoice": "in_1"}, "invoices", "in_1"),
        ({"object": "credit_note", "id": "cn_1", "invoice": "in_1"}, "invoices", "in_1"),
        ({"object": "refund", "id": "re_1", "charge": {"id": "ch_1"}}, "payments", "ch_1"),
        ({"object": "payment_intent", "id": "pi_1", "latest_charge": "ch_1"}, "payments", "ch_1"),
        ({"object": "checkout.session", "id": "cs_1"} | LINK, "payment_links", "plink_1"),
        ({"object": "checkout.session", "id": "cs_1", "invoice": "in_1"}, "invoices", "in_1"),
    ],
)
def test_an_event_touches_what_it_changes_elsewhere(record: Record, stream: str, identifier: str) -> None:
    assert read(event("x.updated", record)).touched[stream] == {identifier: None}


@pytest.mark.parametrize(
    ("record", "moved"),
    [
        ({"object": "invoice", "starting_balance": -500, "ending_balance": 0}, True),
        ({"object": "invoice", "starting_balance": 0, "ending_balance": 30}, True),
        ({"object": "invoice", "amount_overpaid": 5}, True),
        ({"object": "credit_note", "customer_balance_transaction": "cbtxn_1"}, True),
        ({"object": "invoice", "starting_balance": -500, "ending_balance": -500, "amount_overpaid": 0}, False),
        ({"object": "invoice", "starting_balance": -500, "ending_balance": None}, False),
        ({"object": "credit_note", "customer_balance_transaction": None}, False),
    ],
)
def test_a_customers_balance_changes_without_an_event_of_its_own(record: Record, moved: bool) -> None:
    found = read(event("x", record | {"id": "x_1", "customer": "cus_1"}))
    assert found.touched["customers"] == ({"cus_1": None} if moved else {})


def test_sessions_of_links_that_are_not_ours_cost_nothing() -> None:
    row = {"object": "checkout.session", "id": "cs_1", "payment_link": "plink_1", "metadata": {}}
    assert read(event("checkout.session.completed", row)).touched["payment_links"] == {}


@pytest.mark.parametrize(
    "record",
    [
        {"object": "plan", "id": "p"},
        {"object": 5},
        {"object": ["invoice"], "id": "x"},
        {"object": "invoice", "id": None},
        "invoice",
        None,
        {"object": "customer_cash_balance_transaction", "id": "ccsbtxn_1"},
    ],
)
def test_events_of_other_things_are_discarded(record: Any) -> None:
    assert all(not records for records in read(event("x", record)).touched.values())


@pytest.mark.parametrize(("kind", "moved"), [("charge", True), ("payout", True), ("invoice", False), ("x", False)])
def test_only_some_events_mean_that_the_balance_has_new_transactions(kind: str, moved: bool) -> None:
    assert read(event("x", {"object": kind, "id": "1"})).money_moved is moved


def test_the_position_remembers_what_was_seen_within_the_overlap() -> None:
    events = [event("x", {}, NEW_YEAR - age, number) for number, age in ((1, 0), (2, 100), (3, 400))]
    assert position_after(events, Position()) == Position("evt_1", NEW_YEAR, ("evt_1", "evt_2"))
    assert position_after([], Position("evt_0", 5)) == Position("evt_0", 5)
