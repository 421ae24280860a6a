"""QuickBooks Online as data: what it can do, and where a person consents."""

from connectors.manifest import Manifest, Write
from connectors.oauth import OAuthServer
from receivables.commands import AddNote, ApplyCredit, CreatePaymentLink, RecordPayment, SendInvoiceEmail

API_BASE = "https://quickbooks.api.intuit.com/v3"

OAUTH = OAuthServer(
    title="QuickBooks Online",
    authorize_url="https://appcenter.intuit.com/connect/oauth2",
    token_url="https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer",  # noqa: S106 - an address, not a token
    revoke_url="https://developer.api.intuit.com/v2/oauth2/tokens/revoke",
    scopes=("com.intuit.quickbooks.accounting",),
    client_auth="basic",
    revoke_body="json",
)

#: How long Intuit replays a requestid is not documented; a few minutes are assumed.
_KEY_WINDOW = 300

MANIFEST = Manifest(
    platform="quickbooks",
    title="QuickBooks Online",
    auth="oauth",
    kinds={
        "customers": "customer",
        "invoices": "invoice",
        "credit_notes": "credit_note",
        "payments": "payment",
        "refunds": "refund",
        "deposits": "payout",
    },
    writes=(
        Write(
            # A requestid is sent, but nobody says that it is honoured for e-mails: only the read-back counts.
            SendInvoiceEmail,
            readable=True,
            side_effects="QuickBooks e-mails the invoice by the company's own template and marks it as sent.",
        ),
        Write(
            AddNote,
            keyed=True,
            key_window_seconds=_KEY_WINDOW,
            readable=True,
            side_effects="The note is an attachment of the invoice that is not sent to the customer.",
        ),
        Write(
            CreatePaymentLink,
            readable=True,
            side_effects="None: QuickBooks makes the link by itself where online payment is switched on.",
        ),
        Write(
            RecordPayment,
            keyed=True,
            key_window_seconds=_KEY_WINDOW,
            readable=True,
            side_effects="The invoice's balance falls; the money stands in the account that was named.",
        ),
        Write(
            ApplyCredit,
            keyed=True,
            key_window_seconds=_KEY_WINDOW,
            readable=True,
            side_effects="QuickBooks keeps the allocation as a payment of zero.",
        ),
    ),
    scopes=OAUTH.scopes,
    reread_batch=100,
    notes=(
        "QuickBooks cannot be asked whether its own automatic reminders are on.",
        "A merged or deleted record is told by change data capture within 30 days; after a longer gap everything is read again.",
    ),
)
