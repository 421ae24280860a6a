"""BAI2 statements (North American banks), by bai2. Amounts are in minor units; a type code tells in from out."""

import re
from decimal import Decimal
from typing import Any

from bai2 import bai2
from bai2.constants import TypeCodeTransaction

from owed.bank_files.statements import Transaction, lines, unreadable
from receivables.money import MoneyError, to_decimal
from receivables.problems import Problem
from reconciliation.matching.items import PaymentLine

#: Records without which the library would look for the end for ever.
_FRAME = {
    "01": "file header",
    "02": "group header",
    "03": "account",
    "49": "account trailer",
    "98": "group trailer",
    "99": "file trailer",
}

#: The standard's currency where neither the account nor its group names one.
_USUAL = "USD"


def read(text: str, name: str) -> tuple[list[PaymentLine], list[Problem]]:
    missing = [code for code, what in _FRAME.items() if not re.search(rf"^{code},", text, re.MULTILINE)]
    if missing:
        return unreadable(
            name, "BAI2", ValueError(f"it has no record {missing[0]} ({_FRAME[missing[0]]}): was it cut off?")
        )
    try:
        groups = bai2.parse_from_string(text, check_integrity=False).children
        found = [
            _transaction(one, account, group)
            for group in groups
            for account in group.children
            for one in account.children
        ]
    except Exception as error:
        return unreadable(name, "BAI2", error)
    return lines(name, found)


def _transaction(one: Any, account: Any, group: Any) -> Transaction:
    currency = account.header.currency or group.header.currency or _USUAL
    out = one.type_code.transaction is TypeCodeTransaction.debit
    return Transaction(
        id=one.bank_reference or "",
        booked_on=group.header.as_of_date,
        amount=_amount(one.amount, currency, out=out),
        currency=currency,
        reference=" ".join(filter(None, (one.text, one.customer_reference))),
        method=(one.type_code.description or "").lower(),
    )


def _amount(minor: int | None, currency: str, *, out: bool) -> Decimal | None:
    if minor is None:
        return None
    try:
        return to_decimal(-minor if out else minor, currency)
    except MoneyError:
        return Decimal(minor)  # the currency is complained about where the line is made
