"""Why a payment's amount differs from what is open: each reason with the weight of its chance."""

import datetime as dt
from math import log

from receivables.money import exponent
from reconciliation.matching import weights as w
from reconciliation.matching.items import PaymentLine, Rates

#: Reasons, as they stand in results.
EXACT, TOLERANCE, DISCOUNT, FEE, CHARGE = "exact", "small difference", "discount", "processor fee", "bank charge"
EQUAL_PART, PART, TOO_MUCH, RATE = "equal part", "part", "too much", "day's rate"
#: With these the document is settled although less than its whole amount came.
CLOSING = frozenset({EXACT, TOLERANCE, DISCOUNT, FEE, CHARGE, RATE})

Story = tuple[float, str]

_CARDS = frozenset({"card", "stripe", "paypal", "processor", "gocardless", "square", "adyen", "credit_card", "sumup"})
#: Days; banks do not quote at weekends and on holidays.
_OLDEST_RATE = 7
_HALF_LOG_TAU = 0.919


class Amounts:
    """One payment's amount held against open amounts, all in minor units of one currency."""

    def __init__(self, payment: PaymentLine, amount: int, usual: float, tolerance: int) -> None:
        """`usual` is how often open documents have this very amount, as a share."""
        self.amount = amount
        self.tolerance = tolerance
        self.method = payment.method
        self.chance = _roundness(amount) / (w.SPREAD * amount)
        self.surprise = -log(max(usual, self.chance))
        self.exact = w.EXACT + self.surprise

    @property
    def by_chance(self) -> float:
        """The weight of an amount for which there is no reason but chance."""
        return log(self.chance) + self.surprise

    def story(self, open_amount: int) -> Story:
        """The likeliest reason, with its weight against a chance agreement."""
        amount = self.amount
        if amount == open_amount:
            return self.exact, EXACT
        return self._short(open_amount) if amount < open_amount else self._over(open_amount)

    def _short(self, total: int) -> Story:
        missing = total - self.amount
        best, name = w.PART * _roundness(self.amount) / total, PART
        if missing <= self.tolerance and missing * 20 <= total:
            best, name = max((best, name), (w.DIFFERENCE / (2 * self.tolerance), TOLERANCE))
        if missing * 9 <= total:
            best, name = max((best, name), self._deducted(total, missing))
        elif missing * 3 >= total and total > 100:
            for parts in w.PARTS:
                if abs(self.amount * parts - total) <= parts:
                    best, name = max((best, name), (w.EQUAL_PART / parts, EQUAL_PART))
        return log(best) + self.surprise, name

    def _deducted(self, total: int, missing: int) -> Story:
        """A discount, a processor's fee or a bank's charge kept back."""
        found = (0.0, PART)
        for place, rate in enumerate(w.DISCOUNTS):
            if abs(total * rate - missing * 10_000) <= 10_000:
                found = max(found, (w.DISCOUNT / (4 + 4 * place), DISCOUNT))
        more = 4.0 if self.method.casefold() in _CARDS else 1.0
        for percent, fixed in w.FEES:
            if abs(total * percent + (fixed - missing) * 10_000) <= 10_000:
                found = max(found, (more * w.PROCESSOR_FEE / (3 * len(w.FEES)), FEE))
        if total * 0.004 < missing < total * 0.055:
            found = max(found, (more * 0.1 * w.PROCESSOR_FEE / (0.05 * total), FEE))
        if missing <= w.CHARGE_AT_MOST and missing % 50 == 0:
            found = max(found, (w.BANK_CHARGE / (40 if missing % 500 == 0 else 150), CHARGE))
        return found

    def _over(self, total: int) -> Story:
        excess = self.amount - total
        best, name = w.TOO_MUCH * _roundness(self.amount) / total, TOO_MUCH
        if excess <= self.tolerance and excess * 20 <= total:
            best, name = max((best, name), (w.DIFFERENCE / (2 * self.tolerance), TOLERANCE))
        return log(best) + self.surprise, name


class Exchanged:
    """A payment in one currency held against documents in another, at the day's rate."""

    def __init__(self, amount: int, ratio: float) -> None:
        self.worth = amount * ratio

    def story(self, open_amount: int) -> Story:
        off = (self.worth - open_amount) / open_amount / w.RATE_SPREAD
        if abs(off) > 4:
            return w.OTHER_CURRENCY - 8.0, RATE
        density = -off * off / 2 - log(w.RATE_SPREAD) - _HALF_LOG_TAU
        return w.OTHER_CURRENCY + density + log(w.SPREAD), RATE


def ratio(payment: PaymentLine, currency: str, rates: Rates) -> float | None:
    """How many minor units of `currency` one of the payment's is worth on its day; None without rates.

    At a weekend the rate of the last day that has one counts.
    """
    if payment.paid_on is None:
        return None
    own, other = _rate(payment.paid_on, payment.currency, rates), _rate(payment.paid_on, currency, rates)
    if not own or not other:
        return None
    return float(own / other * 10.0 ** (exponent(currency) - exponent(payment.currency)))


def _rate(day: dt.date, currency: str, rates: Rates) -> float:
    """In US dollars; 0 when there is none within a week before."""
    for back in range(_OLDEST_RATE + 1):
        rate = rates.get((day - dt.timedelta(days=back), currency))
        if rate:
            return rate
    return 1.0 if currency == "USD" else 0.0


def _roundness(amount: int) -> float:
    for step, likelier in w.ROUND:
        if amount % step == 0:
            return min(likelier, step)
    return 1.0
