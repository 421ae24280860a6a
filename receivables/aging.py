"""Aging: open balances by how long they are past due, per currency."""

import datetime as dt
from collections.abc import Iterable
from typing import Literal

import msgspec

from receivables.facts import Invoice

Bucket = Literal["current", "1-30", "31-60", "61-90", "91+"]
BUCKETS: tuple[Bucket, ...] = ("current", "1-30", "31-60", "61-90", "91+")


def bucket_of(due_on: dt.date | None, today: dt.date) -> Bucket:
    """Due today is current; without a due date an invoice cannot be overdue and counts as current."""
    days = 0 if due_on is None else (today - due_on).days
    if days <= 0:
        return "current"
    if days <= 30:
        return "1-30"
    if days <= 60:
        return "31-60"
    return "61-90" if days <= 90 else "91+"


class AgedTotal(msgspec.Struct):
    """Sum in minor units and number of invoices in one bucket."""

    amount: int = 0
    count: int = 0


class Aging(msgspec.Struct):
    """Balances of open invoices on the day `on`; `totals[currency][bucket]`."""

    on: dt.date
    totals: dict[str, dict[Bucket, AgedTotal]]
    open_count: int = 0
    overdue_count: int = 0


def age(invoices: Iterable[Invoice], on: dt.date) -> Aging:
    """Age open invoices by their platform balance; invoices that are not open are passed over."""
    aging = Aging(on=on, totals={})
    for invoice in invoices:
        if not invoice.is_open:
            continue
        buckets = aging.totals.setdefault(invoice.currency, {name: AgedTotal() for name in BUCKETS})
        bucket = bucket_of(invoice.due_on, on)
        buckets[bucket].amount += invoice.open
        buckets[bucket].count += 1
        aging.open_count += 1
        aging.overdue_count += bucket != "current"
    return aging
