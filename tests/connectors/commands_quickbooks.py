"""Commands for the contract tests that only quickbooks takes, or takes in its own way."""

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
    SetCustomerMemo,
    VoidInvoice,
    VoidPayment,
)
from receivables.facts import Invoice
from receivables.money import Money
from receivables.refs import Ref
from tests.connectors.commands import MAKERS as COMMON
from tests.connectors.commands import Maker
from tests.connectors.conftest import Company

STANDARD_RATE = "20.0% S"
CLEARING, EXPENSES, ITEM = "4", "91", "1"
_NUMBERS = itertools.count()


def _invoice(company: Company) -> Invoice:
    return company.open_invoices("quickbooks")[-1]


def _customer(invoice: Invoice) -> Ref:
    return Ref("books", "customer", invoice.customer_id)


def _memo(company: Company, _: str, __: Connector) -> SetCustomerMemo:
    words = f"Reminder {next(_NUMBERS)}: please pay."
    return SetCustomerMemo(connection="books", invoice=_invoice(company).ref, text=words)


def _fee(company: Company, _: str, __: Connector) -> ChargeFee:
    invoice, today = _invoice(company), company.sandbox.clock.now().date()
    return ChargeFee(
        connection="books",
        invoice=invoice.ref,
        customer=_customer(invoice),
        amount=Money(4000, invoice.currency),
        description="Late payment",
        issued_on=today,
        due_on=today,
        account=ITEM,
        tax_code=STANDARD_RATE,
    )


def _void(company: Company, platform: str, connector: Connector) -> VoidInvoice:
    """An invoice of our own, so that the company keeps its other ones."""
    made = connector.push(_before(company, _fee(company, platform, connector)))
    return VoidInvoice(connection="books", invoice=Ref("books", "invoice", made.reference), reason="wrong customer")


def _credit(company: Company, _: str, __: Connector) -> CreditInvoice:
    invoice = _invoice(company)
    return CreditInvoice(
        connection="books",
        invoice=invoice.ref,
        customer=_customer(invoice),
        amount=Money(3, invoice.currency),
        description="Goodwill",
        issued_on=company.sandbox.clock.now().date(),
        account=ITEM,
        tax_code=STANDARD_RATE,
    )


def _taken_back(company: Company, platform: str, connector: Connector) -> VoidPayment:
    payment = COMMON[RecordPayment](company, platform, connector)
    made = connector.push(_before(company, payment))
    return VoidPayment(connection="books", payment=Ref("books", "payment", made.reference))


def _refund(company: Company, _: str, __: Connector) -> RecordRefund:
    invoice = _invoice(company)
    return RecordRefund(
        connection="books",
        customer=_customer(invoice),
        amount=Money(1250, invoice.currency),
        refunded_on=company.sandbox.clock.now().date(),
        account=CLEARING,
        source=Ref("card", "refund", "re_1"),
        item=ITEM,
        tax_code=STANDARD_RATE,
    )


def _processing_fee(company: Company, _: str, __: Connector) -> RecordProcessingFee:
    return RecordProcessingFee(
        connection="books",
        amount=Money(175, "GBP"),
        paid_on=company.sandbox.clock.now().date(),
        account=CLEARING,
        expense_account=EXPENSES,
        tax_code=STANDARD_RATE,
        source=Ref("card", "balance_transaction", "txn_1"),
        supplier="Stripe",
    )


def _before(company: Company, command: AnyCommand) -> Intent:
    return Intent(f"before-{next(_NUMBERS)}", command, {}, company.sandbox.clock.now())


MAKERS: dict[type[Command], Maker] = {
    SetCustomerMemo: _memo,
    ChargeFee: _fee,
    VoidInvoice: _void,
    CreditInvoice: _credit,
    VoidPayment: _taken_back,
    RecordRefund: _refund,
    RecordProcessingFee: _processing_fee,
}
#: Writes of more than one step: after a lost answer a step may be missing, and the same key mends it.
SEVERAL_STEPS: set[type[Command]] = {CreditInvoice}
