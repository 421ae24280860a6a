"""Stripe as data: what it can do."""

from connectors.manifest import Manifest, Write
from receivables.commands import AddNote, CreatePaymentLink, SendInvoiceEmail, WithdrawPaymentLink

API_BASE = "https://api.stripe.com"

#: Stripe keeps an Idempotency-Key for at least 24 hours; an hour of that is kept in hand.
_KEY_WINDOW = 23 * 3600

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
        Write(
            SendInvoiceEmail,
            keyed=True,
            key_window_seconds=_KEY_WINDOW,
            readable=True,
            side_effects="Stripe e-mails the invoice with its hosted page; a draft is finalised first; with a test key no mail leaves.",
        ),
        Write(AddNote, keyed=True, key_window_seconds=_KEY_WINDOW, readable=True, side_effects="Kept as metadata."),
        Write(CreatePaymentLink, keyed=True, key_window_seconds=_KEY_WINDOW, readable=True),
        Write(WithdrawPaymentLink, keyed=True, key_window_seconds=_KEY_WINDOW, readable=True),
    ),
    reread_batch=1,
    censuses={"invoices": "unfinished", "chargebacks": "all", "payouts": "unfinished"},
    pdf=True,
    notes=(
        "A census asks for drafts, open and uncollectible invoices, unpaid payouts and all chargebacks, 100 a call.",
        "Refunds and charges cannot be asked for by status: only their events tell that one has changed.",
        "Stripe cannot be asked whether its own automatic reminders are on.",
        "Use a restricted key: read on what is pulled, write on Invoices, Payment Links and Prices only.",
    ),
)
