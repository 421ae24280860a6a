"""Commands towards the small account of stripe_office, for the recorded cases: by the names of its ids."""

import datetime as dt

from receivables.commands import (
    AddNote,
    AttachPayment,
    ChargeFee,
    CreateCheckout,
    CreatePaymentLink,
    CreditInvoice,
    MarkUncollectible,
    RecordPayment,
    SendInvoiceEmail,
    VoidInvoice,
)
from receivables.money import Money
from receivables.refs import Ref
from tests.connectors.stands import NOW

Ids = dict[str, str]
TODAY = NOW.date()


def _ref(ids: Ids, name: str = "invoice", kind: str = "invoice") -> Ref:
    return Ref("books", kind, ids[name])


def email(ids: Ids, name: str = "invoice") -> SendInvoiceEmail:
    return SendInvoiceEmail(connection="books", invoice=_ref(ids, name))


def note(ids: Ids) -> AddNote:
    return AddNote(connection="books", invoice=_ref(ids), text="called, will pay on Friday")


def link(ids: Ids) -> CreatePaymentLink:
    return CreatePaymentLink(connection="books", invoice=_ref(ids), amount=Money(1250, "GBP"), number="HJ-1")


def checkout(ids: Ids, life: dt.timedelta = dt.timedelta(hours=2)) -> CreateCheckout:
    return CreateCheckout(
        connection="books",
        invoice=_ref(ids),
        amount=Money(1250, "GBP"),
        number="HJ-1",
        success_url="http://127.0.0.1:9/thanks",
        expires_at=NOW + life,
    )


def void(ids: Ids, name: str = "invoice") -> VoidInvoice:
    return VoidInvoice(connection="books", invoice=_ref(ids, name))


def write_off(ids: Ids) -> MarkUncollectible:
    return MarkUncollectible(connection="books", invoice=_ref(ids))


def credit(ids: Ids, minor: int = 3_000) -> CreditInvoice:
    return CreditInvoice(
        connection="books",
        invoice=_ref(ids),
        customer=_ref(ids, "customer", "customer"),
        amount=Money(minor, "GBP"),
        description="goodwill",
        issued_on=TODAY,
    )


def fee(ids: Ids) -> ChargeFee:
    return ChargeFee(
        connection="books",
        invoice=_ref(ids),
        customer=_ref(ids, "customer", "customer"),
        amount=Money(4_000, "GBP"),
        description="Late payment fee",
        issued_on=TODAY,
        due_on=TODAY + dt.timedelta(days=14),
    )


def payment(ids: Ids, minor: int, name: str = "invoice") -> RecordPayment:
    return RecordPayment(
        connection="books",
        invoice=_ref(ids, name),
        customer=_ref(ids, "customer", "customer"),
        amount=Money(minor, "GBP"),
        paid_on=TODAY,
        account="",
        source=Ref("bank", "payment", "1"),
        reference="BACS 7",
    )


def attach(ids: Ids, charge: str = "spare_charge") -> AttachPayment:
    return AttachPayment(connection="books", invoice=_ref(ids), payment=_ref(ids, charge, "payment"))
