"""Amounts and days in reasons, for a bookkeeper; cheap, because most items of every run have one."""

import datetime as dt
from functools import lru_cache

from receivables.money import CURRENCIES, exponent


def amount(minor: int, currency: str) -> str:
    """`1,250.00 GBP`; an unknown currency is shown as it came, in its smallest units."""
    if currency not in CURRENCIES:
        return f"{minor} {currency or 'without a currency'}"
    digits = exponent(currency)
    if digits == 0:
        return f"{minor:,} {currency}"
    whole, rest = divmod(abs(minor), 10**digits)
    return f"{'-' if minor < 0 else ''}{whole:,}.{rest:0{digits}} {currency}"


@lru_cache(maxsize=4096)
def day(on: dt.date) -> str:
    """`2 Mar 2026`, the same in every locale of the machine."""
    month = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()[on.month - 1]
    return f"{on.day} {month} {on.year}"


def days(count: int) -> str:
    return f"{count} day" if count == 1 else f"{count} days"
