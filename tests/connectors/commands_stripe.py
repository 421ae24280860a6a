"""Commands for the contract tests that only Stripe takes, or takes in its own way."""

import datetime as dt

from connectors.protocol import Connector
from receivables.commands import (
    AttachPayment,
    ChargeFee,
    Command,
    CreateCheckout,
    CreditInvoice,
    MarkUncollectible,
    RecordPayment,
    VoidInvoice,
)
from receivables.facts import Invoice
from receivables.money import Money
from receivables.refs import Ref
from tests.connectors.commands import Maker
from tests.connectors.conftest import Company


def _fresh(company: Company) -> Invoice:
    """An open invoice that no other test has written to: a new one each time."""
    owner = company.open_invoices("stripe")[-1].customer_id
    return an_invoice_of(company, owner)


def an_invoice_of(company: Company, owner: str, minor: int = 10_000, currency: str = "gbp") -> Invoice:
    """A new open invoice, made behind the connector's back."""
    door, sandbox = company.sandbox.stripe, company.sandbox
    with sandbox.changes():
        record = door.ledger["customer"][owner]
        made = door.billing.draft(record, minor, currency)
        door.invoices.finalize(made)
    return Invoice(connection="books", id=made["id"], customer_id=owner, currency=currency.upper(), open=minor)


def _void(company: Company, platform: str, _: Connector) -> VoidInvoice:
    return VoidInvoice(connection="books", invoice=_fresh(company).ref)


def _uncollectible(company: Company, platform: str, _: Connector) -> MarkUncollectible:
    return MarkUncollectible(connection="books", invoice=_fresh(company).ref)


def _credit(company: Company, platform: str, _: Connector) -> CreditInvoice:
    invoice = _fresh(company)
    return CreditInvoice(
        connection="books",
        invoice=invoice.ref,
        customer=Ref("books", "customer", invoice.customer_id),
        amount=Money(1, invoice.currency),
        description="goodwill",
        issued_on=company.sandbox.clock.now().date(),
    )


def _fee(company: Company, platform: str, _: Connector) -> ChargeFee:
    invoice, today = company.open_invoices("stripe")[-1], company.sandbox.clock.now().date()
    return ChargeFee(
        connection="books",
        invoice=invoice.ref,
        customer=Ref("books", "customer", invoice.customer_id),
        amount=Money(4_000, invoice.currency),
        description="Late payment fee",
        issued_on=today,
        due_on=today + dt.timedelta(days=14),
    )


def _payment(company: Company, platform: str, _: Connector) -> RecordPayment:
    invoice = _fresh(company)
    return RecordPayment(
        connection="books",
        invoice=invoice.ref,
        customer=Ref("books", "customer", invoice.customer_id),
        amount=Money(1, invoice.currency),
        paid_on=company.sandbox.clock.now().date(),
        account="",
        source=Ref("bank", "payment", "1"),
    )


def _attach(company: Company, platform: str, _: Connector) -> AttachPayment:
    door = company.sandbox.stripe
    with company.sandbox.changes():
        charge = door.till.pay(door.till.intend(900, "gbp"))
    return AttachPayment(
        connection="books", invoice=_fresh(company).ref, payment=Ref("books", "payment", str(charge["id"]))
    )


def _checkout(company: Company, platform: str, _: Connector) -> CreateCheckout:
    invoice = company.open_invoices("stripe")[-1]
    return CreateCheckout(
        connection="books",
        invoice=invoice.ref,
        amount=Money(1250, invoice.currency),
        number=invoice.number,
        success_url="http://127.0.0.1/thanks",
        expires_at=company.sandbox.clock.now() + dt.timedelta(hours=2),
    )


MAKERS: dict[type[Command], Maker] = {
    AttachPayment: _attach,
    ChargeFee: _fee,
    CreateCheckout: _checkout,
    CreditInvoice: _credit,
    MarkUncollectible: _uncollectible,
    RecordPayment: _payment,
    VoidInvoice: _void,
}
#: Writes of more than one step: after a lost answer a step may be missing, and the same key mends it.
SEVERAL_STEPS: set[type[Command]] = {ChargeFee, RecordPayment}
