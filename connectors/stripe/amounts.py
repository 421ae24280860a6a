"""Stripe counts in minor units too, but not of every currency the same ones as ISO 4217. Pure.

Source: Stripe's page on supported currencies: zero-decimal and three-decimal currencies, and the special cases
ISK and UGX, which are written with two decimals that must be 00.
"""

from functools import lru_cache

from connectors.fields import Record, Unreadable, whole
from receivables.money import Money, exponent

_ZERO = frozenset("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split())
_THREE = frozenset("BHD JOD KWD OMR TND".split())


def _stripe_exponent(currency: str) -> int:
    if currency in _ZERO:
        return 0
    return 3 if currency in _THREE else 2


@lru_cache(maxsize=256)
def _shift(currency: str) -> int:
    """Digits that Stripe leaves out of a currency; raises MoneyError for one that does not exist."""
    return exponent(currency) - _stripe_exponent(currency)


def amount(row: Record, name: str, currency: str) -> int:
    """A field in Stripe's units, as minor units of `currency` (ISO code in capitals)."""
    units = whole(row, name)
    shift = _shift(currency)
    if not shift:
        return units
    if shift > 0:
        return units * int(10**shift)
    minor, rest = divmod(units, 10**-shift)
    if rest:
        raise Unreadable(f"{name} {units} has more digits than {currency} has")
    return int(minor)


def amount_or_zero(row: Record, name: str, currency: str) -> int:
    return 0 if row.get(name) is None else amount(row, name, currency)


def amount_or_none(row: Record, name: str, currency: str) -> int | None:
    return None if row.get(name) is None else amount(row, name, currency)


def units(money: Money) -> int:
    """The reverse: what Stripe wants to be told for this amount. Raises ValueError where Stripe has fewer digits."""
    shift = _shift(money.currency)
    if shift <= 0:
        return int(money.minor * 10**-shift)
    count, rest = divmod(money.minor, 10**shift)
    if rest:
        raise ValueError(f"Stripe cannot take {money}: it counts {money.currency} in whole units")
    return int(count)
