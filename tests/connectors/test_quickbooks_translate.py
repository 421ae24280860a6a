"""What QuickBooks records say in our words."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from connectors.fields import Record, read_rows
from connectors.quickbooks.streams import STREAMS
from connectors.quickbooks.translate import Realm
from receivables.facts import Allocation, Contact, CreditNote, Customer, Gone, Invoice, Line, Payment, Payout, Refund
from receivables.money import MoneyError
from tests.connectors.shared_specs import quickbooks_recording

REALM = Realm("books", "USD")


def read(stream: str, row: Record, realm: Realm = REALM) -> Any:
    (fact,) = STREAMS[stream].facts(row, realm)
    return fact


def an_invoice(**fields: Any) -> Record:
    return {
        "Id": "1042",
        "SyncToken": "3",
        "DocNumber": "INV-7",
        "TxnDate": "2026-01-02",
        "DueDate": "2026-02-01",
        "CustomerRef": {"value": "5", "name": "Ruiz"},
        "CurrencyRef": {"value": "USD"},
        "TotalAmt": Decimal("110.00"),
        "Balance": Decimal("60.00"),
        "MetaData": {"LastUpdatedTime": "2026-01-03T10:00:00-08:00"},
    } | fields


def a_payment(*lines: tuple[str, str, str], total: str = "100.00", unapplied: str = "0") -> Record:
    return {
        "Id": "9",
        "CustomerRef": {"value": "5"},
        "CurrencyRef": {"value": "USD"},
        "TotalAmt": Decimal(total),
        "UnappliedAmt": Decimal(unapplied),
        "TxnDate": "2026-01-10",
        "Line": [
            {"Amount": Decimal(amount), "LinkedTxn": [{"TxnType": kind, "TxnId": number}]}
            for amount, kind, number in lines
        ],
    }


def test_an_invoice_keeps_both_its_total_and_its_open_balance() -> None:
    found: Invoice = read("invoices", an_invoice())
    assert (found.total, found.open, found.currency, found.status) == (11000, 6000, "USD", "open")
    assert found.due_on == dt.date(2026, 2, 1)
    assert found.updated_at == dt.datetime(2026, 1, 3, 18, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"Balance": Decimal(0)}, "paid"),
        ({"Balance": Decimal(0), "TotalAmt": Decimal(0), "PrivateNote": "Voided"}, "void"),
        ({"Balance": Decimal(0), "TotalAmt": Decimal(0), "PrivateNote": "Voided - typing error"}, "void"),
        ({"Balance": Decimal(0), "TotalAmt": Decimal(0)}, "paid"),
        ({"PrivateNote": "The cheque was voided"}, "open"),
        ({"Balance": Decimal(0), "TotalAmt": Decimal(0), "status": "Voided", "PrivateNote": "edited"}, "void"),
    ],
)
def test_the_status_is_derived_because_quickbooks_has_none(fields: Record, status: str) -> None:
    assert read("invoices", an_invoice(**fields)).status == status


@pytest.mark.parametrize(
    ("fields", "sent"),
    [
        ({}, None),
        ({"EmailStatus": "NotSet"}, False),
        ({"EmailStatus": "NeedToSend"}, False),
        ({"EmailStatus": "EmailSent"}, True),
        ({"EmailStatus": "NotSet", "DeliveryInfo": {"DeliveryTime": "2026-01-02T10:00:00-08:00"}}, True),
        ({"EInvoiceStatus": "Viewed"}, True),
        ({"EmailStatus": "SomethingNew"}, None),
    ],
)
def test_whether_it_was_ever_sent(fields: Record, sent: bool | None) -> None:
    assert read("invoices", an_invoice(**fields)).sent is sent


def test_online_payment_needs_a_switch_and_an_address() -> None:
    switched = {"AllowOnlineACHPayment": True}
    assert not read("invoices", an_invoice(**switched)).online_payment
    assert read("invoices", an_invoice(**switched, BillEmail={"Address": "ap@ruiz.example"})).online_payment
    assert not read("invoices", an_invoice(BillEmail={"Address": "ap@ruiz.example"})).online_payment


def test_whom_the_company_copies_in_is_told() -> None:
    told = read("invoices", an_invoice(BillEmailCc={"Address": "site@ruiz.example, boss@ruiz.example"}))
    assert told.copied == "site@ruiz.example, boss@ruiz.example"
    assert read("invoices", an_invoice(BillEmailCc=None)).copied == ""


def test_lines_open_bundles_leave_out_subtotals_and_subtract_discounts() -> None:
    """T8: the SDK reads subtotals under another name, and would count them in."""
    bundle = {"DetailType": "GroupLineDetail", "GroupLineDetail": {"Line": [_line("Door", "40"), _line("Hinge", "10")]}}
    lines = [
        _line("Oak", "60"),
        bundle,
        {"DetailType": "SubTotalLineDetail", "Amount": Decimal(110)},
        {"DetailType": "DiscountLineDetail", "Amount": Decimal("5.50"), "Description": "Trade"},
    ]
    found: Invoice = read("invoices", an_invoice(Line=lines))
    assert found.lines == (
        Line("Oak", "2", 6000),
        Line("Door", "2", 4000),
        Line("Hinge", "2", 1000),
        Line("Trade", "1", -550),
    )


def _line(description: str, amount: str) -> Record:
    sold = {"Qty": 2, "ItemRef": {"value": "1"}}
    detail = {"DetailType": "SalesItemLineDetail", "SalesItemLineDetail": sold}
    return {"Description": description, "Amount": Decimal(amount)} | detail


def test_money_taken_at_invoice_time_is_an_adjustment() -> None:
    assert read("invoices", an_invoice(Deposit=Decimal("50.00"))).adjustments == 5000


def test_the_home_currency_stands_in_where_multicurrency_is_off() -> None:
    row = an_invoice()
    del row["CurrencyRef"]
    assert read("invoices", row, Realm("books", "GBP")).currency == "GBP"


def test_a_purchase_order_number_is_found_in_a_custom_field() -> None:
    own = [{"Name": "Crew #", "StringValue": "4"}, {"Name": "P.O. Number", "StringValue": "PO-88"}]
    assert read("invoices", an_invoice(CustomField=own)).purchase_order == "PO-88"


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("CurrencyRef", {"value": "ZZZ"}, "unknown currency"),
        ("TotalAmt", "110.00", "TotalAmt is '110.00'; expected a number"),
        ("Balance", None, "Balance is missing"),
        ("CustomerRef", None, "CustomerRef is missing"),
        ("CustomerRef", "5", "CustomerRef is '5'; expected a record"),
        ("DueDate", "soon", "DueDate is 'soon'; expected a date"),
        ("Balance", Decimal("0.001"), "more digits than USD has"),
    ],
)
def test_trap_brittle_rows_become_a_problem_and_the_others_go_on(field: str, value: Any, complaint: str) -> None:
    rows = [an_invoice(Id="1"), an_invoice(Id="2", **{field: value}), an_invoice(Id="3")]

    def facts(row: Record) -> Any:
        return STREAMS["invoices"].facts(rows[int(row["Id"]) - 1], REALM)

    found = read_rows([b'{"Id":"1"}', b'{"Id":"2"}', b'{"Id":"3"}'], "books:invoice", "Id", facts)
    assert [fact.id for row in found for fact in row.facts] == ["1", "3"]
    problem = found[1].problem
    assert problem is not None
    assert problem.where == "books:invoice:2"
    assert complaint in problem.what


def test_trap_null_sub_objects_are_absent_not_fatal() -> None:
    """T8: the SDK raises TypeError on a JSON null."""
    empty = dict.fromkeys(
        ("BillEmail", "TxnTaxDetail", "CustomerMemo", "MetaData", "DeliveryInfo", "Line", "LinkedTxn")
    )
    found: Invoice = read("invoices", an_invoice(**empty))
    assert (found.email, found.tax, found.memo, found.updated_at, found.lines) == ("", 0, "", None, ())


def test_a_payment_tells_what_it_settles() -> None:
    found: Payment = read(
        "payments", a_payment(("60.00", "Invoice", "1"), ("30.00", "Invoice", "2"), unapplied="10.00")
    )
    assert (found.amount, found.unapplied) == (10000, 1000)
    on = dt.date(2026, 1, 10)
    assert found.allocations == (
        Allocation("payment", "9", "1", 6000, on),
        Allocation("payment", "9", "2", 3000, on),
    )


def test_a_zero_payment_allocates_the_credit_memo_it_ties_to_the_invoice() -> None:
    found: Payment = read("payments", a_payment(("25.00", "Invoice", "1"), ("25.00", "CreditMemo", "77"), total="0"))
    assert found.amount == 0
    assert found.status == "settled"
    assert found.allocations == (Allocation("credit_note", "77", "1", 2500, dt.date(2026, 1, 10)),)


def test_cash_and_credit_in_one_payment_never_settle_more_than_there_is() -> None:
    lines = (("80.00", "Invoice", "1"), ("50.00", "Invoice", "2"), ("30.00", "CreditMemo", "77"))
    found: Payment = read("payments", a_payment(*lines, total="100.00"))
    assert sum(share.amount for share in found.allocations) == 13000
    by_source = {
        kind: sum(s.amount for s in found.allocations if s.source_kind == kind) for kind in ("payment", "credit_note")
    }
    assert by_source == {"payment": 10000, "credit_note": 3000}


def test_a_journal_entry_that_fills_the_gap_counts_as_a_credit() -> None:
    found: Payment = read("payments", a_payment(("40.00", "Invoice", "1"), ("40.00", "JournalEntry", "5"), total="0"))
    assert found.allocations == (Allocation("other", "5", "1", 4000, dt.date(2026, 1, 10)),)


def test_a_reference_that_quickbooks_cut_off_is_completed_from_the_note() -> None:
    whole = "ch_3SxyzABCDEFGHIJKLMNOPQR"
    row = a_payment() | {
        "PaymentRefNum": whole[:21],
        "PrivateNote": f"{whole} card:payment:{whole} [owed-0123456789ab]",
    }
    assert read("payments", row).reference == whole
    assert read("payments", row | {"PrivateNote": "cheque"}).reference == whole[:21]
    assert read("payments", row | {"PaymentRefNum": "ch_3"}).reference == "ch_3"


def test_a_voided_payment_counts_for_nothing() -> None:
    voided = a_payment(total="0") | {"PrivateNote": "Voided"}
    assert read("payments", voided).status == "void"


def test_an_open_credit_memo() -> None:
    row = an_invoice(RemainingCredit=Decimal("20.00"), Balance=Decimal("20.00"))
    found: CreditNote = read("credit_notes", row)
    assert (found.total, found.open, found.status) == (11000, 2000, "open")


def test_a_deposit_names_its_payments_and_sales_receipts() -> None:
    linked = [{"TxnId": "9", "TxnType": "Payment"}, {"TxnId": "4", "TxnType": "SalesReceipt"}]
    row = {"Id": "3", "CurrencyRef": {"value": "USD"}, "TotalAmt": Decimal("98.00"), "TxnDate": "2026-01-12"}
    found: Payout = read("deposits", row | {"Line": [{"Amount": Decimal(100), "LinkedTxn": linked}]})
    assert (found.amount, found.payment_ids, found.arrives_on) == (
        9800,
        ("9", "salesreceipt-4"),
        dt.date(2026, 1, 12),
    )


def test_a_refund_receipt() -> None:
    row = {"Id": "3", "CurrencyRef": {"value": "USD"}, "TotalAmt": Decimal("12.00"), "CustomerRef": {"value": "5"}}
    found: Refund = read("refunds", row | {"PrivateNote": "wrong size"})
    assert (found.amount, found.customer_id, found.status, found.reason) == (1200, "5", "settled", "wrong size")


def test_several_addresses_in_one_field_are_several_contacts() -> None:
    row = {"Id": "5", "DisplayName": "Ruiz", "PrimaryEmailAddr": {"Address": "ap@ruiz.example, boss@ruiz.example"}}
    found: Customer = read("customers", row)
    assert [(contact.email, contact.primary) for contact in found.contacts] == [
        ("ap@ruiz.example", True),
        ("boss@ruiz.example", False),
    ]


def test_a_job_belongs_to_its_parent() -> None:
    row = {"Id": "6", "DisplayName": "Kitchen", "Job": True, "BillWithParent": True, "ParentRef": {"value": "5"}}
    found: Customer = read("customers", row)
    assert (found.parent_id, found.billed_with_parent, found.active) == ("5", True, True)


def test_a_deletion_is_told_by_change_data_only() -> None:
    row = {"domain": "QBO", "status": "Deleted", "Id": "3", "MetaData": {"LastUpdatedTime": "2026-01-03T10:00:00Z"}}
    found: Gone = read("invoices", row)
    assert (found.of_kind, found.id) == ("invoice", "3")


def test_a_foreign_home_currency_that_does_not_exist_is_refused() -> None:
    row = an_invoice()
    del row["CurrencyRef"]
    with pytest.raises(MoneyError):
        read("invoices", row, Realm("books", "???"))


def test_real_recorded_customers_can_all_be_read() -> None:
    body = quickbooks_recording("all__customers", 1)["body"]
    found = [read("customers", row) for row in body["QueryResponse"]["Customer"]]
    assert len(found) == 41
    assert found[0].name == "Amy's Bird Sanctuary"
    assert found[0].contacts == (Contact("Birds@Intuit.com", "Amy Lauterbach", "(650) 555-3311", primary=True),)
    assert found[0].balance == 63900


def test_a_real_recorded_invoice_can_be_read() -> None:
    found: Invoice = read("invoices", quickbooks_recording("create__invoice", 0)["body"]["Invoice"])
    assert (found.number, found.total, found.open, found.sent) == ("1043", 10000, 10000, False)
    assert [line.amount for line in found.lines] == [10000]


def test_a_payment_that_settles_a_debt_by_journal_pays_no_invoice_with_that_money() -> None:
    """Ids of journals are no ids of invoices, though both count from one."""
    found: Payment = read("payments", a_payment(("60.00", "Invoice", "1"), ("40.00", "JournalEntry", "1")))
    assert found.allocations == (Allocation("payment", "9", "1", 6000, dt.date(2026, 1, 10)),)
    assert found.journals == (("1", 4000),)
    tied: Payment = read("payments", a_payment(("25.00", "JournalEntry", "5"), ("25.00", "CreditMemo", "7"), total="0"))
    assert (tied.allocations, tied.journals) == ((), (("5", 2500),))


@given(
    invoices=st.lists(st.integers(1, 90), max_size=3),
    memos=st.lists(st.integers(1, 90), max_size=2),
    entries=st.lists(st.tuples(st.integers(1, 90), st.booleans()), max_size=4),
)
def test_what_journals_give_and_take_evens_out_whatever_stands_among_the_lines(
    invoices: list[int], memos: list[int], entries: list[tuple[int, bool]]
) -> None:
    """`entries` are (amount, gives). Nothing is settled with money that is not there, nor left over unsaid."""
    cash = sum(invoices) - sum(memos) + sum(-amount if gives else amount for amount, gives in entries)
    assume(cash >= 0)
    kinds = [("Invoice", invoices), ("CreditMemo", memos), ("JournalEntry", [amount for amount, _ in entries])]
    lines = [(f"{amount}.00", kind, f"{place}") for kind, all_of in kinds for place, amount in enumerate(all_of)]
    found: Payment = read("payments", a_payment(*lines, total=f"{cash}.00"))
    taken = sum(amount for _, amount in found.journals)
    by_source = dict.fromkeys(("payment", "credit_note", "other"), 0)
    for share in found.allocations:
        by_source[share.source_kind] += share.amount
    assert sum(by_source.values()) == 100 * sum(invoices)
    given_by_journals = 100 * sum(amount for amount, _ in entries) - taken
    assert 100 * (cash + sum(memos)) + given_by_journals == 100 * sum(invoices) + taken
    assert by_source["payment"] <= 100 * cash
