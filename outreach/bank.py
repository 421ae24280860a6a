"""The business's bank details as a debtor reads them: the account for the currency, and what to quote."""

from collections.abc import Iterable, Mapping

import msgspec

from outreach.catalog import Words
from outreach.plain import plain, plain_lines

#: The account for every currency that has none of its own.
ANY = "any"

#: More numbers than a bank's reference field can hold help nobody.
_MOST_NUMBERS = 5


class BankAccount(msgspec.Struct, frozen=True, kw_only=True):
    """Where to pay; empty fields are left out. `text` is for what has no field of its own."""

    account_name: str = ""
    bank: str = ""
    iban: str = ""
    bic: str = ""
    account_number: str = ""
    sort_code: str = ""
    text: str = ""


def account_for(accounts: Mapping[str, BankAccount], currency: str) -> BankAccount | None:
    """Never another currency's account, unless the admin says that it takes any."""
    return accounts.get(currency) or accounts.get(ANY)


def payment_reference(numbers: Iterable[str]) -> str:
    """The invoice numbers to quote; the first few where there are many."""
    return ", ".join(list(numbers)[:_MOST_NUMBERS])


def bank_lines(account: BankAccount, reference: str, words: Words) -> tuple[str, ...]:
    """`Payment to:` and its lines, in the debtor's language."""
    fields = (
        (words.account_name, account.account_name),
        (words.bank, account.bank),
        (words.iban, account.iban),
        (words.bic, account.bic),
        (words.sort_code, account.sort_code),
        (words.account_number, account.account_number),
        (words.reference, reference),
    )
    lines = [f"{label}{words.colon}{plain(value)}" for label, value in fields if value]
    more = plain_lines(account.text)
    return (f"{words.payment_to}{words.colon}".rstrip(), *lines, *(more.split("\n") if more else ()))
