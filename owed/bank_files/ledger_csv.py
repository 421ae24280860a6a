"""Invoices, customers and rates as CSV, for matching without any connection."""

from pathlib import Path
from typing import cast

from owed.bank_files.rows import Rows
from owed.text_files import read_utf8
from receivables.problems import Problem
from reconciliation.matching.items import CustomerRecord, DocumentKind, OpenDocument, Rates

INVOICES = ("invoice_id", "number", "customer_id", "currency", "total")
INVOICES_OPTIONAL = ("source", "kind", "issue_date", "due_date", "po_number")
CUSTOMERS = ("customer_id", "name")
RATES = ("date", "currency", "usd")


def read_invoices(path: Path) -> tuple[list[OpenDocument], list[Problem]]:
    """`total` is what is open, in minor units; a credit note may have it with either sign."""
    text, problems = read_utf8(path)
    rows, documents = Rows(text, str(path), INVOICES, INVOICES_OPTIONAL), []
    for row in rows if not problems else ():
        documents.append(_document(rows, row))
    return documents, problems or rows.problems


def _document(rows: Rows, row: tuple[str, ...]) -> OpenDocument:
    identifier, number, customer, currency, total, source, kind, issue, due, order = row
    amount = rows.whole("total", total)
    if kind not in ("", "invoice", "credit_note"):
        rows.wrong("kind", f"{kind!r} is not a kind of document", "write invoice or credit_note")
    if amount < 0 and kind != "credit_note":
        rows.wrong("total", f"an invoice cannot be {amount}", "what is owed to the customer is a credit_note")
    return OpenDocument(
        rows.unique("invoice_id", identifier),
        number,
        rows.again(customer),
        rows.currency("currency", currency),
        abs(amount),
        rows.day("issue_date", issue, needed=False),
        rows.day("due_date", due, needed=False),
        cast("DocumentKind", kind or "invoice"),
        order,
        rows.again(source),
    )


def read_customers(path: Path) -> tuple[list[CustomerRecord], list[Problem]]:
    text, problems = read_utf8(path)
    rows = Rows(text, str(path), CUSTOMERS, ("email", "bank_account"))
    found = [
        CustomerRecord(rows.unique("customer_id", identifier), name, email, account)
        for identifier, name, email, account in (rows if not problems else ())
    ]
    return found, problems or rows.problems


def read_rates(path: Path) -> tuple[Rates, list[Problem]]:
    """One unit of each currency in US dollars, by day: ratios, so they may have a point."""
    text, problems = read_utf8(path)
    rows, rates = Rows(text, str(path), RATES), Rates()
    for day_text, currency, usd in rows if not problems else ():
        day, known = rows.day("date", day_text), rows.currency("currency", currency)
        rate = _rate(usd)
        if rate <= 0:
            rows.wrong("usd", f"{usd!r} is not a rate", "write what one unit is worth in US dollars, such as 1.27")
        elif day and rates.setdefault((day, known), rate) != rate:
            rows.wrong("usd", f"{known} has another rate on this day above", "keep one rate a day")
    return rates, problems or rows.problems


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        return 0.0
    return rate if 0 < rate < 1e9 else 0.0
