"""What Stripe records say in our words."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.fields import Record, Unreadable
from connectors.stripe.amounts import amount, units
from connectors.stripe.in_flight import of_invoice, of_sessions
from connectors.stripe.records import Account
from connectors.stripe.translate import STREAMS
from receivables.facts import (
    Allocation,
    Chargeback,
    CreditNote,
    Customer,
    Gone,
    Invoice,
    Line,
    Payment,
    PaymentLink,
    Payout,
    Refund,
)
from receivables.money import Money, MoneyError

NEW_YEAR = 1767225600  # 2026-01-01T00:00:00Z
LONDON = Account("card", ZoneInfo("Europe/London"))
NEW_YORK = Account("card", ZoneInfo("America/New_York"))


def read(stream: str, row: Record, account: Account = LONDON) -> Any:
    (fact,) = STREAMS[stream].facts(row, account)
    return fact


def paid_by(kind: str, source: str, minor: int, status: str = "paid") -> Record:
    return {
        "status": status,
        "amount_paid": minor if status == "paid" else None,
        "amount_requested": minor,
        "payment": {"type": kind, kind: source},
        "status_transitions": {"paid_at": NEW_YEAR},
    }


def an_invoice(**fields: Any) -> Record:
    return {
        "id": "in_1",
        "object": "invoice",
        "number": "HJ-1",
        "status": "open",
        "currency": "gbp",
        "customer": "cus_1",
        "total": 10000,
        "amount_due": 10000,
        "amount_paid": 0,
        "amount_remaining": 10000,
        "created": NEW_YEAR,
        "due_date": NEW_YEAR + 30 * 86400,
        "collection_method": "send_invoice",
        "status_transitions": {"finalized_at": NEW_YEAR, "paid_at": None},
        "metadata": {"order": "7"},
    } | fields


def test_an_invoice() -> None:
    found: Invoice = read("invoices", an_invoice(hosted_invoice_url="https://pay.example/1"))
    assert (found.total, found.open, found.currency, found.status) == (10000, 10000, "GBP", "open")
    assert (found.issue_on, found.due_on) == (dt.date(2026, 1, 1), dt.date(2026, 1, 31))
    assert found.metadata == {"order": "7"}
    assert (found.online_payment, found.pay_url) == (True, "https://pay.example/1")
    assert not found.charged_automatically


@pytest.mark.parametrize(("taxes", "tax"), [(None, None), ([], None), ([{"amount": 20}, {"amount": 5}], 25)])
def test_the_tax_of_a_line_is_told_where_stripe_tells_it(taxes: object, tax: int | None) -> None:
    row = an_invoice(lines={"data": [{"description": "Oak", "amount": 100, "quantity": 2, "taxes": taxes}]})
    assert read("invoices", row).lines == (Line(description="Oak", quantity="2", amount=100, tax=tax),)


def test_days_are_those_of_the_accounts_time_zone() -> None:
    assert read("invoices", an_invoice(), NEW_YORK).issue_on == dt.date(2025, 12, 31)


@pytest.mark.parametrize("status", ["draft", "open", "paid", "uncollectible", "void"])
def test_statuses(status: str) -> None:
    assert read("invoices", an_invoice(status=status)).status == status


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("status", "archived", "status 'archived' is unknown"),
        ("currency", "zzz", "unknown currency"),
        ("amount_remaining", "10000", "amount_remaining is '10000'; expected a whole number"),
        ("amount_remaining", None, "amount_remaining is missing"),
        ("total", 10.5, "total is 10.5; expected a whole number"),
        ("customer", None, "customer and customer_account are missing"),
        ("payments", {"data": 5}, "data is 5; expected a list"),
    ],
)
def test_values_that_cannot_be_read_are_told_by_name(field: str, value: object, complaint: str) -> None:
    with pytest.raises((Unreadable, MoneyError), match=complaint):
        read("invoices", an_invoice(**{field: value}))


def test_a_customer_account_stands_in_for_a_customer() -> None:
    assert read("invoices", an_invoice(customer=None, customer_account="acct_9")).customer_id == "acct_9"


def test_trap_post_basil_an_invoice_is_settled_by_its_payments() -> None:
    payments = {
        "data": [
            paid_by("payment_intent", "pi_1", 4000),
            paid_by("charge", "ch_2", 1000),
            paid_by("payment_record", "prec_1", 500),
            paid_by("payment_intent", "pi_9", 4500, "open"),
        ],
        "has_more": False,
    }
    found: Invoice = read("invoices", an_invoice(payments=payments, amount_paid=5500, amount_remaining=4500))
    on = dt.date(2026, 1, 1)
    assert found.allocations == (
        Allocation("payment", "pi_1", "in_1", 4000, on),
        Allocation("payment", "ch_2", "in_1", 1000, on),
        Allocation("other", "prec_1", "in_1", 500, on),
    )
    assert found.total - sum(share.amount for share in found.allocations) - found.adjustments == found.open


def test_what_was_paid_outside_stripe_is_an_allocation_of_its_own() -> None:
    row = an_invoice(status="paid", payments={"data": []}, amount_paid=10000, amount_remaining=0)
    found: Invoice = read("invoices", row)
    assert [(share.source_kind, share.amount) for share in found.allocations] == [("other", 10000)]


def test_trap_amount_due_is_not_the_total_the_customers_balance_is_an_adjustment() -> None:
    row = an_invoice(amount_due=7000, amount_remaining=7000, pre_payment_credit_notes_amount=2000)
    found: Invoice = read("invoices", row)
    assert found.adjustments == 1000
    assert found.total - found.adjustments - 2000 == found.open


@pytest.mark.parametrize(
    ("currency", "stripe", "minor"),
    [
        ("GBP", 1250, 1250),
        ("JPY", 500, 500),
        ("KWD", 1234, 1234),
        ("ISK", 500, 5),
        ("UGX", 12300, 123),
        ("MGA", 70, 7000),
    ],
)
def test_trap_never_divide_by_100_blindly(currency: str, stripe: int, minor: int) -> None:
    assert amount({"amount": stripe}, "amount", currency) == minor
    assert units(Money(minor, currency)) == stripe


def test_an_amount_that_the_currency_cannot_hold_is_refused() -> None:
    with pytest.raises(Unreadable, match="more digits"):
        amount({"amount": 550}, "amount", "ISK")
    with pytest.raises(ValueError, match="whole units"):
        units(Money(7050, "MGA"))


def a_charge(**fields: Any) -> Record:
    return {
        "id": "ch_1",
        "object": "charge",
        "status": "succeeded",
        "captured": True,
        "amount": 5000,
        "amount_captured": 5000,
        "amount_refunded": 1000,
        "currency": "gbp",
        "created": NEW_YEAR,
        "payment_intent": "pi_1",
        "metadata": {"owed_invoice": "books:invoice:7"},
        "payment_method_details": {"type": "card"},
    } | fields


def test_a_charge_is_a_payment_without_a_customer_if_need_be() -> None:
    found: Payment = read(
        "payments", a_charge(customer=None, billing_details={"name": "Ruiz", "email": "ap@ruiz.example"})
    )
    assert (found.amount, found.refunded, found.status, found.customer_id) == (5000, 1000, "settled", "")
    assert (found.group_id, found.metadata["owed_invoice"]) == ("pi_1", "books:invoice:7")
    assert (found.payer_name, found.payer_email, found.method) == ("Ruiz", "ap@ruiz.example", "card")


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"status": "pending", "captured": True}, "pending"),
        ({"captured": False}, "pending"),
        ({"captured": False, "refunded": True}, "void"),
        ({"status": "failed", "payment_method_details": {"type": "us_bank_account"}}, "failed"),
    ],
)
def test_money_that_is_not_yet_here_or_never_came(fields: Record, status: str) -> None:
    assert read("payments", a_charge(**fields)).status == status


def test_a_refused_card_never_held_money() -> None:
    assert STREAMS["payments"].facts(a_charge(status="failed"), LONDON) == ()


@pytest.mark.parametrize(
    ("transaction", "fee"),
    [({"currency": "gbp", "fee": 95}, 95), ({"currency": "eur", "fee": 95}, None), ("txn_1", None), (None, None)],
)
def test_a_fee_counts_in_the_payments_own_currency_only(transaction: object, fee: int | None) -> None:
    assert read("payments", a_charge(balance_transaction=transaction)).fee == fee


def test_a_credit_note_allocates_the_part_before_payment() -> None:
    row = {
        "id": "cn_1",
        "status": "issued",
        "currency": "gbp",
        "amount": 3000,
        "pre_payment_amount": 2000,
        "created": NEW_YEAR,
    }
    found: CreditNote = read("credit_notes", row | {"invoice": "in_1", "customer": "cus_1"})
    assert (found.total, found.open, found.status) == (3000, 0, "paid")
    assert found.allocations == (Allocation("credit_note", "cn_1", "in_1", 2000, dt.date(2026, 1, 1)),)
    assert read("credit_notes", row | {"invoice": "in_1", "status": "void"}).allocations == ()


@pytest.mark.parametrize(
    ("written", "status"),
    [
        ("pending", "pending"),
        ("requires_action", "pending"),
        ("succeeded", "settled"),
        ("failed", "failed"),
        ("canceled", "void"),
    ],
)
def test_refunds(written: str, status: str) -> None:
    row = {"id": "re_1", "status": written, "currency": "gbp", "amount": 700, "charge": "ch_1", "created": NEW_YEAR}
    found: Refund = read("refunds", row)
    assert (found.amount, found.payment_id, found.status) == (700, "ch_1", status)


@pytest.mark.parametrize(
    ("written", "status"),
    [
        ("warning_needs_response", "inquiry"),
        ("warning_closed", "won"),
        ("needs_response", "open"),
        ("appeal_under_review", "open"),
        ("prevented", "won"),
        ("lost", "lost"),
    ],
)
def test_chargebacks(written: str, status: str) -> None:
    row = {"id": "dp_1", "status": written, "currency": "gbp", "amount": 700, "charge": "ch_1", "created": NEW_YEAR}
    found: Chargeback = read("chargebacks", row)
    assert (found.payment_id, found.status) == ("ch_1", status)


def test_a_payout_arrives_on_the_utc_day_it_names() -> None:
    row = {"id": "po_1", "status": "in_transit", "currency": "usd", "amount": -300, "arrival_date": NEW_YEAR}
    found: Payout = read("payouts", row, NEW_YORK)
    assert (found.amount, found.status, found.arrives_on) == (-300, "pending", dt.date(2026, 1, 1))


def test_only_links_of_ours_are_facts() -> None:
    row = {"id": "plink_1", "url": "https://buy.example/1", "active": True, "currency": "gbp", "metadata": {}}
    assert STREAMS["payment_links"].facts(row, LONDON) == ()
    ours = row | {"metadata": {"owed_invoice": "books:invoice:7", "owed_amount": "1250"}}
    found: PaymentLink = read("payment_links", ours)
    assert (found.amount, found.invoice, found.active) == (1250, "books:invoice:7", True)


def test_a_customers_credit_is_negative_as_stripe_writes_it() -> None:
    found: Customer = read("customers", {"id": "cus_1", "name": "Ruiz", "currency": "gbp", "balance": -500})
    assert found.balance == -500
    assert read("customers", {"id": "cus_1", "currency": None, "balance": 0}).balance is None


def test_the_stub_of_a_deleted_record_is_gone() -> None:
    assert read("customers", {"id": "cus_1", "object": "customer", "deleted": True}) == Gone(
        connection="card", id="cus_1", of_kind="customer"
    )


# --- money on its way -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "intent", "expected"),
    [
        ("open", {"id": "pi_1", "status": "processing"}, 4000),
        ("open", {"id": "pi_1", "status": "requires_payment_method"}, 0),
        ("open", "pi_1", 0),
        ("paid", {"id": "pi_1", "status": "succeeded"}, 0),
    ],
)
def test_a_bank_debit_on_its_way_is_in_flight(status: str, intent: object, expected: int) -> None:
    payment = paid_by("payment_intent", "pi_1", 4000, status) | {
        "payment": {"type": "payment_intent", "payment_intent": intent}
    }
    row = an_invoice(payments={"data": [payment]})
    assert of_invoice(row, read("invoices", row)) == expected


def test_more_in_flight_than_is_open_is_not_possible() -> None:
    processing = {"type": "payment_intent", "payment_intent": {"status": "processing"}}
    row = an_invoice(
        amount_remaining=1000, payments={"data": [paid_by("x", "x", 4000, "open") | {"payment": processing}]}
    )
    assert of_invoice(row, read("invoices", row)) == 1000


@pytest.mark.parametrize(
    ("session", "expected"),
    [
        ({"status": "complete", "payment_status": "paid"}, 900),
        ({"status": "complete", "payment_status": "unpaid", "payment_intent": {"status": "processing"}}, 900),
        (
            {"status": "complete", "payment_status": "unpaid", "payment_intent": {"status": "requires_payment_method"}},
            0,
        ),
        ({"status": "open", "payment_status": "unpaid"}, 0),
        ({"status": "expired", "payment_status": "unpaid"}, 0),
    ],
)
def test_completed_sessions_of_a_link_count_unless_the_debit_failed(session: Record, expected: int) -> None:
    assert of_sessions([session | {"amount_total": 900, "currency": "gbp"}]) == expected
