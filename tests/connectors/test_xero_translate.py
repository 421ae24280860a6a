"""What Xero records say in our words."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from connectors.fields import Record, Unreadable
from connectors.xero.translate import STREAMS
from receivables.facts import Allocation, Contact, Customer, Invoice, Payment, Refund
from tests.connectors.shared_specs import xero_example

DAY = "/Date(1767312000000+0000)/"  # 2 January 2026
ON = dt.date(2026, 1, 2)


def read(stream: str, row: Record) -> Any:
    (fact,) = STREAMS[stream].translate(row, "books")
    return fact


def an_invoice(**fields: Any) -> Record:
    return {
        "Type": "ACCREC",
        "InvoiceID": "inv-1",
        "InvoiceNumber": "INV-0001",
        "Status": "AUTHORISED",
        "CurrencyCode": "GBP",
        "Total": Decimal("120.00"),
        "TotalTax": Decimal("20.00"),
        "AmountDue": Decimal("70.00"),
        "Date": DAY,
        "DueDate": "/Date(1769904000000+0000)/",
        "Contact": {"ContactID": "c-1", "Name": "Ruiz"},
        "UpdatedDateUTC": "/Date(1767362400000+0000)/",
    } | fields


def a_payment(**fields: Any) -> Record:
    return {
        "PaymentID": "p-1",
        "PaymentType": "ACCRECPAYMENT",
        "Status": "AUTHORISED",
        "Date": DAY,
        "Amount": Decimal("50.00"),
        "Reference": "ch_1",
        "Account": {"Code": "090"},
        "Invoice": {"InvoiceID": "inv-1", "CurrencyCode": "GBP", "Contact": {"ContactID": "c-1"}},
    } | fields


def test_an_invoice() -> None:
    found: Invoice = read("invoices", an_invoice(Reference="PO 88", SentToContact=True))
    assert (found.total, found.open, found.tax, found.currency, found.status) == (12000, 7000, 2000, "GBP", "open")
    assert (found.issue_on, found.due_on) == (ON, dt.date(2026, 2, 1))
    assert (found.customer_id, found.number, found.reference, found.sent) == ("c-1", "INV-0001", "PO 88", True)
    assert found.updated_at == dt.datetime(2026, 1, 2, 14, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("written", "status"),
    [
        ("DRAFT", "draft"),
        ("SUBMITTED", "submitted"),
        ("AUTHORISED", "open"),
        ("PAID", "paid"),
        ("VOIDED", "void"),
        ("DELETED", "deleted"),
    ],
)
def test_statuses(written: str, status: str) -> None:
    assert read("invoices", an_invoice(Status=written)).status == status


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("Status", "ARCHIVED", "Status 'ARCHIVED' is unknown"),
        ("CurrencyCode", None, "CurrencyCode is missing"),
        ("AmountDue", "70.00", "expected a number"),
        ("AmountDue", None, "AmountDue is missing"),
        ("Contact", None, "Contact is missing"),
        ("Type", "QUOTE", "Type 'QUOTE' is unknown"),
        ("DueDate", "/Date(99999999999999999999)/", "DueDate"),
    ],
)
def test_trap_values_that_break_the_sdk_are_told_by_name(field: str, value: object, complaint: str) -> None:
    """T4."""
    with pytest.raises(Unreadable, match=complaint.replace("(", r"\(")):
        read("invoices", an_invoice(**{field: value}))


def test_trap_null_strings_are_empty_not_the_word_none() -> None:
    """T4."""
    found: Invoice = read("invoices", an_invoice(Reference=None, InvoiceNumber=None))
    assert (found.reference, found.number) == ("", "")


def test_trap_rounding_amounts_do_not_break_the_total() -> None:
    row = an_invoice(SubTotal=Decimal("99.95"), RoundingAmount=Decimal("0.05"))
    assert read("invoices", row).total == 12000


def test_bills_are_no_receivables() -> None:
    assert STREAMS["invoices"].translate(an_invoice(Type="ACCPAY"), "books") == ()
    assert STREAMS["credit_notes"].translate({"Type": "ACCPAYCREDIT"}, "books") == ()
    assert STREAMS["payments"].translate(a_payment(PaymentType="ACCPAYPAYMENT"), "books") == ()
    assert STREAMS["payments"].translate(a_payment(PaymentType="APCREDITPAYMENT"), "books") == ()
    assert STREAMS["overpayments"].translate({"Type": "SPEND-OVERPAYMENT"}, "books") == ()


def test_trap_credits_count_with_the_applied_amount_not_their_total() -> None:
    row = an_invoice(
        Payments=[
            {"PaymentID": "p-1", "Amount": Decimal("10.00"), "Date": DAY},
            {"PaymentID": "p-2", "Amount": Decimal("99.00"), "Date": DAY, "Status": "DELETED"},
        ],
        CreditNotes=[{"CreditNoteID": "cn-1", "Total": Decimal(500), "AppliedAmount": Decimal(25), "Date": DAY}],
        Overpayments=[{"OverpaymentID": "o-1", "Total": Decimal(80), "AppliedAmount": Decimal(10), "Date": DAY}],
        Prepayments=[{"PrepaymentID": "pre-1", "Total": Decimal(80), "AppliedAmount": Decimal(5), "Date": DAY}],
    )
    found: Invoice = read("invoices", row)
    assert found.allocations == (
        Allocation("payment", "p-1", "inv-1", 1000, ON),
        Allocation("credit_note", "cn-1", "inv-1", 2500, ON),
        Allocation("payment", "o-1", "inv-1", 1000, ON),
        Allocation("payment", "pre-1", "inv-1", 500, ON),
    )
    assert found.total - sum(share.amount for share in found.allocations) == found.open


def test_calendar_days_are_not_moved_into_another_zone() -> None:
    assert read("invoices", an_invoice(DueDate="/Date(1767312000000+1300)/")).due_on == ON


def test_the_exchange_rate_is_turned_into_home_units() -> None:
    assert read("invoices", an_invoice(CurrencyRate=Decimal("1.25"))).exchange_rate == "0.8"
    assert read("invoices", an_invoice(CurrencyRate=Decimal("1.0"))).exchange_rate == ""


def test_money_received() -> None:
    found: Payment = read("payments", a_payment(BatchPaymentID="b-1"))
    assert (found.amount, found.currency, found.status, found.reference) == (5000, "GBP", "settled", "ch_1")
    assert (found.account, found.group_id, found.customer_id, found.paid_on) == ("090", "b-1", "c-1", ON)
    assert found.allocations == (Allocation("payment", "p-1", "inv-1", 5000, ON),)


def test_a_deleted_payment_settles_nothing() -> None:
    found: Payment = read("payments", a_payment(Status="DELETED"))
    assert (found.status, found.allocations) == ("void", ())


@pytest.mark.parametrize(
    ("fields", "payment_id", "credit_note_id"),
    [
        ({"PaymentType": "ARCREDITPAYMENT", "CreditNote": {"CreditNoteID": "cn-1", "CurrencyCode": "GBP"}}, "", "cn-1"),
        ({"PaymentType": "ARCREDITPAYMENT", "Invoice": {"InvoiceID": "cn-1", "CurrencyCode": "GBP"}}, "", "cn-1"),
        (
            {"PaymentType": "AROVERPAYMENTPAYMENT", "Overpayment": {"OverpaymentID": "o-1", "CurrencyCode": "GBP"}},
            "o-1",
            "",
        ),
        (
            {"PaymentType": "ARPREPAYMENTPAYMENT", "Prepayment": {"PrepaymentID": "pre-1", "CurrencyCode": "GBP"}},
            "pre-1",
            "",
        ),
    ],
)
def test_money_given_back(fields: Record, payment_id: str, credit_note_id: str) -> None:
    found: Refund = read("payments", a_payment(**fields))
    assert (found.amount, found.payment_id, found.credit_note_id) == (5000, payment_id, credit_note_id)


def test_an_overpayment_is_a_payment_that_is_not_yet_applied() -> None:
    row = an_invoice(
        Type="RECEIVE-OVERPAYMENT",
        OverpaymentID="o-1",
        RemainingCredit=Decimal("70.00"),
        Allocations=[
            {"Amount": Decimal("30.00"), "Date": DAY, "Invoice": {"InvoiceID": "inv-9"}},
            {"Amount": Decimal("9.00"), "Date": DAY, "Invoice": {"InvoiceID": "inv-8"}, "IsDeleted": True},
        ],
        Payments=[{"PaymentID": "p-5", "Amount": Decimal("20.00")}],
    )
    found: Payment = read("overpayments", row)
    assert (found.amount, found.unapplied, found.refunded) == (12000, 7000, 2000)
    assert found.allocations == (Allocation("payment", "o-1", "inv-9", 3000, ON),)


def test_a_merged_contact_points_to_the_one_that_stayed() -> None:
    found: Customer = read(
        "customers", {"ContactID": "c-1", "Name": "Ruiz", "ContactStatus": "ARCHIVED", "MergedToContactID": "c-2"}
    )
    assert (found.active, found.merged_into) == (False, "c-2")


def test_persons_included_in_emails_are_copied() -> None:
    persons = [
        {"FirstName": "Ann", "EmailAddress": "ann@ruiz.example", "IncludeInEmails": True},
        {"FirstName": "Bo", "EmailAddress": "bo@ruiz.example"},
    ]
    found: Customer = read(
        "customers", {"ContactID": "c-1", "EmailAddress": "ap@ruiz.example", "ContactPersons": persons}
    )
    assert found.contacts == (
        Contact("ap@ruiz.example", primary=True),
        Contact("ann@ruiz.example", "Ann", copied=True),
        Contact("bo@ruiz.example", "Bo"),
    )


def test_trap_the_vendors_own_payments_example_can_be_read() -> None:
    """T4: the SDK fails on it, because IsReconciled is the text "false" there."""
    rows = xero_example("getPayments")["Payments"]
    received, refunded = (read("payments", row) for row in rows)
    assert (received.kind, received.amount, received.group_id) == (
        "payment",
        4600,
        "b54aa50c-794c-461b-89d1-846e1b84d9c0",
    )
    assert (refunded.kind, refunded.amount) == ("refund", 200)
    assert refunded.credit_note_id == "249f15fa-f2a7-4acc-8769-0984103f2225"
