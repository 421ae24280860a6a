"""Commands: what owed asks a platform or a mail server to do. Each is one effect, and carries all it needs."""

import datetime as dt
from typing import ClassVar

import msgspec

from receivables.money import Money
from receivables.refs import Ref


class Command(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag=True):
    """`connection` is the one that carries the command out."""

    verb: ClassVar[str] = "command"

    connection: str


class SendReminder(Command, frozen=True, kw_only=True, omit_defaults=True):
    """An e-mail with our own words, about one or several invoices of one debtor and one currency."""

    verb: ClassVar[str] = "send_reminder"

    invoices: tuple[Ref, ...]
    to: tuple[str, ...]
    subject: str
    text: str
    html: str = ""
    cc: tuple[str, ...] = ()
    #: The business's own address; replies go to `reply_to` (a mailbox that a person reads).
    sender: str = ""
    reply_to: str = ""
    language: str = "en"


class SendInvoiceEmail(Command, frozen=True, kw_only=True, omit_defaults=True):
    """The platform's own e-mail of one invoice, by the platform's template and with its own pay link."""

    verb: ClassVar[str] = "send_invoice_email"

    invoice: Ref
    #: Where the platform lets us say so (QuickBooks); else its own recipients are used.
    to: str = ""


class CreatePaymentLink(Command, frozen=True, kw_only=True, omit_defaults=True):
    """A link for exactly `amount` of one invoice; at Xero and QuickBooks the platform's own page of the invoice."""

    verb: ClassVar[str] = "create_payment_link"

    invoice: Ref
    amount: Money
    description: str = ""
    number: str = ""


class WithdrawPaymentLink(Command, frozen=True, kw_only=True, omit_defaults=True):
    """Make a link unusable, because the balance changed or the debt is settled."""

    verb: ClassVar[str] = "withdraw_payment_link"

    link: Ref
    invoice: Ref


class AddNote(Command, frozen=True, kw_only=True, omit_defaults=True):
    """A note on the invoice in the books, for the business's own people."""

    verb: ClassVar[str] = "add_note"

    invoice: Ref
    text: str


class RecordPayment(Command, frozen=True, kw_only=True, omit_defaults=True):
    """Write a payment that was received elsewhere into the books: gross, into a clearing account."""

    verb: ClassVar[str] = "record_payment"

    invoice: Ref
    customer: Ref
    amount: Money
    paid_on: dt.date
    #: The clearing account's code (Xero) or id (QuickBooks).
    account: str
    #: Where the money was seen, such as the str() of a Stripe payment's reference.
    source: Ref
    reference: str = ""


class ApplyCredit(Command, frozen=True, kw_only=True, omit_defaults=True):
    """Allocate an open credit note to an invoice of the same customer and currency."""

    verb: ClassVar[str] = "apply_credit"

    credit_note: Ref
    invoice: Ref
    customer: Ref
    amount: Money
    allocated_on: dt.date


AnyCommand = (
    SendReminder | SendInvoiceEmail | CreatePaymentLink | WithdrawPaymentLink | AddNote | RecordPayment | ApplyCredit
)

COMMANDS: tuple[type[Command], ...] = (
    SendReminder,
    SendInvoiceEmail,
    CreatePaymentLink,
    WithdrawPaymentLink,
    AddNote,
    RecordPayment,
    ApplyCredit,
)


def subjects(command: AnyCommand) -> tuple[Ref, ...]:
    """The invoices that a command is about."""
    return command.invoices if isinstance(command, SendReminder) else (command.invoice,)
