"""Money in the sandbox is an integer in the currency's minor unit; the wire shows what each vendor shows."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

EXPONENTS = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "BHD": 3, "KWD": 3, "JOD": 3, "OMR": 3, "TND": 3}

# Fixed rates of the sandbox: home units (GBP) for one foreign unit.
POUNDS_PER = {"GBP": Decimal(1), "EUR": Decimal("0.86"), "USD": Decimal("0.79")}


def exponent(currency: str) -> int:
    return EXPONENTS.get(currency.upper(), 2)


def minor(value: object, currency: str) -> int:
    """Reads a decimal amount (number or text, in major units) as minor units, rounding half up.

    Raises ValueError when it is no number."""
    try:
        amount = Decimal(str(value))
    except InvalidOperation as problem:
        raise ValueError(f"not an amount: {value!r}") from problem
    if not amount.is_finite():
        raise ValueError(f"not an amount: {value!r}")
    return int(amount.scaleb(exponent(currency)).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def major(amount: int, currency: str) -> float:
    """The JSON number of an amount. The shortest float that reads back is exact for every amount below 10^13."""
    places = exponent(currency)
    return float(Decimal(amount).scaleb(-places))


def display(amount: int, currency: str) -> str:
    places = exponent(currency)
    return f"{Decimal(amount).scaleb(-places):,.{places}f} {currency.upper()}"


def pounds_per(currency: str) -> Decimal:
    return POUNDS_PER.get(currency.upper(), Decimal("0.5"))


def in_pounds(amount: int, currency: str) -> int:
    """The amount in pence at the sandbox's fixed rate."""
    home = Decimal(amount).scaleb(-exponent(currency)) * pounds_per(currency)
    return int(home.scaleb(2).quantize(Decimal(1), rounding=ROUND_HALF_UP))
