"""What Xero's bank transactions say, in our words. Pure.

They are what stands on a bank account without being the payment of a document: money received or spent, and transfers
between accounts, such as a processor's payout out of its clearing account.
"""

from connectors.fields import Record, Unreadable, amount, choice, currency, identifier, record, text
from connectors.xero.dates import day, instant
from connectors.xero.parts import Facts
from receivables.facts import BankLine, PaymentStatus

#: Which way the money goes. Over- and prepayments are lists of their own, and are read there.
_SIGNS = {
    "RECEIVE": 1,
    "RECEIVE-TRANSFER": 1,
    "SPEND": -1,
    "SPEND-TRANSFER": -1,
    "RECEIVE-OVERPAYMENT": 0,
    "RECEIVE-PREPAYMENT": 0,
    "SPEND-OVERPAYMENT": 0,
    "SPEND-PREPAYMENT": 0,
}
_STATUS: dict[str, PaymentStatus] = {"AUTHORISED": "settled", "DELETED": "void", "VOIDED": "void"}

#: As Xero's filter, so that nothing else is sent.
WANTED = " OR ".join(f'Type=="{kind}"' for kind, sign in _SIGNS.items() if sign)


def bank_line(row: Record, connection: str) -> Facts:
    """Of what the business spends only day and amount are kept: enough to find a processor's fees and withdrawals."""
    sign = choice(row, "Type", _SIGNS)
    if not sign:
        return ()
    code = _currency(row)
    received = sign > 0
    return (
        BankLine(
            connection=connection,
            id=identifier(row, "BankTransactionID"),
            version=text(row, "UpdatedDateUTC"),
            updated_at=instant(row, "UpdatedDateUTC"),
            account=_account(row),
            status=choice(row, "Status", _STATUS),
            currency=code,
            amount=sign * amount(row, "Total", code),
            booked_on=day(row, "Date"),
            payer_name=text(record(row, "Contact"), "Name") if received else "",
            reference=text(row, "Reference") if received else "",
        ),
    )


def _currency(row: Record) -> str:
    """A bank account has one currency, and a transaction may leave it to its account to tell."""
    if row.get("CurrencyCode"):
        return currency(row, "CurrencyCode")
    return currency(record(row, "BankAccount"), "CurrencyCode")


def _account(row: Record) -> str:
    found = record(row, "BankAccount")
    named = text(found, "Code") or text(found, "AccountID")
    if not named:
        raise Unreadable("BankAccount is missing")
    return named
