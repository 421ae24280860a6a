"""Value added tax as a company outside the United States has it: a code on every line, in or on top of the amount."""

from __future__ import annotations

from typing import Any

from sandbox.money import minor
from sandbox.state import Record

STANDARD = "20.0% S"
RATES = {STANDARD: 20}
WAYS = ("TaxExcluded", "TaxInclusive", "NotApplicable")

Body = dict[str, Any]


def net(gross: int, code: str) -> int:
    """What is left of an amount when its tax is taken out, half up."""
    rate = RATES.get(code, 0)
    return (gross * 200 + 100 + rate) // (2 * (100 + rate))


def is_inclusive(body: Body) -> bool:
    return body.get("GlobalTaxCalculation") == "TaxInclusive"


def total_tax(body: Body, lines: list[Record], currency: str) -> int:
    """TotalTax as given, else what the lines' codes make of them."""
    given = (body.get("TxnTaxDetail") or {}).get("TotalTax")
    if given is not None:
        return minor(given, currency)
    if body.get("GlobalTaxCalculation") == "NotApplicable":
        return 0
    if is_inclusive(body):
        return sum((int(line.get("gross") or line["amount"]) - int(line["amount"]) for line in lines), 0)
    taxed = sum(int(line["amount"]) * RATES.get(str(line.get("tax_code")), 0) for line in lines)
    return (taxed + 50) // 100
