"""CAMT.053 statements (ISO 20022), by pycamt. An entry of several payments is as many payments."""

import datetime as dt
from decimal import Decimal, InvalidOperation

from pycamt.parser import Camt053Parser

from owed.bank_files.statements import Transaction, lines, unreadable
from receivables.problems import Problem
from reconciliation.matching.items import PaymentLine

#: An entry that is not booked yet may still vanish.
_BOOKED = {"BOOK", None}


def read(text: str, name: str) -> tuple[list[PaymentLine], list[Problem]]:
    try:
        found = Camt053Parser(text.encode()).get_transactions()
    except Exception as error:
        return unreadable(name, "CAMT.053", error)
    return lines(name, (_transaction(one) for one in found if one.get("Status") in _BOOKED))


def _transaction(one: dict[str, str | None]) -> Transaction:
    """Money in names the debtor, money out the creditor as the other side."""
    received = one.get("CreditDebitIndicator") == "CRDT"
    other = "Debtor" if received else "Creditor"
    words = ("RemittanceInformationFull", "RemittanceInformation", "AdditionalRemittanceInformation", "EndToEndId")
    reference = dict.fromkeys(word for field in words if (word := one.get(field)) and word != "NOTPROVIDED")
    amount = _decimal(one.get("Amount"))
    return Transaction(
        id=one.get("TransactionID") or "",
        booked_on=_day(one.get("BookingDate") or one.get("ValueDate")),
        amount=amount if amount is None or received else -amount,
        currency=one.get("Currency") or "",
        payer_name=one.get(f"{other}Name") or "",
        payer_account=one.get(f"{other}IBAN") or "",
        reference=" ".join(reference) or one.get("AdditionalEntryInformation") or "",
        method=(one.get("TransactionFamilyCode") or "").lower(),
    )


def _decimal(text: str | None) -> Decimal | None:
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        return None


def _day(text: str | None) -> dt.date | None:
    """A day, or the day of an instant."""
    try:
        return dt.date.fromisoformat(text[:10]) if text else None
    except ValueError:
        return None
