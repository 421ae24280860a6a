"""Stripe as data: what it can do."""

from connectors.manifest import Manifest, Write
from receivables.commands import (
    AddNote,
    AttachPayment,
    ChargeFee,
    Command,
    CreateCheckout,
    CreatePaymentLink,
    CreditInvoice,
    MarkUncollectible,
    RecordPayment,
    SendInvoiceEmail,
    VoidInvoice,
    WithdrawPaymentLink,
)

API_BASE = "https://api.stripe.com"

#: Stripe keeps an Idempotency-Key for at least 24 hours; an hour of that is kept in hand.
_KEY_WINDOW = 23 * 3600


def _keyed(command: type[Command], side_effects: str) -> Write:
    return Write(command, keyed=True, key_window_seconds=_KEY_WINDOW, readable=True, side_effects=side_effects)


MANIFEST = Manifest(
    platform="stripe",
    title="Stripe",
    auth="key",
    kinds={
        "customers": "customer",
        "invoices": "invoice",
        "credit_notes": "credit_note",
        "payments": "payment",
        "refunds": "refund",
        "chargebacks": "chargeback",
        "payouts": "payout",
        "balance_transactions": "balance_transaction",
        "payment_links": "payment_link",
    },
    writes=(
        _keyed(
            SendInvoiceEmail,
            "Stripe e-mails the invoice with its hosted page; with a test key no mail leaves. Drafts are refused, "
            "because Stripe would finalise them first.",
        ),
        _keyed(AddNote, "Kept as metadata, which customers do not see."),
        _keyed(CreatePaymentLink, "Makes a product and a price too."),
        _keyed(WithdrawPaymentLink, "None: a payment on its way still arrives."),
        _keyed(CreateCheckout, "Makes a product and a price too; the session ends by itself within 24 hours."),
        _keyed(VoidInvoice, "Cannot be undone; payments of it that are open are cancelled."),
        _keyed(MarkUncollectible, "Stripe stops collecting by itself; the customer can still pay."),
        _keyed(
            CreditInvoice,
            "Lowers what is open, and pays the invoice when nothing is left; no e-mail is sent. Refused above what is "
            "open, where money would have to be refunded.",
        ),
        _keyed(
            ChargeFee,
            "Three calls: a draft, its line, finalising. The customer's credit balance is used up first; Stripe's own "
            "settings may e-mail a finalised invoice. `tax_code` is the id of a tax rate; `account` is not used.",
        ),
        _keyed(
            RecordPayment,
            "In full: the invoice is marked paid outside Stripe and its open payments are cancelled. In part: two calls, "
            "a payment record and attaching it. Stripe may e-mail a receipt. `account` is not used.",
        ),
        _keyed(
            AttachPayment,
            "The payment is credited to the invoice at once. Refused when it is larger than what is open, where the "
            "rest would become the customer's credit balance.",
        ),
    ),
    reread_batch=1,
    censuses={"invoices": "unfinished", "chargebacks": "all", "payouts": "unfinished"},
    pdf=True,
    notes=(
        "A census asks for drafts, open and uncollectible invoices, unpaid payouts and all chargebacks, 100 a call.",
        "Refunds and charges cannot be asked for by status: only their events tell that one has changed.",
        "Stripe cannot be asked whether its own automatic reminders are on.",
        "Use a restricted key: Read on what is pulled, Write only on what is pushed.",
        "Writes need Invoices, Credit notes, Payment Links, Products, Prices, Checkout Sessions and Payment Records.",
    ),
)
