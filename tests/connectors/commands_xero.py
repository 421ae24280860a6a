"""Commands for the contract tests that only Xero takes, or takes in its own way."""

import itertools

from connectors.protocol import Connector, Intent
from receivables.commands import (
    AnyCommand,
    ChargeFee,
    Command,
    CreditInvoice,
    RecordPayment,
    RecordProcessingFee,
    RecordRefund,
    VoidInvoice,
    VoidPayment,
)
from receivables.money import Money
from receivables.refs import Ref
from tests.connectors.commands import MAKERS as SHARED
from tests.connectors.commands import Maker
from tests.connectors.conftest import Company

SALES = "200"
CLEARING = "091"
_NUMBERS = itertools.count()


def _pushed(company: Company, connector: Connector, command: AnyCommand) -> str:
    """What the command has made, so that another can take it back."""
    key = f"prepared-{next(_NUMBERS)}"
    return connector.push(Intent(key, command, {}, company.sandbox.clock.now())).reference


def _fee(company: Company, platform: str, _: Connector) -> ChargeFee:
    invoice = company.open_invoices(platform)[-1]
    today = company.sandbox.clock.now().date()
    return ChargeFee(
        connection="books",
        invoice=invoice.ref,
        customer=Ref("books", "customer", invoice.customer_id),
        amount=Money(4000, invoice.currency),
        description=f"Compensation for late payment of {invoice.number}",
        issued_on=today,
        due_on=today,
        account=SALES,
        tax_code="NONE",
    )


def _void(company: Company, platform: str, connector: Connector) -> VoidInvoice:
    made = _pushed(company, connector, _fee(company, platform, connector))
    return VoidInvoice(connection="books", invoice=Ref("books", "invoice", made), reason="charged by mistake")


def _void_payment(company: Company, platform: str, connector: Connector) -> VoidPayment:
    made = _pushed(company, connector, SHARED[RecordPayment](company, platform, connector))
    return VoidPayment(connection="books", payment=Ref("books", "payment", made))


def _credit(company: Company, platform: str, _: Connector) -> CreditInvoice:
    invoice = company.open_invoices(platform)[-1]
    return CreditInvoice(
        connection="books",
        invoice=invoice.ref,
        customer=Ref("books", "customer", invoice.customer_id),
        amount=Money(1, invoice.currency),
        description="Goodwill",
        issued_on=company.sandbox.clock.now().date(),
        account=SALES,
        tax_code="NONE",
    )


def _refund(company: Company, platform: str, _: Connector) -> RecordRefund:
    note, _invoice = company.open_credit(platform)
    return RecordRefund(
        connection="books",
        customer=Ref("books", "customer", note.customer_id),
        amount=Money(1, note.currency),
        refunded_on=company.sandbox.clock.now().date(),
        account="090",
        source=Ref("card", "refund", "re_1"),
        out_of=note.ref,
    )


def _processing_fee(company: Company, _: str, __: Connector) -> RecordProcessingFee:
    return RecordProcessingFee(
        connection="books",
        amount=Money(37, "GBP"),
        paid_on=company.sandbox.clock.now().date(),
        account=CLEARING,
        expense_account="404",
        tax_code="NONE",
        source=Ref("card", "payment", "ch_1"),
        supplier="Stripe",
    )


MAKERS: dict[type[Command], Maker] = {
    ChargeFee: _fee,
    VoidInvoice: _void,
    VoidPayment: _void_payment,
    CreditInvoice: _credit,
    RecordRefund: _refund,
    RecordProcessingFee: _processing_fee,
}
#: Writes of more than one step: after a lost answer a step may be missing, and the same key mends it.
SEVERAL_STEPS: set[type[Command]] = {CreditInvoice}
