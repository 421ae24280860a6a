"""[business.bank] of owed.toml: the accounts that debtors pay into, one a currency."""

import re

from stdnum import bic, iban
from stdnum.exceptions import ValidationError

from outreach.bank import ANY, BankAccount
from receivables.money import CURRENCIES
from rules.table import Table

_SORT_CODE = re.compile(r"\d{2}-?\d{2}-?\d{2}")


def read_bank(business: Table) -> dict[str, BankAccount]:
    """By currency; "any" is for currencies without an account of their own. Problems go to the table's."""
    banks = business.take_table("bank")
    found = {}
    for currency in banks:
        if currency not in CURRENCIES and currency != ANY:
            banks.report(currency, "not a currency", f"write [business.bank.EUR], or [business.bank.{ANY}]")
        found[currency] = _account(banks.take_table(currency))
    banks.finish()
    return found


def _account(table: Table) -> BankAccount:
    account = BankAccount(
        account_name=table.take_text("account_name", ""),
        bank=table.take_text("bank", ""),
        iban=_iban(table),
        bic=_bic(table),
        account_number=table.take_text("account_number", ""),
        sort_code=table.take_text("sort_code", ""),
        text=table.take_text("text", ""),
    )
    if account.sort_code and not _SORT_CODE.fullmatch(account.sort_code):
        table.expected("sort_code", "six digits such as 20-20-15")
    if not any(key in table for key in ("iban", "account_number", "text")):
        table.report("", "nobody could pay by these bank details", "add iban, account_number or text")
    table.finish()
    return account


def _iban(table: Table) -> str:
    """In groups of four, as people read it. Its check digits are verified, and its country's own form."""
    value = table.take_text("iban", "")
    try:
        return iban.format(iban.validate(value)) if value else ""
    except ValidationError:
        table.expected("iban", "an IBAN: a letter or digit of this one is wrong")
        return ""


def _bic(table: Table) -> str:
    value = table.take_text("bic", "")
    try:
        return bic.validate(value) if value else ""
    except ValidationError:
        table.expected("bic", "a BIC of 8 or 11 characters")
        return ""
