"""Xero as data: what it can do, and where a person consents."""

from connectors.manifest import Manifest, Write
from connectors.oauth import OAuthServer
from receivables.commands import (
    AddNote,
    ApplyCredit,
    ChargeFee,
    CreatePaymentLink,
    CreditInvoice,
    RecordPayment,
    RecordProcessingFee,
    RecordRefund,
    SendInvoiceEmail,
    VoidInvoice,
    VoidPayment,
)

API_BASE = "https://api.xero.com/api.xro/2.0"
CONNECTIONS_URL = "https://api.xero.com/connections"

OAUTH = OAuthServer(
    title="Xero",
    authorize_url="https://login.xero.com/identity/connect/authorize",
    token_url="https://identity.xero.com/connect/token",  # noqa: S106 - an address, not a token
    revoke_url="https://identity.xero.com/connect/revocation",
    scopes=(
        "offline_access",
        "accounting.invoices",
        "accounting.payments",
        "accounting.contacts",
        "accounting.settings.read",
        "accounting.banktransactions.read",
    ),
    client_auth="body",
    revoke_body="form",
)

#: How long Xero keeps an Idempotency-Key is not documented; a few minutes are assumed.
_KEY_WINDOW = 300

WRITES = (
    Write(
        # An Idempotency-Key is sent, but nobody says how long it is honoured for e-mails: only the read-back counts.
        SendInvoiceEmail,
        readable=True,
        side_effects=(
            "Xero e-mails the invoice to the contact and the persons included in e-mails, by its own template. The invoice"
            " counts as sent from then on, so that Xero's own reminders, where switched on, go out for it too. Xero would"
            " also send an invoice that waits for approval, or a paid one; owed does not. Xero allows only so many e-mails a day."
        ),
    ),
    Write(
        AddNote,
        keyed=True,
        key_window_seconds=_KEY_WINDOW,
        readable=True,
        side_effects="The note stands in the invoice's history for good.",
    ),
    Write(
        CreatePaymentLink,
        readable=True,
        side_effects="None: every approved invoice has an online page by itself.",
    ),
    Write(
        ChargeFee,
        keyed=True,
        key_window_seconds=_KEY_WINDOW,
        readable=True,
        side_effects=(
            "A new approved invoice with the next number of the organisation. Its Reference carries our mark. It is not"
            " marked as sent."
        ),
    ),
    Write(
        VoidInvoice,
        keyed=True,
        key_window_seconds=_KEY_WINDOW,
        readable=True,
        side_effects=(
            "An approved invoice becomes VOIDED and keeps its number; a draft becomes DELETED. Neither can be undone."
            " Refused while payments or credits settle it. The reason stands in owed's journal only."
        ),
    ),
    Write(
        RecordPayment,
        keyed=True,
        key_window_seconds=_KEY_WINDOW,
        readable=True,
        side_effects="The invoice's balance falls; the money stands in the account that was named.",
    ),
    Write(
        VoidPayment,
        keyed=True,
        key_window_seconds=_KEY_WINDOW,
        readable=True,
        side_effects=(
            "The payment is DELETED for good and its invoice is open again. One in a batch payment, or reconciled with a"
            " bank line, is refused."
        ),
    ),
    Write(
        RecordRefund,
        keyed=True,
        key_window_seconds=_KEY_WINDOW,
        readable=True,
        side_effects="What is left of the credit note, overpayment or prepayment falls, and so does the account.",
    ),
    Write(
        RecordProcessingFee,
        keyed=True,
        key_window_seconds=_KEY_WINDOW,
        readable=True,
        side_effects=(
            "Money spent out of the clearing account. A supplier that Xero does not know becomes a new contact. Needs the"
            " scope accounting.banktransactions."
        ),
    ),
    Write(
        ApplyCredit,
        keyed=True,
        key_window_seconds=_KEY_WINDOW,
        readable=True,
        side_effects="What is left of the credit note falls with the invoice's balance.",
    ),
    Write(
        CreditInvoice,
        keyed=True,
        key_window_seconds=_KEY_WINDOW,
        readable=True,
        side_effects=(
            "Two steps: a new approved credit note, whose Reference carries our mark, and its allocation to the invoice."
            " After a crash between them the credit stands unallocated until the same key is pushed again."
        ),
    ),
)

MANIFEST = Manifest(
    platform="xero",
    title="Xero",
    auth="oauth",
    kinds={
        "customers": "customer",
        "invoices": "invoice",
        "credit_notes": "credit_note",
        "payments": "payment",
        "overpayments": "payment",
        "prepayments": "payment",
        # Batches of customers' payments: what the bank shows as one sum.
        "batch_payments": "payout",
        # What stands on bank accounts by itself: transfers out of a clearing account, money received without an invoice.
        "bank_transactions": "bank_line",
    },
    writes=WRITES,
    scopes=OAUTH.scopes,
    reread_batch=40,
    # Payments and credits have no shorter form than the full one: counting them is as dear as pulling them.
    censuses={"customers": "all", "invoices": "all"},
    pdf=True,
    aged_receivables=True,
    notes=(
        "Xero cannot be told whom to e-mail an invoice to, nor what to say.",
        "Writing a processor's fees into the books needs the scope accounting.banktransactions: add it to scopes.",
        (
            "Bank transactions are read with the scope accounting.banktransactions.read. A consent from before it was asked"
            " for has to be given again: without it payouts that were booked as transfers are not found. Of money spent, only"
            " day and amount are kept."
        ),
        (
            "Aged receivables are asked for where a customer's balance does not add up, at most twenty times a day. They need a"
            " scope for reports, which Xero names by the age of the app: add it to scopes, or do without."
        ),
        "Nothing can be dated on or before the organisation's lock dates: Xero refuses it.",
        "Xero tells refunds in the same list as payments, so a refund is never closed by a sweep; its status tells.",
        "Xero's own pay pages are used only with the scope paymentservices, which Xero has to grant to an app: add it to scopes.",
    ),
)
