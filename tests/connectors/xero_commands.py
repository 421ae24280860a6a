"""One command of each kind towards the small organisation of `xero_office`; amounts are minor units of GBP."""

import datetime as dt
from collections.abc import Callable

from receivables.commands import (
    AddNote,
    AnyCommand,
    ApplyCredit,
    ChargeFee,
    CreatePaymentLink,
    CreditInvoice,
    RecordPayment,
    RecordProcessingFee,
    RecordRefund,
    SendInvoiceEmail,
    VoidInvoice,
    VoidPayment,
)
from receivables.money import Money
from receivables.refs import Ref

Ids = dict[str, str]
Makes = Callable[[Ids], AnyCommand]
TODAY = dt.date(2026, 3, 2)


def ref(kind: str, identifier: str) -> Ref:
    return Ref("books", kind, identifier)


def pounds(minor: int) -> Money:
    return Money(minor, "GBP")


def email(ids: Ids, name: str = "invoice") -> SendInvoiceEmail:
    return SendInvoiceEmail(connection="books", invoice=ref("invoice", ids[name]))


def note(ids: Ids) -> AddNote:
    return AddNote(connection="books", invoice=ref("invoice", ids["invoice"]), text="Promised for Friday")


def link(ids: Ids) -> CreatePaymentLink:
    return CreatePaymentLink(connection="books", invoice=ref("invoice", ids["invoice"]), amount=pounds(10_000))


def fee(ids: Ids, on: dt.date = TODAY) -> ChargeFee:
    return ChargeFee(
        connection="books",
        invoice=ref("invoice", ids["invoice"]),
        customer=ref("customer", ids["customer"]),
        amount=pounds(4_000),
        description="Fixed sum for late payment",
        issued_on=on,
        due_on=on,
        account="200",
        tax_code="NONE",
    )


def void(ids: Ids, name: str = "invoice") -> VoidInvoice:
    return VoidInvoice(connection="books", invoice=ref("invoice", ids[name]), reason="wrong customer")


def payment(ids: Ids, minor: int = 1_000, on: dt.date = TODAY) -> RecordPayment:
    return RecordPayment(
        connection="books",
        invoice=ref("invoice", ids["invoice"]),
        customer=ref("customer", ids["customer"]),
        amount=pounds(minor),
        paid_on=on,
        account="091",
        source=Ref("card", "payment", "ch_1"),
        reference="ch_1",
    )


def void_payment(ids: Ids, name: str = "payment") -> VoidPayment:
    return VoidPayment(connection="books", payment=ref("payment", ids[name]))


def refund(ids: Ids, name: str = "credit_note", minor: int = 700) -> RecordRefund:
    return RecordRefund(
        connection="books",
        customer=ref("customer", ids["customer"]),
        amount=pounds(minor),
        refunded_on=TODAY,
        account="090",
        source=Ref("card", "refund", "re_1"),
        out_of=ref("credit_note" if name == "credit_note" else "payment", ids[name]),
    )


def processing_fee(_: Ids) -> RecordProcessingFee:
    return RecordProcessingFee(
        connection="books",
        amount=pounds(37),
        paid_on=TODAY,
        account="091",
        expense_account="404",
        tax_code="NONE",
        source=Ref("card", "payment", "ch_1"),
        supplier="Stripe",
    )


def apply_credit(ids: Ids, minor: int = 500) -> ApplyCredit:
    return ApplyCredit(
        connection="books",
        credit_note=ref("credit_note", ids["credit_note"]),
        invoice=ref("invoice", ids["invoice"]),
        customer=ref("customer", ids["customer"]),
        amount=pounds(minor),
        allocated_on=TODAY,
    )


def credit(ids: Ids, minor: int = 900, on: dt.date = TODAY) -> CreditInvoice:
    return CreditInvoice(
        connection="books",
        invoice=ref("invoice", ids["invoice"]),
        customer=ref("customer", ids["customer"]),
        amount=pounds(minor),
        description="Goodwill",
        issued_on=on,
        account="200",
        tax_code="NONE",
    )


#: One of each kind that Xero is asked to write.
EVERY: dict[str, Makes] = {
    "email": email,
    "note": note,
    "link": link,
    "fee": fee,
    "void": void,
    "payment": payment,
    "void_payment": void_payment,
    "refund": refund,
    "processing_fee": processing_fee,
    "apply_credit": apply_credit,
    "credit": credit,
}
