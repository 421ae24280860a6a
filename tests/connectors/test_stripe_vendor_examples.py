"""The vendor's own examples, one for each resource: those that concern receivables become facts, the others are named.

All examples were made at the same moment, the evening of 13 February 2009 in London.
"""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.fields import Unreadable
from connectors.stripe.changes import Event, EventData, changes_of
from connectors.stripe.in_flight import of_sessions
from connectors.stripe.records import Account
from connectors.stripe.translate import STREAMS
from receivables.facts import (
    Allocation,
    BalanceTransaction,
    Chargeback,
    Customer,
    Fact,
    Gone,
    Invoice,
    Line,
    Payment,
    Payout,
    Refund,
)
from tests.connectors.shared_specs import example, stripe_fixture

import msgspec  # isort: skip

CARD = Account("card", ZoneInfo("Europe/London"), live=False)
DAY = dt.date(2009, 2, 13)

READ: dict[str, tuple[str, tuple[Fact, ...]]] = {
    "customer": ("customers", (Customer(connection="card", id="cus_QXg1o8vcGmoR32", currency="USD", balance=0),)),
    "deleted_customer": ("customers", (Gone(connection="card", id="cus_QXg1o8vcGmoR32", of_kind="customer"),)),
    "invoice": (
        "invoices",
        (
            Invoice(
                connection="card",
                id="in_1Pgc6tB7WZ01zgkWu9fdqL6I",
                customer_id="cus_QXg1o8vcGmoR32",
                status="draft",
                currency="USD",
                total=1000,
                open=1000,
                issue_on=DAY,
                due_on=DAY,
                lines=(Line(description="My First Invoice Item (created for API docs)", amount=1000),),
                charged_automatically=True,
            ),
        ),
    ),
    "deleted_invoice": ("invoices", (Gone(connection="card", id="in_1Pgc6tB7WZ01zgkWu9fdqL6I", of_kind="invoice"),)),
    "charge": (
        "payments",
        (
            Payment(
                connection="card",
                id="ch_1PgafuB7WZ01zgkWXYmPNZs8",
                status="pending",
                currency="USD",
                amount=100,
                paid_on=DAY,
                method="card",
                payer_name="Jenny Rosen",
                description="My First Test Charge (created for API docs)",
            ),
        ),
    ),
    "refund": (
        "refunds",
        (
            Refund(
                connection="card",
                id="re_1Pgc72B7WZ01zgkWqPvrRrPE",
                payment_id="ch_1PgafuB7WZ01zgkWXYmPNZs8",
                currency="USD",
                amount=100,
                refunded_on=DAY,
            ),
        ),
    ),
    "dispute": (
        "chargebacks",
        (
            Chargeback(
                connection="card",
                id="dp_1Pgc71B7WZ01zgkWMevJiAUx",
                payment_id="ch_1PgafuB7WZ01zgkWXYmPNZs8",
                status="inquiry",
                currency="USD",
                amount=1000,
                opened_at=dt.datetime(2009, 2, 13, 23, 31, 30, tzinfo=dt.UTC),
                reason="general",
            ),
        ),
    ),
    "payout": (
        "payouts",
        (
            Payout(
                connection="card",
                id="po_1Pgc79B7WZ01zgkWu1KToYf4",
                status="pending",
                currency="USD",
                amount=1100,
                arrives_on=DAY,
            ),
        ),
    ),
    "balance_transaction": (
        "balance_transactions",
        (
            BalanceTransaction(
                connection="card",
                id="txn_1PgaxNB7WZ01zgkWEV3TLf40",
                currency="USD",
                amount=100,
                net=100,
                category="charge",
                source_id="ch_1PgafuB7WZ01zgkWXYmPNZs8",
                made_on=DAY,
                available_on=DAY,
            ),
        ),
    ),
    "payment_link": ("payment_links", ()),
}
#: The vendor's example contradicts itself, or tells of nothing of ours: a test below says what is made of it.
ODD = {"credit_note", "event"}

NOT_READ: dict[str, tuple[str, ...]] = {
    "read inside another record, or asked for what is on its way": (
        "account", "checkout.session", "credit_note_line_item", "invoice_payment", "invoiceitem", "item",
        "line_item", "payment_intent", "payment_record", "price", "product", "tax_rate", "deleted_invoiceitem",
        "payment_attempt_record", "payment_intent_amount_details_line_item",
    ),
    "told by a figure of the customer or the invoice: its balance, discounts and taxes": (
        "cash_balance", "coupon", "customer_balance_transaction", "customer_cash_balance_transaction",
        "deleted_coupon", "deleted_discount", "deleted_tax_id", "discount", "tax_id",
    ),
    "seen as its balance transaction": (
        "application_fee", "fee_refund", "topup", "transfer", "transfer_reversal", "reserve.hold",
        "reserve.plan", "reserve.release", "balance",
    ),
    "other products of Stripe, with money of another kind or none": (
        "climate.order", "climate.product", "climate.supplier", "entitlements.active_entitlement",
        "entitlements.active_entitlement_summary", "entitlements.feature", "financial_connections.account",
        "financial_connections.account_owner", "financial_connections.account_ownership",
        "financial_connections.authorization", "financial_connections.session",
        "financial_connections.transaction", "forwarding.request", "identity.verification_report",
        "identity.verification_session", "issuing.authorization", "issuing.card", "issuing.cardholder",
        "issuing.dispute", "issuing.personalization_design", "issuing.physical_bundle", "issuing.settlement",
        "issuing.token", "issuing.transaction", "reporting.report_run", "reporting.report_type",
        "treasury.credit_reversal", "treasury.debit_reversal", "treasury.financial_account",
        "treasury.financial_account_features", "treasury.inbound_transfer", "treasury.outbound_payment",
        "treasury.outbound_transfer", "treasury.received_credit", "treasury.received_debit",
        "treasury.transaction", "treasury.transaction_entry",
    ),
    "how customers pay, before anybody paid": (
        "apple_pay_domain", "bank_account", "card", "confirmation_token", "customer_session",
        "deleted_apple_pay_domain", "deleted_bank_account", "deleted_card", "deleted_external_account",
        "deleted_payment_source", "ephemeral_key", "external_account", "funding_instructions", "mandate",
        "payment_method", "payment_method_configuration", "payment_method_domain", "payment_source",
        "setup_attempt", "setup_intent", "shipping_rate", "source", "source_mandate_notification",
        "source_transaction", "terminal.configuration", "terminal.connection_token", "terminal.location",
        "terminal.onboarding_link", "terminal.reader", "terminal.refund", "token",
    ),
    "what will be billed, not what is": (
        "billing.alert", "billing.alert_triggered", "billing.credit_balance_summary",
        "billing.credit_balance_transaction", "billing.credit_grant", "billing.meter", "billing.meter_event",
        "billing.meter_event_adjustment", "billing.meter_event_summary", "deleted_plan", "deleted_price",
        "deleted_product", "deleted_product_feature", "deleted_subscription_item",
        "invoice_rendering_template", "plan", "product_feature", "promotion_code", "quote",
        "scheduled_query_run", "subscription", "subscription_item", "subscription_schedule", "tax.association",
        "tax.calculation", "tax.calculation_line_item", "tax.registration", "tax.settings", "tax.transaction",
        "tax.transaction_line_item", "tax_code", "test_helpers.test_clock",
    ),
    "the account itself, its people, rules and tools": (
        "account_link", "account_session", "application", "apps.secret", "balance_settings",
        "billing_portal.configuration", "billing_portal.session", "capability", "country_spec",
        "deleted_account", "deleted_application", "deleted_person", "deleted_radar.value_list",
        "deleted_radar.value_list_item", "deleted_terminal.configuration", "deleted_terminal.location",
        "deleted_terminal.reader", "deleted_test_helpers.test_clock", "deleted_webhook_endpoint",
        "exchange_rate", "file", "file_link", "login_link", "person", "radar.early_fraud_warning",
        "radar.payment_evaluation", "radar.value_list", "radar.value_list_item", "review",
        "sigma.sigma_api_query", "webhook_endpoint",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_an_example_of_the_vendor_as_a_fact(name: str) -> None:
    stream, facts = READ[name]
    assert STREAMS[stream].facts(stripe_fixture(name), CARD) == facts


def test_every_example_is_either_read_or_left_out_for_a_reason() -> None:
    names = {name for group in NOT_READ.values() for name in group}
    assert names.isdisjoint(READ)
    assert {*names, *READ, *ODD} == set(example("stripe/fixtures3.json")["resources"])
    assert all(reason and group for reason, group in NOT_READ.items())


def test_the_example_of_a_credit_note_takes_more_off_its_invoice_than_it_is_worth() -> None:
    with pytest.raises(Unreadable, match="pre_payment_amount 251024947 is more than amount 1690"):
        STREAMS["credit_notes"].facts(stripe_fixture("credit_note"), CARD)
    (fact,) = STREAMS["credit_notes"].facts(stripe_fixture("credit_note") | {"pre_payment_amount": 1690}, CARD)
    assert fact.allocations == (  # type: ignore[attr-defined]  # a CreditNote
        Allocation("credit_note", fact.id, "in_1Pgc75B7WZ01zgkWYv4iMwt7", 1690, DAY),
    )


def test_the_example_of_an_event_is_about_a_plan_and_changes_nothing() -> None:
    row: dict[str, Any] = stripe_fixture("event")
    raw = msgspec.Raw(msgspec.json.encode(row["data"]["object"]))
    told = changes_of([Event(row["id"], row["type"], row["created"], EventData(raw))], "v1")
    assert not any(told.touched.values())
    assert not told.money_moved


def test_the_example_of_a_checkout_session_is_open_so_nothing_is_on_its_way() -> None:
    assert of_sessions([stripe_fixture("checkout.session")]) == 0
