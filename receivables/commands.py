"""Commands: what owed asks a platform or a mail server to do. Each is one effect, and carries all it needs."""

import datetime as dt
from typing import ClassVar, Literal

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
    #: The invoices whose PDFs go with it; they are read when it leaves.
    attach: tuple[Ref, ...] = ()
    #: Gets the same message without standing in it, as the business's proof.
    copy_to: str = ""


class SendNotice(SendReminder, frozen=True, kw_only=True, omit_defaults=True):
    """An e-mail to the business's own people: an alert, what leaves tomorrow, what happened today."""

    verb: ClassVar[str] = "send_notice"

    invoices: tuple[Ref, ...] = ()


class OpenTask(Command, frozen=True, kw_only=True, omit_defaults=True):
    """Ask a person to call or to post a letter; carried out in our own store (`connection` is local)."""

    verb: ClassVar[str] = "open_task"

    action: Literal["call", "letter"]
    debtor: str
    invoices: tuple[Ref, ...]
    title: str
    text: str = ""


class CallWebhook(Command, frozen=True, kw_only=True, omit_defaults=True):
    """POST `body` (JSON text) to a program of the business's own, which knows repetitions by the key."""

    verb: ClassVar[str] = "call_webhook"

    invoices: tuple[Ref, ...]
    body: str


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


class SetCustomerMemo(Command, frozen=True, kw_only=True, omit_defaults=True):
    """Put `text` into the part of an invoice that the customer reads; what stands there stays in front of it."""

    verb: ClassVar[str] = "set_customer_memo"

    invoice: Ref
    text: str


class VoidInvoice(Command, frozen=True, kw_only=True, omit_defaults=True):
    """The invoice was wrong: it keeps its number and asks for nothing any more."""

    verb: ClassVar[str] = "void_invoice"

    invoice: Ref
    reason: str = ""


class MarkUncollectible(Command, frozen=True, kw_only=True, omit_defaults=True):
    """Write an invoice off, where the platform has a word for that; elsewhere a credit note does it."""

    verb: ClassVar[str] = "mark_uncollectible"

    invoice: Ref


class ChargeFee(Command, frozen=True, kw_only=True, omit_defaults=True):
    """A new invoice to the same customer: interest, a late fee or the statutory sum for a late payment.

    `amount` is net of tax. `account` is the income account's code (Xero) or the item's id (QuickBooks).
    """

    verb: ClassVar[str] = "charge_fee"

    invoice: Ref
    customer: Ref
    amount: Money
    description: str
    issued_on: dt.date
    due_on: dt.date
    account: str = ""
    tax_code: str = ""


class CreditInvoice(Command, frozen=True, kw_only=True, omit_defaults=True):
    """Make a credit note of `amount` and allocate it to the invoice: two steps at most platforms, done as one.

    `amount` includes tax. `account` is the account's code (Xero) or the item's id (QuickBooks).
    """

    verb: ClassVar[str] = "credit_invoice"

    invoice: Ref
    customer: Ref
    amount: Money
    description: str
    issued_on: dt.date
    account: str = ""
    tax_code: str = ""


class RecordPayment(Command, frozen=True, kw_only=True, omit_defaults=True):
    """Write a payment that was received elsewhere into the books: gross, into a clearing account.

    At Stripe: a payment received outside Stripe, in part or in full.
    """

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


class AttachPayment(Command, frozen=True, kw_only=True, omit_defaults=True):
    """Settle an invoice with a payment that the same platform already has."""

    verb: ClassVar[str] = "attach_payment"

    invoice: Ref
    payment: Ref


class VoidPayment(Command, frozen=True, kw_only=True, omit_defaults=True):
    """Take back a recorded payment: its invoices are open again. No money moves."""

    verb: ClassVar[str] = "void_payment"

    payment: Ref


class RecordRefund(Command, frozen=True, kw_only=True, omit_defaults=True):
    """Write money that was given back elsewhere into the books. `source` is where it was seen.

    `out_of` is the credit note or the unapplied payment that the money came out of, where the platform wants one.
    `item` is what a QuickBooks refund receipt must name.
    """

    verb: ClassVar[str] = "record_refund"

    customer: Ref
    amount: Money
    refunded_on: dt.date
    account: str
    source: Ref
    out_of: Ref | None = None
    item: str = ""
    tax_code: str = ""


class RecordProcessingFee(Command, frozen=True, kw_only=True, omit_defaults=True):
    """Write what a processor kept into the books: an expense paid out of the clearing account.

    `amount` includes tax; `expense_account` and `account` are codes (Xero) or ids (QuickBooks). `supplier` names the
    processor there.
    """

    verb: ClassVar[str] = "record_processing_fee"

    amount: Money
    paid_on: dt.date
    account: str
    expense_account: str
    tax_code: str
    source: Ref
    supplier: str = ""


class CreateCheckout(Command, frozen=True, kw_only=True, omit_defaults=True):
    """A Checkout session for exactly `amount`, for somebody who is at our page now; it dies at `expires_at` (UTC)."""

    verb: ClassVar[str] = "create_checkout"

    invoice: Ref
    amount: Money
    success_url: str
    expires_at: dt.datetime
    description: str = ""
    number: str = ""


AnyCommand = (
    SendReminder
    | SendNotice
    | OpenTask
    | CallWebhook
    | SendInvoiceEmail
    | CreatePaymentLink
    | WithdrawPaymentLink
    | AddNote
    | SetCustomerMemo
    | VoidInvoice
    | MarkUncollectible
    | ChargeFee
    | CreditInvoice
    | RecordPayment
    | ApplyCredit
    | AttachPayment
    | VoidPayment
    | RecordRefund
    | RecordProcessingFee
    | CreateCheckout
)

COMMANDS: tuple[type[Command], ...] = (
    SendReminder,
    SendNotice,
    OpenTask,
    CallWebhook,
    SendInvoiceEmail,
    CreatePaymentLink,
    WithdrawPaymentLink,
    AddNote,
    SetCustomerMemo,
    VoidInvoice,
    MarkUncollectible,
    ChargeFee,
    CreditInvoice,
    RecordPayment,
    ApplyCredit,
    AttachPayment,
    VoidPayment,
    RecordRefund,
    RecordProcessingFee,
    CreateCheckout,
)


def subjects(command: AnyCommand) -> tuple[Ref, ...]:
    """The invoices that a command is about; none for one about a payment alone."""
    if isinstance(command, SendReminder | OpenTask | CallWebhook):
        return command.invoices
    return () if isinstance(command, VoidPayment | RecordRefund | RecordProcessingFee) else (command.invoice,)
