"""Reads a CSV of invoices into a plan: any real ledger can stand behind the look-alikes."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TypeVar

from sandbox.company.plan import Bill, Book, Debtor, Line, Person, Plan, Receipt
from sandbox.money import exponent

REQUIRED = ("invoice_number", "customer_id", "invoice_date", "due_date", "invoice_amount")
OPTIONAL = (
    "settled_date", "paid_amount", "paid_on", "currency", "platform", "customer_name", "customer_email", "disputed",
    "country_code",
)  # fmt: skip
PLATFORMS = ("quickbooks", "stripe", "xero")
DEFAULT_CURRENCY = "USD"
TRUE = ("yes", "true", "1", "y")
Value = TypeVar("Value")


class LedgerErrors(Exception):
    """Everything wrong with a ledger, one line each: file:line:column-name: what."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


@dataclass
class Row:
    number: str
    customer: str
    on: date
    due: date
    amount: int
    currency: str
    settled: date | None = None
    paid: int = 0
    paid_on: date | None = None
    platform: str | None = None
    name: str = ""
    email: str = ""
    disputed: bool = False
    country: str = ""


@dataclass
class Reader:
    """Reads the cells of one line; what cannot be read is noted, not raised."""

    place: str
    cells: dict[str, str]
    problems: list[str] = field(default_factory=list)

    def text(self, name: str) -> str:
        return (self.cells.get(name) or "").strip()

    def _read(self, name: str, convert: Callable[[str], Value], default: Value) -> Value:
        text = self.text(name)
        if not text:
            if name in REQUIRED:
                self.problems.append(f"{self.place}:{name}: is empty")
            return default
        try:
            return convert(text)
        except (ValueError, InvalidOperation) as problem:
            self.problems.append(f"{self.place}:{name}: {problem}")
            return default

    def row(self) -> Row:
        currency = self._read("currency", read_currency, DEFAULT_CURRENCY)
        nowhen = date.min
        amount = self._read("invoice_amount", lambda text: read_amount(text, currency), 0)
        row = Row(
            self._read("invoice_number", str, ""), self._read("customer_id", str, ""),
            self._read("invoice_date", read_day, nowhen), self._read("due_date", read_day, nowhen), amount, currency,
        )  # fmt: skip
        row.settled = self._optional_day("settled_date")
        row.paid = self._read("paid_amount", lambda text: read_amount(text, currency), 0)
        row.paid_on = self._optional_day("paid_on")
        row.platform = self._read("platform", read_platform, "") or None
        row.name, row.email, row.country = (
            self.text("customer_name"),
            self.text("customer_email"),
            self.text("country_code"),
        )
        row.disputed = self.text("disputed").lower() in TRUE
        self._check(row)
        return row

    def _optional_day(self, name: str) -> date | None:
        day = self._read(name, read_day, date.min)
        return None if day == date.min else day

    def _check(self, row: Row) -> None:
        if row.paid > row.amount:
            self.problems.append(f"{self.place}:paid_amount: is more than the invoice's amount")
        for name, day in (("settled_date", row.settled), ("paid_on", row.paid_on)):
            if day is not None and row.on != date.min and day < row.on and name == "paid_on":
                self.problems.append(f"{self.place}:{name}: lies before the invoice's date")


def read_day(text: str) -> date:
    """An ISO day, or month/day/year."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        return datetime.strptime(text, "%m/%d/%Y").date()  # noqa: DTZ007 - a calendar day has no zone
    except ValueError as problem:
        raise ValueError(f"{text!r} is no date (YYYY-MM-DD or M/D/YYYY)") from problem


def read_amount(text: str, currency: str) -> int:
    try:
        amount = Decimal(text.replace(",", ""))
    except InvalidOperation as problem:
        raise ValueError(f"{text!r} is no amount") from problem
    scaled = amount.scaleb(exponent(currency))
    if not amount.is_finite() or amount < 0 or scaled != scaled.to_integral_value():
        raise ValueError(f"{text!r} is negative or has more decimals than {currency}")
    return int(scaled)


def read_currency(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{3}", text):
        raise ValueError(f"{text!r} is no currency code")
    return text.upper()


def read_platform(text: str) -> str:
    if text.lower() not in PLATFORMS:
        raise ValueError(f"{text!r} is none of {', '.join(PLATFORMS)}")
    return text.lower()


def snake(header: str) -> str:
    """customerID, CustomerId, "customer id" → customer_id."""
    parted = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", header.strip())
    return re.sub(r"[\s_-]+", "_", parted).lower()


def read_rows(path: Path) -> list[Row]:
    """Raises LedgerErrors with every problem of the file."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise LedgerErrors([f"{path}: cannot be read: {problem}"]) from problem
    lines = csv.reader(text.splitlines())
    headers = [snake(one) for one in next(lines, [])]
    missing = [name for name in REQUIRED if name not in headers]
    if missing:
        raise LedgerErrors([f"{path}:1:{name}: this column is required and missing" for name in missing])
    rows: list[Row] = []
    problems: list[str] = []
    seen: dict[str, int] = {}
    for cells in lines:
        if not any(cells):
            continue
        reader = Reader(f"{path}:{lines.line_num}", dict(zip(headers, cells, strict=False)))
        row = reader.row()
        if row.number in seen:
            reader.problems.append(
                f"{reader.place}:invoice_number: {row.number!r} stands on line {seen[row.number]} too"
            )
        seen.setdefault(row.number, lines.line_num)
        problems += reader.problems
        rows.append(row)
    if problems:
        raise LedgerErrors(problems)
    return rows


def read_ledger(path: Path, as_of: date) -> Plan:
    """The plan of a ledger as it stood on that day. Raises LedgerErrors."""
    rows = [row for row in read_rows(path) if row.on <= as_of]
    plan = Plan(as_of, name="Ledger Sandbox Ltd")
    homes = deal([row for row in rows if row.platform is None])
    debtors: dict[tuple[str, str, str], Debtor] = {}
    for row in rows:
        platform = row.platform or homes[row.customer]
        book: Book = getattr(plan, platform)
        key = (platform, row.customer, row.currency)  # a customer has one currency, as at QuickBooks and Stripe
        if key not in debtors:
            again = any(known[:2] == key[:2] for known in debtors)
            debtors[key] = debtor(platform, row, f" {row.currency}" if again else "")
            book.debtors.append(debtors[key])
        book.bills.append(bill(platform, row, debtors[key], as_of))
    return plan


def deal(rows: list[Row]) -> dict[str, str]:
    """Customers in alphabetical order, dealt out in thirds: each to one platform."""
    customers = sorted({row.customer for row in rows})
    return {customer: PLATFORMS[place * 3 // len(customers)] for place, customer in enumerate(customers)}


def debtor(platform: str, row: Row, suffix: str) -> Debtor:
    name = (row.name or f"Customer {row.customer}") + suffix
    site = f"{re.sub(r'[^a-z0-9]+', '-', row.customer.lower()).strip('-')}.example"
    email = row.email or f"accounts@{site}"
    terms = max(0, (row.due - row.on).days)
    address = ("", "", "", row.country)
    return Debtor(
        f"{platform}-{row.customer}{suffix}", name, Person("", "", email), email, row.currency, terms, address=address
    )


def bill(platform: str, row: Row, owner: Debtor, as_of: date) -> Bill:
    line = Line("As per ledger", 1, row.amount, taxed=False)
    made = Bill(f"{platform}-bill-{row.number}", owner, row.number, row.on, row.due, [line], online=True)
    made.disputed = row.disputed
    if row.settled is not None and row.settled <= as_of:
        made.receipts.append(Receipt(row.settled, row.amount, row.number))
    elif row.paid:
        on = row.paid_on or min(as_of, row.on + timedelta(days=1))
        if on <= as_of:
            made.receipts.append(Receipt(on, row.paid, row.number))
    return made
