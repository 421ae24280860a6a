"""Facts as the platforms state them, in our words.

A fact is frozen; a change is a new fact under the same reference. Amounts are integers in minor units of the
fact's own `currency`. Days end in `_on`, instants in `_at` (aware, UTC).
"""

import datetime as dt
from typing import ClassVar, Literal

import msgspec

from receivables.money import Money
from receivables.refs import Ref


class Fact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What every fact has: where it came from and which version of it this is."""

    kind: ClassVar[str] = "fact"

    connection: str
    id: str
    #: The platform's own version mark (SyncToken, UpdatedDateUTC); empty where it has none.
    version: str = ""
    #: When the platform last changed it, by the platform's clock; None where it does not say.
    updated_at: dt.datetime | None = None

    @property
    def ref(self) -> Ref:
        return Ref(self.connection, self.kind, self.id)


class Contact(msgspec.Struct, frozen=True, omit_defaults=True):
    """A person or address at a customer. `role` is free text such as accounts, director; `copied` means cc.

    `stated` by the admin in owed.toml: it is written to only where its role is asked for.
    """

    email: str = ""
    name: str = ""
    phone: str = ""
    role: str = ""
    primary: bool = False
    copied: bool = False
    stated: bool = False


class Customer(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """Who owes us. `company` is None when the platform does not tell a company from a natural person."""

    kind: ClassVar[str] = "customer"

    name: str = ""
    contacts: tuple[Contact, ...] = ()
    active: bool = True
    #: The id (same connection) that this customer was merged into.
    merged_into: str = ""
    #: The id (same connection) of the parent; `billed_with_parent` says whether its debts go to the parent.
    parent_id: str = ""
    billed_with_parent: bool = False
    company: bool | None = None
    tax_id: str = ""
    country: str = ""
    postal_code: str = ""
    address: str = ""
    language: str = ""
    timezone: str = ""
    currency: str = ""
    tags: tuple[str, ...] = ()
    #: What we owe it on bills, a decimal in our home currency; empty where the platform does not say.
    payable: str = ""
    #: What the customer's own balance is at the platform, in minor units of `currency`; None where it is not stated.
    balance: int | None = None
    #: Cross-references kept by whoever made the record, such as {"xero_contact_id": "..."}.
    metadata: dict[str, str] = {}


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of an invoice. `amount` is in minor units, as the document shows it (tax as in `tax`)."""

    description: str = ""
    quantity: str = "1"
    amount: int = 0
    tax: int | None = None


class Allocation(msgspec.Struct, frozen=True, omit_defaults=True):
    """An amount of a payment or credit note that settles an invoice, in minor units of the invoice's currency.

    All ids belong to the connection of the fact that carries the allocation.
    """

    source_kind: Literal["payment", "credit_note", "other"]
    source_id: str
    invoice_id: str
    amount: int
    on: dt.date | None = None


#: draft and submitted are not yet owed; paid, void, uncollectible and deleted are no longer.
InvoiceStatus = Literal["draft", "submitted", "open", "paid", "void", "uncollectible", "deleted"]


class Invoice(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """A claim on a customer. `open` is the balance by the platform's own figure, `total` includes tax."""

    kind: ClassVar[str] = "invoice"

    number: str = ""
    customer_id: str = ""
    status: InvoiceStatus = "open"
    currency: str = ""
    total: int = 0
    open: int = 0
    tax: int = 0
    issue_on: dt.date | None = None
    due_on: dt.date | None = None
    #: Settled in full on this day, by the platform's word.
    paid_on: dt.date | None = None
    lines: tuple[Line, ...] = ()
    #: Only where the platform tells applied amounts on the invoice itself (Stripe, Xero).
    allocations: tuple[Allocation, ...] = ()
    #: What reduces the balance beside allocations: a deposit taken at invoice time, a customer balance used.
    adjustments: int = 0
    reference: str = ""
    purchase_order: str = ""
    memo: str = ""
    #: Was it ever sent to the customer? None where the platform does not say.
    sent: bool | None = None
    #: Where the platform e-mails this invoice, and whom it copies in.
    email: str = ""
    copied: str = ""
    #: The platform charges the customer by itself (a card on file): chasing it is not ours.
    charged_automatically: bool = False
    #: The customer can pay online at the platform's own page.
    online_payment: bool = False
    pay_url: str = ""
    #: Home currency units for one unit of `currency`, as a decimal string; empty when it is the home currency.
    exchange_rate: str = ""
    metadata: dict[str, str] = {}

    @property
    def balance(self) -> Money:
        return Money(self.open, self.currency)

    @property
    def is_open(self) -> bool:
        return self.status == "open" and self.open > 0


class CreditNote(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """A claim given back. `open` is what is not yet allocated or refunded."""

    kind: ClassVar[str] = "credit_note"

    number: str = ""
    customer_id: str = ""
    status: InvoiceStatus = "open"
    currency: str = ""
    total: int = 0
    open: int = 0
    issue_on: dt.date | None = None
    allocations: tuple[Allocation, ...] = ()
    reference: str = ""


#: pending: on its way and may still fail (a bank debit). settled: received. failed and void: never counted.
PaymentStatus = Literal["pending", "settled", "failed", "void"]


class Payment(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """Money received. `unapplied` is the part that settles no document, by the platform's own figure.

    A Stripe charge, an overpayment and a prepayment are payments; a zero-total payment that only ties a credit
    note to an invoice has `amount` 0 and allocations whose source is the credit note.
    """

    kind: ClassVar[str] = "payment"

    customer_id: str = ""
    status: PaymentStatus = "settled"
    currency: str = ""
    amount: int = 0
    unapplied: int = 0
    #: Given back so far, in minor units; refunds and lost chargebacks.
    refunded: int = 0
    paid_on: dt.date | None = None
    reference: str = ""
    method: str = ""
    payer_name: str = ""
    payer_email: str = ""
    #: The account that the payer paid from (an IBAN, say), where it is told.
    payer_account: str = ""
    #: The bank, clearing or undeposited-funds account it went to, by the platform's code or id.
    account: str = ""
    #: The payment intent, batch or deposit that it belongs to.
    group_id: str = ""
    #: What the processor kept, in minor units of `currency`; None where it is not stated.
    fee: int | None = None
    description: str = ""
    allocations: tuple[Allocation, ...] = ()
    #: (id, minor units) of journals that say something is owed, and that this money settles; they are no invoices.
    journals: tuple[tuple[str, int], ...] = ()
    metadata: dict[str, str] = {}


class Refund(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """Money given back. Never reopens an invoice by itself."""

    kind: ClassVar[str] = "refund"

    customer_id: str = ""
    payment_id: str = ""
    credit_note_id: str = ""
    status: PaymentStatus = "settled"
    currency: str = ""
    amount: int = 0
    refunded_on: dt.date | None = None
    reason: str = ""


class Chargeback(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """The card holder's bank takes the money back (at Stripe: a dispute). Not a commercial dispute."""

    kind: ClassVar[str] = "chargeback"

    payment_id: str = ""
    status: Literal["inquiry", "open", "won", "lost"] = "open"
    currency: str = ""
    amount: int = 0
    opened_at: dt.datetime | None = None
    reason: str = ""


class Payout(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """What a processor sends to the bank; or, in the books, a deposit of several payments."""

    kind: ClassVar[str] = "payout"

    status: PaymentStatus = "settled"
    currency: str = ""
    amount: int = 0
    arrives_on: dt.date | None = None
    payment_ids: tuple[str, ...] = ()
    reference: str = ""


class BalanceTransaction(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """One movement of the balance that a processor holds for us, in its settlement currency.

    `net = amount - fee`; money out is negative. `source_id` is the charge, refund, dispute or payout it comes from.
    """

    kind: ClassVar[str] = "balance_transaction"

    currency: str = ""
    amount: int = 0
    fee: int = 0
    net: int = 0
    #: The platform's own category, such as charge, refund, payout, fee.
    category: str = ""
    source_id: str = ""
    #: The payout that it is part of, where the platform tells.
    payout_id: str = ""
    made_on: dt.date | None = None
    available_on: dt.date | None = None
    exchange_rate: str = ""


class BankLine(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """One movement of a bank account: as the bank's own statement tells it, or as the books keep it by itself, not as
    the payment of a document. Money out is negative.
    """

    kind: ClassVar[str] = "bank_line"

    #: The bank account: by the name that a person gave it, or by the books' code or id.
    account: str = ""
    status: PaymentStatus = "settled"
    currency: str = ""
    amount: int = 0
    booked_on: dt.date | None = None
    #: The other side, whichever way the money went.
    payer_name: str = ""
    payer_account: str = ""
    reference: str = ""
    method: str = ""


class JournalLine(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """A line of a journal on the receivables account: it changes what is owed without a document.

    `amount` is positive where it adds to what is owed, negative where it takes off. `customer_id` is "" for a line
    that names no customer.
    """

    kind: ClassVar[str] = "journal_line"

    journal_id: str = ""
    number: str = ""
    customer_id: str = ""
    currency: str = ""
    amount: int = 0
    posted_on: dt.date | None = None
    memo: str = ""


class PaymentLink(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """A page where a customer pays one invoice of one amount. `invoice` names the document it was made for."""

    kind: ClassVar[str] = "payment_link"

    url: str = ""
    active: bool = True
    currency: str = ""
    amount: int = 0
    invoice: str = ""


class Gone(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """The platform says that a record no longer exists."""

    kind: ClassVar[str] = "gone"

    of_kind: str = ""


#: Every kind that the store keeps versions of, in the order in which they are pulled.
PLATFORM_FACTS: tuple[type[Fact], ...] = (
    Customer,
    Invoice,
    CreditNote,
    Payment,
    Refund,
    Chargeback,
    Payout,
    BalanceTransaction,
    BankLine,
    JournalLine,
    PaymentLink,
)
