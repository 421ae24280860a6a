"""A ledger as CSV, invoices with the days on which they were settled: a past to try rules on, without any connection.

One line an invoice. Columns may be written `invoice_number`, `InvoiceNumber` or `invoice number`; days as 2026-01-31 or
1/31/2026 (month first); amounts in major units. What a ledger does not tell is assumed: every invoice was sent, every
customer has an e-mail address, the money came on the day of settlement.
"""

import datetime as dt
import re
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path

from owed.bank_files.rows import Rows
from owed.text_files import read_utf8
from receivables.business import Business, ConnectionState
from receivables.facts import Allocation, Contact, Customer, Fact, Invoice, Payment
from receivables.money import CURRENCIES, MoneyError, to_minor
from receivables.problems import Problem
from receivables.refs import Ref
from rules.backtest import Hindsight
from sync.past import Past, Version

NAME = "ledger"
REQUIRED = ("invoice_number", "customer_id", "invoice_date", "due_date", "invoice_amount")
OPTIONAL = (
    *("settled_date", "paid_amount", "paid_on", "currency", "customer_name", "customer_email", "disputed"),
    "country_code",
)

#: Of amounts without a currency, where the business has none either.
_CURRENCY = "USD"
_YES = frozenset({"yes", "true", "1", "y"})
_MONTH_FIRST = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")


@dataclass(slots=True)
class LedgerHistory:
    """The facts of a ledger, and the references of invoices that it marks as disputed, on days that it does not tell."""

    facts: dict[Ref, Fact] = field(default_factory=dict)
    disputed: set[str] = field(default_factory=set)

    def past(self, business: Business) -> Past:
        known = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
        versions = [Version(known, None, fact) for fact in self.facts.values()]
        state = ConnectionState(name=NAME, platform="csv", reminds_by_itself=False)
        return Past(business, {NAME: state}, versions, None)

    @property
    def hindsight(self) -> Hindsight:
        return Hindsight(disputed=dict.fromkeys(self.disputed, ((None, None),)))


def read_ledger_history(path: Path, currency: str) -> tuple[LedgerHistory, list[Problem]]:
    """`currency` is that of lines which name none; "" means US dollars."""
    text, problems = read_utf8(path)
    header, end, body = text.lstrip("\ufeff").partition("\n")
    rows = Rows(_in_our_words(header) + end + body, str(path), REQUIRED, OPTIONAL)
    found = LedgerHistory()
    for row in rows if not problems else ():
        _add(found, rows, dict(zip((*REQUIRED, *OPTIONAL), row, strict=True)), currency or _CURRENCY)
    return found, problems or rows.problems


def _in_our_words(header: str) -> str:
    """customerID, CustomerId and "customer id" are customer_id; other columns stay what they are."""
    known = {name.replace("_", ""): name for name in (*REQUIRED, *OPTIONAL)}
    parts = re.split(r"([,;\t\r])", header)
    return "".join(known.get(re.sub(r"[^a-z]", "", part.casefold()), part) for part in parts)


def _add(found: LedgerHistory, rows: Rows, row: dict[str, str], usual: str) -> None:
    currency = rows.currency("currency", row["currency"].upper() or usual)
    number = rows.unique("invoice_number", row["invoice_number"])
    issue_on, due_on = _day(rows, row, "invoice_date"), _day(rows, row, "due_date")
    settled_on, paid_on = _day(rows, row, "settled_date"), _day(rows, row, "paid_on")
    total, paid = _amount(rows, row, "invoice_amount", currency), _amount(rows, row, "paid_amount", currency)
    if not row["customer_id"]:
        rows.wrong("customer_id", "it is empty", "whose debt is it?")
    if paid > total:
        rows.wrong("paid_amount", "it is more than the invoice's amount", "an invoice is paid once")
    received, on = (total, settled_on) if settled_on else (paid, paid_on or issue_on)
    invoice = Invoice(
        connection=NAME,
        id=number,
        number=number,
        customer_id=row["customer_id"],
        status="open" if total > received else "paid",
        currency=currency,
        total=total,
        open=total - received,
        issue_on=issue_on,
        due_on=due_on,
        paid_on=settled_on,
        sent=True,
    )
    customer = _customer(row)
    found.facts |= {invoice.ref: invoice, customer.ref: found.facts.get(customer.ref, customer)}
    if received and on:
        payment = _payment(invoice, received, on)
        found.facts[payment.ref] = payment
    if row["disputed"].casefold() in _YES:
        found.disputed.add(str(invoice.ref))


def _customer(row: dict[str, str]) -> Customer:
    """An address under `.invalid` stands for one that the ledger does not tell; nothing is sent in a back-test."""
    name = row["customer_id"]
    place = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-") or "nobody"
    country = row["country_code"].upper()
    return Customer(
        connection=NAME,
        id=name,
        name=row["customer_name"] or f"Customer {name}",
        contacts=(Contact(email=row["customer_email"] or f"accounts@{place}.invalid", primary=True),),
        country=country if re.fullmatch(r"[A-Z]{2}", country) else "",
    )


def _payment(invoice: Invoice, amount: int, on: dt.date) -> Payment:
    share = Allocation("payment", invoice.id, invoice.id, amount, on)
    return Payment(
        connection=NAME,
        id=invoice.id,
        customer_id=invoice.customer_id,
        currency=invoice.currency,
        amount=amount,
        paid_on=on,
        allocations=(share,),
    )


def _day(rows: Rows, row: dict[str, str], column: str) -> dt.date | None:
    text = row[column]
    match = _MONTH_FIRST.fullmatch(text)
    iso = f"{match[3]}-{match[1]:0>2}-{match[2]:0>2}" if match else text
    return rows.day(column, iso, needed=column in REQUIRED)


def _amount(rows: Rows, row: dict[str, str], column: str, currency: str) -> int:
    """Minor units; 0 for an empty optional cell, and where a problem is reported."""
    text = row[column].replace(",", "")
    if currency not in CURRENCIES or (not text and column not in REQUIRED):
        return 0
    try:
        amount = to_minor(Decimal(text), currency)
    except (InvalidOperation, MoneyError):
        amount = -1
    if amount < 0:
        rows.wrong(
            column, f"{row[column]!r} is not an amount", f"write it as 12.50, with no more digits than {currency}"
        )
    return max(0, amount)
