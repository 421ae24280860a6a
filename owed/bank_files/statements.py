"""What bank statements of every format have in common: booked transactions become payment lines, mistakes are named."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from receivables.money import MoneyError, to_minor
from receivables.problems import Problem
from reconciliation.matching.items import PaymentLine

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Transaction:
    """One booked movement. `amount` is in major units, below zero for money out; `id` may be "" or not unique."""

    id: str
    booked_on: dt.date | None
    amount: Decimal | None
    currency: str
    payer_name: str = ""
    payer_account: str = ""
    reference: str = ""
    method: str = ""


def lines(name: str, found: Iterable[Transaction]) -> tuple[list[PaymentLine], list[Problem]]:
    """An id that a bank gives twice, or not at all, is completed by the transaction's place in the file."""
    made: list[PaymentLine] = []
    problems: list[Problem] = []
    taken: set[str] = set()
    for place, one in enumerate(found, start=1):
        identifier = one.id if one.id and one.id not in taken else f"{one.id or 'transaction'}#{place}"
        taken.add(identifier)
        try:
            minor = to_minor(_there(one.amount, "amount"), one.currency.upper())
            day = _day(_there(one.booked_on, "date"))
        except (MoneyError, ValueError) as error:
            problems.append(Problem(f"{name}: transaction {place}", str(error), "ask the bank for the statement again"))
            continue
        words = (_plain(one.payer_name), one.payer_account.strip(), _plain(one.reference), one.method.strip())
        made.append(PaymentLine(identifier, day, minor, one.currency.upper(), *words))
    return made, problems


def _there(value: T | None, what: str) -> T:
    if value is None:
        raise ValueError(f"it has no {what}")
    return value


def _day(found: dt.date) -> dt.date:
    """A plain day: a library's own kind of date cannot be kept."""
    return dt.date(found.year, found.month, found.day)


def _plain(text: str) -> str:
    return " ".join(text.split())


def unreadable(name: str, form: str, error: Exception) -> tuple[list[PaymentLine], list[Problem]]:
    """One line, whatever the library had to say."""
    said = next(iter(str(error).splitlines()), "") or type(error).__name__
    return [], [
        Problem(name, f"this is not a readable {form} statement: {said[:160]}", "export it from the bank again")
    ]
