"""The list of invoices in a message: as rows of text that every mail program shows, and for the HTML table."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from babel import Locale

from outreach.catalog import Words
from outreach.errors import ComposeError
from outreach.language import day_text, money_text
from outreach.plain import has_unprinted, plain
from receivables.money import Money
from receivables.open_items import OpenItem
from receivables.refs import Ref

#: A link in a mail leads to a page; anything else behind "pay online" is an attack.
_SCHEME = re.compile(r"(javascript|data|vbscript|file|blob):", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Row:
    """One invoice, in the debtor's language. `overdue` and `link` may be empty."""

    number: str
    issued: str
    due: str
    overdue: str
    amount: str
    link: str


@dataclass(frozen=True, slots=True)
class InvoiceList:
    """`total` is empty for a single invoice. `overdue` says whether any row is."""

    rows: tuple[Row, ...]
    total: str
    overdue: bool


def invoice_list(
    items: Iterable[OpenItem], links: Mapping[Ref, str], on: dt.date, locale: Locale, words: Words
) -> InvoiceList:
    """Amounts are what may be demanded: open, less what was received, credited, or is on its way."""
    items = list(items)
    rows = tuple(_row(item, links.get(item.invoice.ref, ""), on, locale, words) for item in items)
    total = Money(sum(item.demandable for item in items), items[0].invoice.currency)
    return InvoiceList(rows, money_text(total, locale) if len(rows) > 1 else "", any(row.overdue for row in rows))


def _row(item: OpenItem, link: str, on: dt.date, locale: Locale, words: Words) -> Row:
    late = item.days_past_due(on) or 0
    return Row(
        number=number_of(item),
        issued=day_text(item.invoice.issue_on, locale),
        due=day_text(item.invoice.due_on, locale),
        overdue=words.days_text(late) if late > 0 else "",
        amount=money_text(item.demand, locale),
        link=_checked(link),
    )


def number_of(item: OpenItem) -> str:
    """What the debtor knows the invoice by."""
    return plain(item.invoice.number or item.invoice.id, 60)


def _checked(link: str) -> str:
    """A link stays exactly as it is: it may stand for one that is made just before sending."""
    if has_unprinted(link) or any(character.isspace() for character in link) or _SCHEME.match(link):
        raise ComposeError("a pay link is no address of a page")
    return link


def as_text(listed: InvoiceList, words: Words) -> str:
    """A few short lines for each invoice; a link has a line of its own and is never broken."""
    parts = [_row_text(row, words) for row in listed.rows]
    if listed.total:
        parts.append(f"{words.total}{words.colon}{listed.total}")
    return "\n\n".join(parts)


def _row_text(row: Row, words: Words) -> str:
    days = [(words.issued, row.issued), (words.due, row.due), (words.overdue, row.overdue)]
    lines = [f"{words.invoice} {row.number}{words.colon}{row.amount}"]
    lines.append("  " + " · ".join(f"{label}{words.colon}{text}" for label, text in days if text))
    if row.link:
        lines.append(f"  {words.pay}{words.colon}{row.link}")
    return "\n".join(lines)
