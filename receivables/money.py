"""Money: an integer number of minor units and the ISO 4217 currency it is counted in; they never travel apart."""

import re
from decimal import Decimal, InvalidOperation

import msgspec

#: Digits after the point where they are not two (ISO 4217, list one, column "minor unit").
_EXPONENTS = {
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(), 0),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
}

#: Active ISO 4217 codes of circulating money (funds and precious metals are left out: nobody is invoiced in gold).
CURRENCIES = frozenset(
    """AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF
    CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG
    HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA
    MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD
    RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX
    USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG""".split()
)

_DIGITS = {code: _EXPONENTS.get(code, 2) for code in CURRENCIES}

_AMOUNT = re.compile(r"[+-]?\d{1,15}(\.\d{1,4})?")


class MoneyError(ValueError):
    """An amount or a currency that cannot be what it claims to be."""


def exponent(currency: str) -> int:
    """Digits after the point in `currency`; raises MoneyError for a code that ISO 4217 does not know."""
    digits = _DIGITS.get(currency)
    if digits is None:
        raise MoneyError(f"unknown currency {currency!r}; expected an ISO 4217 code such as GBP")
    return digits


def to_minor(amount: Decimal | int | str, currency: str) -> int:
    """A decimal amount in major units as minor units of `currency`, exactly.

    Raises MoneyError for floats, for what is no number, and for more digits than the currency has.
    """
    if type(amount) is int:
        return amount * int(10 ** exponent(currency))
    if isinstance(amount, float):
        raise MoneyError(f"a float is not money: {amount!r}")
    try:
        scaled = Decimal(amount).scaleb(exponent(currency))
    except InvalidOperation:
        raise MoneyError(f"not an amount: {amount!r}") from None
    if not scaled.is_finite():
        raise MoneyError(f"not an amount: {amount!r}")
    minor = int(scaled)
    if minor != scaled:
        raise MoneyError(f"{amount} has more digits than {currency} has")
    return minor


def to_decimal(minor: int, currency: str) -> Decimal:
    """Minor units as a decimal amount in major units, with exactly the currency's digits."""
    return Decimal(minor).scaleb(-exponent(currency))


class Money(msgspec.Struct, frozen=True, order=False, gc=False):
    """`minor` units (pence, cents, yen) of `currency`. Adding two currencies raises MoneyError."""

    minor: int
    currency: str

    @classmethod
    def parse(cls, text: str) -> "Money":
        """Read `12.50 GBP` or `GBP 12.50`; raises MoneyError."""
        words = text.split()
        if len(words) == 2:
            amount, currency = sorted(words, key=lambda word: word.isalpha())
            if _AMOUNT.fullmatch(amount):
                return cls(to_minor(amount, currency), currency)
        raise MoneyError(f"not money: {text!r}; expected an amount and a currency, such as '12.50 GBP'")

    @property
    def decimal(self) -> Decimal:
        return to_decimal(self.minor, self.currency)

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __str__(self) -> str:
        return f"{self.decimal:,} {self.currency}"

    def _same(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise MoneyError(f"{self.currency} and {other.currency} cannot be added")
        return other.minor

    def as_json(self) -> dict[str, str]:
        """The form money has in every JSON that owed prints: a decimal string and a currency."""
        return {"amount": str(self.decimal), "currency": self.currency}
