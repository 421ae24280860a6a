"""Every recorded case of every platform. `python -m tests.connectors.recorded [platform [name …]]` records them again."""

import sys
from collections.abc import Callable

from receivables.commands import AnyCommand, CreatePaymentLink, RecordPayment, SendInvoiceEmail
from receivables.money import Money
from receivables.refs import Ref
from tests.connectors import recorded_xero
from tests.connectors.recording import NOW, Case, pulls, pushes, record, rereads_invoices


def _email(ids: dict[str, str]) -> AnyCommand:
    return SendInvoiceEmail(connection="books", invoice=Ref("books", "invoice", ids["invoice"]))


def _payment(minor: int) -> Callable[[dict[str, str]], AnyCommand]:
    def command(ids: dict[str, str]) -> AnyCommand:
        return RecordPayment(
            connection="books",
            invoice=Ref("books", "invoice", ids["invoice"]),
            customer=Ref("books", "customer", ids["customer"]),
            amount=Money(minor, ids["currency"]),
            paid_on=NOW.date(),
            account=ids["account"],
            source=Ref("card", "payment", "ch_1"),
            reference="ch_1",
        )

    return command


def _link(ids: dict[str, str]) -> AnyCommand:
    amount = Money(1250, ids["currency"])
    invoice = Ref("books", "invoice", ids["invoice"])
    return CreatePaymentLink(connection="card", invoice=invoice, amount=amount, number="INV-7")


COMMON = (
    Case("quickbooks", "pull-deposits-sweep", pulls("deposits")),
    Case("quickbooks", "pull-refunds-sweep", pulls("refunds")),
    Case("quickbooks", "read-invoices-one-missing", rereads_invoices),
    Case("quickbooks", "push-invoice_email-sent", pushes(_email)),
    Case("quickbooks", "push-payment-recorded", pushes(_payment(1))),
    Case("stripe", "pull-chargebacks-sweep", pulls("chargebacks")),
    Case("stripe", "read-invoices-one-missing", rereads_invoices),
    Case("stripe", "push-payment_link-created", pushes(_link)),
)


CASES: tuple[Case, ...] = (*COMMON, *recorded_xero.CASES)


def chosen(arguments: list[str]) -> list[Case]:
    """All, or those of a platform, or some of those by name."""
    platform, names = (arguments or [""])[0], arguments[1:]
    of_platform = [case for case in CASES if platform in ("", case.platform)]
    return [case for case in of_platform if not names or case.name in names]


if __name__ == "__main__":
    for wanted in chosen(sys.argv[1:]):
        record(wanted)
        sys.stdout.write(f"{wanted.path}\n")
