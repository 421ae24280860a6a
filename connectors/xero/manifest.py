"""Xero as data: what it can do, and where a person consents."""

from connectors.manifest import Manifest, Write
from connectors.oauth import OAuthServer
from receivables.commands import AddNote, ApplyCredit, CreatePaymentLink, RecordPayment, SendInvoiceEmail

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
    ),
    client_auth="body",
    revoke_body="form",
)

#: How long Xero keeps an Idempotency-Key is not documented; a few minutes are assumed.
_KEY_WINDOW = 300

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
    },
    writes=(
        Write(
            # An Idempotency-Key is sent, but nobody says how long it is honoured for e-mails: only the read-back counts.
            SendInvoiceEmail,
            readable=True,
            side_effects="Xero e-mails the invoice to the contact and the persons included in e-mails, by its own template.",
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
            RecordPayment,
            keyed=True,
            key_window_seconds=_KEY_WINDOW,
            readable=True,
            side_effects="The invoice's balance falls; the money stands in the account that was named.",
        ),
        Write(ApplyCredit, keyed=True, key_window_seconds=_KEY_WINDOW, readable=True),
    ),
    scopes=OAUTH.scopes,
    reread_batch=40,
    notes=(
        "Xero cannot be told whom to e-mail an invoice to, nor what to say.",
        "Xero's own pay pages are used only with the scope paymentservices, which Xero has to grant to an app: add it to scopes.",
    ),
)
