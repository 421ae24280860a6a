"""A small company at QuickBooks with one of each kind of record, and commands towards it."""

import datetime as dt

from receivables.commands import (
    AddNote,
    ApplyCredit,
    ChargeFee,
    CreatePaymentLink,
    CreditInvoice,
    RecordPayment,
    RecordProcessingFee,
    RecordRefund,
    SendInvoiceEmail,
    SetCustomerMemo,
    VoidInvoice,
    VoidPayment,
)
from receivables.money import Money
from receivables.refs import Ref
from sandbox.company.plan import Credit, Line
from sandbox.quickbooks.books import Books
from sandbox.serve import Sandbox
from sandbox.state import Record
from tests.sandbox.worlds import bill, debtor, paid, stock

Ids = dict[str, str]
TODAY = dt.date(2026, 3, 2)
FEBRUARY = dt.date(2026, 2, 1)
NO_TAX = "No VAT"


def furnish(sandbox: Sandbox) -> Ids:
    """Two open invoices, one of them paid in part; an open credit memo, an advance payment, one payment in a deposit."""
    owner = debtor()
    first = bill(owner, "1001", on=FEBRUARY, lines=[Line("Oak table", 2, 5_000, taxed=True)])
    second = bill(
        owner, "1002", on=FEBRUARY + dt.timedelta(days=4), receipts=[paid(dt.date(2026, 2, 20), 2_500, "BACS 7")]
    )
    memo = Credit("memo", owner, "credit_note", dt.date(2026, 2, 10), 3_000, "Returned goods")
    advance = Credit("advance", owner, "payment", dt.date(2026, 2, 12), 1_500, "ADV-1")
    ids = stock(sandbox, "quickbooks", first, second, credits=(memo, advance)).quickbooks.ids
    books = sandbox.quickbooks.books
    with sandbox.changes():
        banked = next(one["id"] for one in books["Payment"] if one["reference"] == "BACS 7")
        made = _others(books, ids["acme"], banked)
    named = {"invoice": ids["bill-1001"], "other": ids["bill-1002"], "customer": ids["acme"], "credit": ids["memo"]}
    named |= {"payment": ids["advance"], "banked": banked, "missing": "99999999", "currency": "GBP"}
    return named | made


def _others(books: Books, customer: str, banked: str) -> Ids:
    sold = {"kind": "item", "amount": 3_500, "unit": 3_500, "quantity": 1, "item": "1", "description": "Offcuts"}
    shared: Record = {"customer": customer, "currency": "GBP", "date": "2026-02-21", "voided": False, "account": "35"}
    shared |= {"lines": [sold | {"tax_code": NO_TAX}], "tax": 0, "note": None, "bill_email": None}
    receipt = books.create("SalesReceipt", shared | {"number": "SR-1", "reference": "ch_1"})
    refund = books.create("RefundReceipt", shared | {"number": "RR-1"})
    lines = [{"amount": 2_500, "type": "Payment", "to": banked}]
    dated: Record = {"date": "2026-02-22", "currency": "GBP", "number": "", "note": "Takings"}
    deposit = books.create("Deposit", dated | {"lines": lines, "account": "35"})
    sides = [("Debit", "90", None), ("Credit", "84", customer)]
    entry_lines = [
        {"side": side, "account": account, "customer": who, "amount": 900, "description": "Bad debt"}
        for side, account, who in sides
    ]
    entry = books.create("JournalEntry", dated | {"lines": entry_lines, "number": "JE-1"})
    return {
        "receipt": f"salesreceipt-{receipt['id']}",
        "refund": refund["id"],
        "deposit": deposit["id"],
        "line": f"{entry['id']}-1",
        "lost_line": f"{entry['id']}-9",
    }


def ref(ids: Ids, name: str, kind: str = "invoice") -> Ref:
    return Ref("books", kind, ids[name])


def email(ids: Ids) -> SendInvoiceEmail:
    return SendInvoiceEmail(connection="books", invoice=ref(ids, "invoice"))


def note(ids: Ids) -> AddNote:
    return AddNote(connection="books", invoice=ref(ids, "invoice"), text="called, will pay on Friday")


def memo(ids: Ids, text: str = "Please pay by Friday.") -> SetCustomerMemo:
    return SetCustomerMemo(connection="books", invoice=ref(ids, "invoice"), text=text)


def link(ids: Ids) -> CreatePaymentLink:
    return CreatePaymentLink(connection="books", invoice=ref(ids, "invoice"), amount=Money(12_000, "GBP"))


def void(ids: Ids, name: str = "invoice") -> VoidInvoice:
    return VoidInvoice(connection="books", invoice=ref(ids, name))


def void_payment(ids: Ids, name: str = "payment") -> VoidPayment:
    return VoidPayment(connection="books", payment=ref(ids, name, "payment"))


def payment(ids: Ids, minor: int = 2_500) -> RecordPayment:
    return RecordPayment(
        connection="books",
        invoice=ref(ids, "invoice"),
        customer=ref(ids, "customer", "customer"),
        amount=Money(minor, "GBP"),
        paid_on=TODAY,
        account="4",
        source=Ref("card", "payment", "ch_2"),
        reference="ch_2",
    )


def apply_credit(ids: Ids) -> ApplyCredit:
    return ApplyCredit(
        connection="books",
        credit_note=ref(ids, "credit", "credit_note"),
        invoice=ref(ids, "invoice"),
        customer=ref(ids, "customer", "customer"),
        amount=Money(3_000, "GBP"),
        allocated_on=TODAY,
    )


def credit(ids: Ids, minor: int = 1_200) -> CreditInvoice:
    return CreditInvoice(
        connection="books",
        invoice=ref(ids, "invoice"),
        customer=ref(ids, "customer", "customer"),
        amount=Money(minor, "GBP"),
        description="Goodwill",
        issued_on=TODAY,
        account="1",
        tax_code="20.0% S",
    )


def fee(ids: Ids) -> ChargeFee:
    return ChargeFee(
        connection="books",
        invoice=ref(ids, "invoice"),
        customer=ref(ids, "customer", "customer"),
        amount=Money(4_000, "GBP"),
        description="Late payment",
        issued_on=TODAY,
        due_on=TODAY,
        account="1",
        tax_code=NO_TAX,
    )


def refund(ids: Ids, item: str = "1") -> RecordRefund:
    return RecordRefund(
        connection="books",
        customer=ref(ids, "customer", "customer"),
        amount=Money(1_200, "GBP"),
        refunded_on=TODAY,
        account="4",
        source=Ref("card", "refund", "re_1"),
        item=item,
        tax_code="20.0% S",
    )


def processing_fee(_: Ids) -> RecordProcessingFee:
    return RecordProcessingFee(
        connection="books",
        amount=Money(175, "GBP"),
        paid_on=TODAY,
        account="4",
        expense_account="91",
        tax_code=NO_TAX,
        source=Ref("card", "balance_transaction", "txn_1"),
        supplier="Stripe",
    )
