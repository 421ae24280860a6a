"""The statement of account in an evidence bundle: for a court or an arbitrator, so plain, complete and the same each time."""

import csv
import datetime as dt
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from babel import Locale

from outreach.evidence_words import Description, evidence_words
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
    what: Description
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
    """`on` is the business's day; `about` says that it is of all invoices, or of which. `debtor` is empty where the books
    name none."""

    creditor: str
    debtor: str
    about: Description
    on: dt.date
    accounts: tuple[Account, ...]


def in_order(lines: Iterable[Line]) -> tuple[Line, ...]:
    """By day; on one day what adds to the debt comes first. What has no day comes first of all."""
    return tuple(
        sorted(lines, key=lambda one: (one.on or dt.date.min, one.amount.minor < 0, one.reference, one.amount.minor))
    )


def as_html(statement: Statement, locale: Locale) -> str:
    """A page in the locale's language that stands alone: no scripts, nothing loaded from anywhere."""
    title, parties, about, as_of = map(_text, _heading(statement, locale))
    parts = [
        "<!doctype html>",
        f'<html lang="{locale.language}"><head><meta charset="utf-8"><title>{title}</title>',
        f"<style>{_STYLE}</style></head><body>",
        f"<h1>{title}</h1>",
        f"<p>{parties}<br>{about}</p>",
        f"<p>{as_of}</p>",
    ]
    for account in statement.accounts:
        parts += _html_of(account, locale)
    return "\n".join([*parts, "</body></html>", ""])


def _html_of(account: Account, locale: Locale) -> list[str]:
    words = evidence_words(locale.language)
    heads = "".join(f"<th>{_text(one)}</th>" for one in (words.day, words.what, words.record))
    heads += "".join(f"<th class=amount>{_text(one)}</th>" for one in (words.amount, words.balance))
    rows = [
        f"<tr><td>{_text(day)}</td><td>{_text(what)}</td><td>{_text(reference)}</td>"
        f"<td class=amount>{_text(amount)}</td><td class=amount>{_text(balance)}</td></tr>"
        for day, what, reference, amount, balance in _rows(account, locale)
    ]
    table = [f"<table><caption>{account.currency}</caption><tr>{heads}</tr>", *rows, "</table>"]
    return [*table, *(f"<p>{_text(sentence)}</p>" for sentence in _closing(account, locale))]


def as_text(statement: Statement, locale: Locale) -> str:
    """The same words as the page."""
    lines = [*_heading(statement, locale)]
    no_day = evidence_words(locale.language).no_day
    for account in statement.accounts:
        rows = [(day or no_day, *rest) for day, *rest in _rows(account, locale)]
        lines += ["", account.currency, *_text_rows(rows), *_closing(account, locale)]
    return "\n".join(lines) + "\n"


def _text_rows(rows: Sequence[Sequence[str]]) -> Iterable[str]:
    """The names of months are longer in some languages than in others."""
    width = max((len(row[0]) for row in rows), default=0)
    for day, what, reference, amount, balance in rows:
        yield f"  {day:<{width}} {amount:>16} {balance:>16}  {what} ({reference})"


def as_csv(statement: Statement) -> str:
    """For a spreadsheet: days in ISO 8601, amounts as plain decimals, words in English whatever the language of the
    bundle, as programs read them. No cell can become a formula."""
    file, words = io.StringIO(), evidence_words("en")
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(["day", "what", "record", "currency", "amount", "balance"])
    for account in statement.accounts:
        balance = 0
        for line in account.lines:
            balance += line.amount.minor
            day = line.on.isoformat() if line.on else ""
            amounts = [line.amount.decimal, Money(balance, account.currency).decimal]
            writer.writerow([day, _cell(words.line(line.what)), _cell(line.reference), account.currency, *amounts])
    return file.getvalue()


def _cell(text: str) -> str:
    """A text that a spreadsheet would calculate is marked as text."""
    line = plain(text)
    return f"'{line}" if line.startswith(("=", "+", "-", "@")) else line


def _heading(statement: Statement, locale: Locale) -> tuple[str, str, str, str]:
    """(title, who to whom, what it is about, its day)."""
    words = evidence_words(locale.language)
    debtor = plain(statement.debtor) or words.unknown_debtor
    return (
        words.title.format(debtor=debtor),
        words.parties.format(creditor=plain(statement.creditor), debtor=debtor),
        words.line(statement.about),
        words.as_of.format(day=day_text(statement.on, locale)),
    )


def _rows(account: Account, locale: Locale) -> Iterable[tuple[str, str, str, str, str]]:
    words, balance = evidence_words(locale.language), 0
    for line in account.lines:
        balance += line.amount.minor
        amounts = money_text(line.amount, locale), money_text(Money(balance, account.currency), locale)
        yield (day_text(line.on, locale), words.line(line.what), plain(line.reference), *amounts)


def _closing(account: Account, locale: Locale) -> list[str]:
    words, amount = evidence_words(locale.language), money_text(account.by_books, locale)
    sentences = [words.open_by_books.format(amount=amount)]
    if account.credit.minor:
        credit, balance = money_text(account.credit, locale), money_text(account.balance, locale)
        sentences = [words.open_less_credit.format(amount=amount, credit=credit, balance=balance)]
    if not account.explained:
        sentences.append(words.unexplained.format(total=money_text(account.total, locale)))
    if account.demandable and account.demandable.minor != max(0, account.balance.minor):
        sentences.append(words.demandable.format(amount=money_text(account.demandable, locale)))
    return sentences


def _text(words: str) -> str:
    return escape(words, quote=True)
