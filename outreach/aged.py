"""What a message may tell beside its list: how old the debt is, what was promised, agreed and received."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence

from babel import Locale

from outreach.catalog import Words
from outreach.language import day_text, money_text
from receivables.aging import BUCKETS, Bucket, bucket_of
from receivables.local_facts import Instalment
from receivables.money import Money
from receivables.open_items import OpenItem


def aging_lines(items: Sequence[OpenItem], on: dt.date, locale: Locale, words: Words) -> tuple[str, ...]:
    """What may be demanded in each bucket that holds anything, newest first."""
    sums: Counter[Bucket] = Counter()
    for item in items:
        sums[bucket_of(item.invoice.due_on, on)] += item.demandable
    currency = items[0].invoice.currency
    return tuple(
        f"{_name(bucket, words)}{words.colon}{money_text(Money(sums[bucket], currency), locale)}"
        for bucket in BUCKETS
        if sums[bucket]
    )


def _name(bucket: Bucket, words: Words) -> str:
    """In words: `1-30` is a range of days, `91+` what is older than 90."""
    if bucket == "current":
        return words.not_due
    first, _, last = bucket.partition("-")
    if last:
        return words.days_late.replace("{from}", first).replace("{to}", last)
    return words.days_later.replace("{from}", str(int(first.rstrip("+")) - 1))


def amounts_and_days(items: Sequence[OpenItem], on: dt.date, locale: Locale) -> dict[str, object]:
    """`overdue_total`, `promised_on`, `instalment`, `instalment_due_on`, `received`; empty where there is none."""
    currency = items[0].invoice.currency
    overdue = sum(item.demandable for item in items if (item.days_past_due(on) or 0) > 0)
    promised = [item.promise.promised_on for item in items if item.promise]
    missed = _first_missed(items, on)
    received = sum(item.receipt.amount for item in items if item.receipt)
    return {
        "overdue_total": money_text(Money(overdue, currency), locale) if overdue else "",
        "promised_on": day_text(max(promised, default=None), locale),
        "instalment": money_text(Money(missed.amount, currency), locale) if missed else "",
        "instalment_due_on": day_text(missed.due_on if missed else None, locale),
        "received": money_text(Money(received, currency), locale) if received else "",
    }


def _first_missed(items: Iterable[OpenItem], on: dt.date) -> Instalment | None:
    """The earliest instalment that is over and did not come in full, with what is missing of it."""
    for item in items:
        if item.plan is None:
            continue
        left = item.plan.agreed_open - item.invoice.open
        for part in sorted(item.plan.instalments, key=lambda part: part.due_on):
            if part.due_on < on and part.amount > left:
                return Instalment(part.due_on, part.amount - max(0, left))
            left -= part.amount
    return None
