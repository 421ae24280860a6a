"""QuickBooks Online as data: what it can do, and where a person consents."""

from connectors.manifest import Manifest, Write
from connectors.oauth import OAuthServer
from receivables.commands import (
    AddNote,
    ApplyCredit,
    ChargeFee,
    Command,
    CreatePaymentLink,
    CreditInvoice,
    RecordPayment,
    RecordProcessingFee,
    RecordRefund,
    SendInvoiceEmail,
    SetCustomerMemo,
    VoidInvoice,
    VoidPayment,
)

API_BASE = "https://quickbooks.api.intuit.com/v3"

OAUTH = OAuthServer(
    title="QuickBooks Online",
    authorize_url="https://appcenter.intuit.com/connect/oauth2",
    token_url="https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer",  # noqa: S106 - an address, not a token
    revoke_url="https://developer.api.intuit.com/v2/oauth2/tokens/revoke",
    scopes=("com.intuit.quickbooks.accounting",),
    client_auth="basic",
    revoke_body="json",
    # Grants end after five years, whatever is done; the first ones in October 2028.
    token_headers={"x-include-refresh-token-hard-expires-in": "true"},
)

#: How long Intuit replays a requestid is not documented; a few minutes are assumed.
_KEY_WINDOW = 300


def _keyed(command: type[Command], side_effects: str) -> Write:
    return Write(command, keyed=True, key_window_seconds=_KEY_WINDOW, readable=True, side_effects=side_effects)


MANIFEST = Manifest(
    platform="quickbooks",
    title="QuickBooks Online",
    auth="oauth",
    kinds={
        "customers": "customer",
        "invoices": "invoice",
        "credit_notes": "credit_note",
        "payments": "payment",
        "sales_receipts": "payment",
        "refunds": "refund",
        "deposits": "payout",
        "journal_lines": "journal_line",
    },
    censuses={
        "customers": "all",
        "invoices": "all",
        "credit_notes": "all",
        "payments": "all",
        "sales_receipts": "all",
        "refunds": "all",
        "deposits": "all",
        "journal_lines": "all",
    },
    pdf=True,
    writes=(
        Write(
            # A requestid is sent, but nobody says that it is honoured for e-mails: only the read-back counts.
            SendInvoiceEmail,
            readable=True,
            side_effects="QuickBooks e-mails the invoice by the company's own template and marks it as sent.",
        ),
        _keyed(AddNote, "The note is an attachment of the invoice that is not sent to the customer."),
        _keyed(
            SetCustomerMemo,
            "The memo stands on the invoice from now on, wherever the customer sees it. It has 1000 characters; where "
            "the text would not fit, it is refused.",
        ),
        Write(
            CreatePaymentLink,
            readable=True,
            side_effects="None: QuickBooks makes the link by itself where online payment is switched on.",
        ),
        _keyed(
            RecordPayment,
            "The invoice's balance falls; the money stands in the account that was named. Where the company sends "
            "receipts for payments, QuickBooks may send one.",
        ),
        _keyed(ApplyCredit, "QuickBooks keeps the allocation as a payment of zero."),
        _keyed(
            VoidPayment,
            "The payment stays with a total of zero, and its invoices are open again. Refused while it is in a deposit.",
        ),
        _keyed(
            VoidInvoice,
            "The invoice keeps its number, with all amounts zero and the note Voided. Refused while payments or credits "
            "are on it. The reason stays with us.",
        ),
        _keyed(
            ChargeFee,
            "A new invoice with QuickBooks' next number, which is e-mailed to nobody. QuickBooks works out its tax, and "
            "may apply open credit to it where the company lets it do so automatically.",
        ),
        _keyed(
            CreditInvoice,
            "A credit memo, and a payment of zero that applies it. Where the company lets QuickBooks apply credit "
            "automatically, it may go to an older invoice: a person is told then.",
        ),
        _keyed(
            RecordRefund,
            "A refund receipt out of the account that was named. It opens no invoice and uses up no credit.",
        ),
        _keyed(
            RecordProcessingFee,
            "An expense out of the account that was named, which should be a bank account; the supplier is named where the "
            "books know it.",
        ),
    ),
    scopes=OAUTH.scopes,
    reread_batch=100,
    notes=(
        "QuickBooks cannot be asked whether its own automatic reminders are on.",
        "A merged or deleted record is told by change data capture within 30 days; after a longer gap everything is read again.",
        "Where more than 1000 records of a kind changed between two looks, deletions among them may be told by the daily census only.",
        "A sales receipt is told as a payment that settles no invoice: its money is in the books already.",
        "Of journal entries only lines on a receivables account are kept; the others are none of our business.",
        "Where a company numbers its documents by hand, the invoice of a fee has no number.",
    ),
)
