"""Commands towards the seeded company, for the contract tests: what makes one of each kind.

What only one platform can do, or does in its own way, stands in `commands_<platform>.py`.
"""

import itertools
from collections.abc import Callable

from connectors.protocol import Connector, Intent
from receivables.commands import (
    AddNote,
    AnyCommand,
    ApplyCredit,
    Command,
    CreatePaymentLink,
    RecordPayment,
    SendInvoiceEmail,
    WithdrawPaymentLink,
)
from receivables.money import Money
from receivables.refs import Ref
from tests.connectors.conftest import Company

#: (company, platform, connector of it) -> a command that the platform will take.
Maker = Callable[[Company, str, Connector], AnyCommand]

_NUMBERS = itertools.count()


def _email(company: Company, platform: str, _: Connector) -> SendInvoiceEmail:
    return SendInvoiceEmail(connection="books", invoice=company.open_invoices(platform)[-1].ref)


def _note(company: Company, platform: str, _: Connector) -> AddNote:
    invoice = company.open_invoices(platform)[-1].ref
    return AddNote(connection="books", invoice=invoice, text="called, will pay on Friday")


def _payment(company: Company, platform: str, _: Connector) -> RecordPayment:
    invoice = company.open_invoices(platform)[-1]
    return RecordPayment(
        connection="books",
        invoice=invoice.ref,
        customer=Ref("books", "customer", invoice.customer_id),
        amount=Money(1, invoice.currency),
        paid_on=company.sandbox.clock.now().date(),
        account="091" if platform == "xero" else "4",
        source=Ref("card", "payment", "ch_1"),
    )


def _credit(company: Company, platform: str, _: Connector) -> ApplyCredit:
    note, invoice = company.open_credit(platform)
    return ApplyCredit(
        connection="books",
        credit_note=note.ref,
        invoice=invoice.ref,
        customer=Ref("books", "customer", invoice.customer_id),
        amount=Money(1, invoice.currency),
        allocated_on=company.sandbox.clock.now().date(),
    )


def _link(company: Company, platform: str, _: Connector) -> CreatePaymentLink:
    invoice = company.open_invoices(platform)[-1]
    amount = Money(1250, invoice.currency)
    return CreatePaymentLink(connection="books", invoice=invoice.ref, amount=amount, number=invoice.number)


def _withdrawal(company: Company, platform: str, connector: Connector) -> WithdrawPaymentLink:
    link = _link(company, platform, connector)
    made = connector.push(Intent(f"link-{next(_NUMBERS)}", link, {}, company.sandbox.clock.now()))
    ref = Ref("books", "payment_link", made.reference)
    return WithdrawPaymentLink(connection="books", link=ref, invoice=link.invoice)


MAKERS: dict[type[Command], Maker] = {
    SendInvoiceEmail: _email,
    AddNote: _note,
    RecordPayment: _payment,
    ApplyCredit: _credit,
    CreatePaymentLink: _link,
    WithdrawPaymentLink: _withdrawal,
}
