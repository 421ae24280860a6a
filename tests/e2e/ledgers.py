"""A ledger CSV, and what must be true of it, computed from the CSV alone: shares nothing with the product."""

import csv
import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from random import Random

EDGES = ((0, "current"), (30, "1-30"), (60, "31-60"), (90, "61-90"))


@dataclass
class Expected:
    """Counts, and decimal totals by (currency, bucket)."""

    open_count: int = 0
    overdue_count: int = 0
    totals: Counter[tuple[str, str]] = field(default_factory=Counter)


def bucket(days: int) -> str:
    return next((name for edge, name in EDGES if days <= edge), "91+")


def _day(text: str) -> dt.date | None:
    if not text:
        return None
    if "/" in text:
        month, day, year = map(int, text.split("/"))
        return dt.date(year, month, day)
    return dt.date.fromisoformat(text)


def _column(row: dict[str, str], *names: str) -> str:
    return next((row[name] for name in names if row.get(name)), "")


def expected(path: Path, as_of: dt.date) -> Expected:
    """Settled on the day counts as paid, due on the day as current, issued after the day not at all."""
    found = Expected()
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            issued, due = _day(_column(row, "invoice_date", "InvoiceDate")), _day(_column(row, "due_date", "DueDate"))
            settled = _day(_column(row, "settled_date", "SettledDate"))
            assert issued is not None
            assert due is not None
            left = Decimal(_column(row, "invoice_amount", "InvoiceAmount")) - Decimal(
                _column(row, "paid_amount") or "0"
            )
            if issued > as_of or (settled and settled <= as_of) or left <= 0:
                continue
            days = (as_of - due).days
            found.open_count += 1
            found.overdue_count += days > 0
            found.totals[_column(row, "currency") or "USD", bucket(days)] += left  # type: ignore[assignment]  # a Counter adds decimals too
    return found


def write_ledger(path: Path, as_of: dt.date, count: int = 400, seed: int = 7) -> None:
    """Three platforms, three currencies, part payments, and every bucket from both its ends."""
    random = Random(seed)
    edges = [-400, -30, -1, 0, 1, 30, 31, 60, 61, 90, 91, 400]
    platforms = ("quickbooks", "xero", "stripe")
    columns = "platform customer_id customer_name customer_email invoice_number invoice_date due_date invoice_amount currency settled_date paid_amount paid_on".split()
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for number in range(count):
            customer = number % 40
            platform = platforms[customer % 3]
            late = edges[number] if number < len(edges) else random.randint(-45, 150)
            due = as_of - dt.timedelta(days=late)
            issued = min(due - dt.timedelta(days=random.choice((14, 30, 45))), as_of)
            amount = Decimal(random.randint(500, 900_000)) / 100
            kind = random.random() if number >= len(edges) else 0.9
            settled = issued + (as_of - issued) * random.random() if kind < 0.4 else ""
            part = (amount / 3).quantize(Decimal("0.01")) if 0.4 <= kind < 0.6 and platform != "stripe" else ""
            paid_on = issued + (as_of - issued) * random.random() if part else ""
            currency = ("GBP", "EUR", "USD")[customer % 3 if customer % 2 else (customer // 2) % 3]
            mail = f"ap{customer}@customer{customer}.example"
            row = [platform, f"C{customer:03}", f"Customer {customer}", mail, f"N{number:05}", issued, due]
            writer.writerow([*row, amount, currency, settled, part, paid_on])
