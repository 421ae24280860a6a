"""The statement of account in an evidence bundle: for a court or an arbitrator, so plain, complete and the same each time."""

import csv
import datetime as dt
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from babel import Locale

from outreach.language import day_text, money_text
from outreach.plain import plain
from receivables.money import Money

_STYLE = """body { font: 11pt/1.5 serif; margin: 2.5em auto; max-width: 52em; color: #111 }
table { border-collapse: collapse; width: 100%; margin: 1em 0 }
th, td { padding: .3em .6em; border-bottom: 1px solid #bbb; text-align: left; vertical-align: top }
td.amount, th.amount { text-align: right; white-space: nowrap }
caption { text-align: left; font-weight: bold; padding: .5em 0 }
.note { color: #555 } @media print { body { margin: 0 } tr { break-inside: avoid } }"""


@dataclass(frozen=True, slots=True)
class Line:
    """One movement of the account. `amount` is positive where more is owed; `reference` names the record it comes from."""

    on: dt.date | None
    what: str
    amount: Money
    reference: str


@dataclass(frozen=True, slots=True)
class Account:
    """All movements in one currency. `by_books` is what is open on invoices by the books' own figures, `credit` what
    stands against them and settles none. `demandable` is what may be asked for; None where nothing is open."""

    currency: str
    lines: tuple[Line, ...]
    by_books: Money
    credit: Money
    demandable: Money | None = None

    @property
    def total(self) -> Money:
        return Money(sum(line.amount.minor for line in self.lines), self.currency)

    @property
    def explained(self) -> bool:
        """The movements lead to what the books say. Where they do not, both are shown: nothing is made up."""
        return self.total == self.balance

    @property
    def balance(self) -> Money:
        """By the books' own figures."""
        return Money(self.by_books.minor - self.credit.minor, self.currency)


@dataclass(frozen=True, slots=True)
class Statement:
    """`on` is the business's day; `about` says whose account it is, or which invoice's."""

    creditor: str
    debtor: str
    about: str
    on: dt.date
    accounts: tuple[Account, ...]


def in_order(lines: Iterable[Line]) -> tuple[Line, ...]:
    """By day; on one day what adds to the debt comes first. What has no day comes first of all."""
    return tuple(
        sorted(lines, key=lambda one: (one.on or dt.date.min, one.amount.minor < 0, one.reference, one.amount.minor))
    )


def as_html(statement: Statement, locale: Locale) -> str:
    """A page that stands alone: no scripts, nothing loaded from anywhere."""
    parts = [
        "<!doctype html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{_text(_title(statement))}</title>',
        f"<style>{_STYLE}</style></head><body>",
        f"<h1>{_text(_title(statement))}</h1>",
        f"<p>{_text(statement.creditor)} to {_text(statement.debtor)}<br>{_text(statement.about)}</p>",
        f"<p>As of {_text(day_text(statement.on, locale))}</p>",
    ]
    for account in statement.accounts:
        parts += _html_of(account, locale)
    return "\n".join([*parts, "</body></html>", ""])


def _html_of(account: Account, locale: Locale) -> list[str]:
    head = "<tr><th>Day</th><th>What</th><th>Record</th><th class=amount>Amount</th><th class=amount>Balance</th></tr>"
    rows = [
        f"<tr><td>{_text(day)}</td><td>{_text(what)}</td><td>{_text(reference)}</td>"
        f"<td class=amount>{_text(amount)}</td><td class=amount>{_text(balance)}</td></tr>"
        for day, what, reference, amount, balance in _rows(account, locale)
    ]
    table = [f"<table><caption>{account.currency}</caption>{head}", *rows, "</table>"]
    return [*table, *(f"<p>{_text(words)}</p>" for words in _closing(account, locale))]


def as_text(statement: Statement, locale: Locale) -> str:
    lines = [_title(statement), f"{plain(statement.creditor)} to {plain(statement.debtor)}", plain(statement.about)]
    lines.append(f"as of {day_text(statement.on, locale)}")
    for account in statement.accounts:
        lines += ["", account.currency, *map(_text_row, _rows(account, locale)), *_closing(account, locale)]
    return "\n".join(lines) + "\n"


def _text_row(row: Sequence[str]) -> str:
    day, what, reference, amount, balance = row
    return f"  {day or 'no day':<20} {amount:>16} {balance:>16}  {what} ({reference})"


def as_csv(statement: Statement) -> str:
    """For a spreadsheet: days in ISO 8601, amounts as plain decimals. No cell can become a formula."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(["day", "what", "record", "currency", "amount", "balance"])
    for account in statement.accounts:
        balance = 0
        for line in account.lines:
            balance += line.amount.minor
            day = line.on.isoformat() if line.on else ""
            amounts = [line.amount.decimal, Money(balance, account.currency).decimal]
            writer.writerow([day, _cell(line.what), _cell(line.reference), account.currency, *amounts])
    return file.getvalue()


def _cell(text: str) -> str:
    """A text that a spreadsheet would calculate is marked as text."""
    line = plain(text)
    return f"'{line}" if line.startswith(("=", "+", "-", "@")) else line


def _title(statement: Statement) -> str:
    return f"Statement of account: {plain(statement.debtor)}"


def _rows(account: Account, locale: Locale) -> Iterable[tuple[str, str, str, str, str]]:
    balance = 0
    for line in account.lines:
        balance += line.amount.minor
        amounts = money_text(line.amount, locale), money_text(Money(balance, account.currency), locale)
        yield (day_text(line.on, locale), plain(line.what), plain(line.reference), *amounts)


def _closing(account: Account, locale: Locale) -> list[str]:
    owed = f"Open by the books: {money_text(account.by_books, locale)}"
    if account.credit.minor:
        less = money_text(account.credit, locale)
        owed += f", less credit that settles no invoice, {less}: {money_text(account.balance, locale)}"
    words = [f"{owed}."]
    if not account.explained:
        total = money_text(account.total, locale)
        words.append(f"The movements above come to {total}: the difference is not explained by the records at hand.")
    if account.demandable and account.demandable.minor != max(0, account.balance.minor):
        asked = money_text(account.demandable, locale)
        words.append(
            f"May be asked for: {asked}. The rest is covered by other money: see breaks.json and payments.json."
        )
    return words


def _text(words: str) -> str:
    return escape(words, quote=True)
