"""The fixed words of an evidence bundle in each language: `evidence.toml` beside the templates."""

import string
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Literal

import msgspec
import tomli

from outreach.plain import plain

#: What a line of the account can say: the fields of `LineWords`.
Phrase = Literal[
    "all_invoices",
    "invoice",
    "invoice_void",
    "invoice_deleted",
    "deducted",
    "written_off",
    "payment",
    "credit_note",
    "unknown_credit_note",
    "settled",
    "loose_payment",
    "loose_credit_note",
    "journal_credit",
    "credit_balance",
]


@dataclass(frozen=True, slots=True)
class Description:
    """What a line is about, in no language yet: a phrase, and the numbers of the documents that it names."""

    phrase: Phrase
    invoice: str = ""
    credit_note: str = ""


class LineWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One text for each `Phrase`; some name {invoice} or {credit_note}. The credit of a credit note that is `loose`
    settles no invoice; `settled` is for what is neither a payment nor a credit note."""

    all_invoices: str
    invoice: str
    invoice_void: str
    invoice_deleted: str
    deducted: str
    written_off: str
    payment: str
    credit_note: str
    unknown_credit_note: str
    settled: str
    loose_payment: str
    loose_credit_note: str
    journal_credit: str
    credit_balance: str


class LetterWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands above a message. `verify.py` knows `to` and `subject` of every language."""

    state: str
    receipt: str
    sender: str
    to: str
    cc: str
    subject: str


class StateWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far a message came: the states of the outbox."""

    planned: str
    approved: str
    sending: str
    sent: str
    uncertain: str
    needs_human: str
    failed: str
    cancelled: str
    refused: str


class EvidenceWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`day` to `balance` are the heads of the columns; what follows `balance` stands below an account."""

    title: str
    parties: str
    as_of: str
    unknown_debtor: str
    no_day: str
    day: str
    what: str
    record: str
    amount: str
    balance: str
    open_by_books: str
    open_less_credit: str
    unexplained: str
    demandable: str
    lines: LineWords
    letter: LetterWords
    states: StateWords

    def line(self, what: Description) -> str:
        text: str = getattr(self.lines, what.phrase)
        return text.format(invoice=plain(what.invoice), credit_note=plain(what.credit_note))

    def state(self, state: str) -> str:
        """A state that has no words stands as it is."""
        return getattr(self.states, state, state)


@lru_cache(maxsize=8)
def evidence_words(language: str) -> EvidenceWords:
    """Raises what `read_words` raises: the built-in files are whole, or nothing is made from them."""
    root = files("outreach") / "templates"
    usual, own = ((root / one / "evidence.toml").read_text(encoding="utf-8") for one in ("en", language))
    return read_words(own, usual)


def read_words(own: str, usual: str) -> EvidenceWords:
    """`own` is TOML, `usual` that of English. Raises msgspec.ValidationError for a key that is missing or unknown, and
    ValueError for a text that is empty or names other values than the English one."""
    words, english = (msgspec.convert(tomli.loads(one), EvidenceWords) for one in (own, usual))
    for (name, text), (_, wanted) in zip(texts(words), texts(english), strict=True):
        if not text or placeholders(text) != placeholders(wanted):
            raise ValueError(f"{name}: expected words with the values {placeholders(wanted)}: {text!r}")
    return words


def texts(words: msgspec.Struct, table: str = "") -> Iterator[tuple[str, str]]:
    """(key, text) of all of them, such as ("lines.payment", "Payment for invoice {invoice}")."""
    for name in words.__struct_fields__:
        found = getattr(words, name)
        if isinstance(found, msgspec.Struct):
            yield from texts(found, f"{name}.")
        else:
            yield f"{table}{name}", found


def placeholders(text: str) -> list[str]:
    return sorted({name for _, name, _, _ in string.Formatter().parse(text) if name is not None})
