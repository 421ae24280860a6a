"""Breaks: every difference between two figures that ought to be equal, with a name and a next step."""

import datetime as dt
from typing import Literal

import msgspec

from receivables.money import Money
from receivables.refs import Ref

BreakKind = Literal[
    "missing counterpart",  # money seen at one place and nowhere in the books
    "unmatched payment",  # money that belongs to no invoice we know
    "proposed match",  # a likely invoice that a person has to confirm
    "overpayment",
    "unapplied cash",
    "unapplied credit",
    "balance differs",  # our sum of the parts is not what the platform says
    "mirror differs",  # one document in two systems with two balances
    "paid elsewhere",  # a mirrored document is paid on one side only
    "refunded",  # does the debt stand?
    "chargeback",
    "unknown reference",  # a fact that names a document which was not pulled
]


class Break(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`amount` is the difference, positive when the books show too little received or too much owed."""

    kind: BreakKind
    refs: tuple[Ref, ...]
    amount: Money
    since_on: dt.date | None = None
    cause: str = ""
    next_step: str = ""

    @property
    def key(self) -> str:
        """The same difference has the same key in every run."""
        return f"{self.kind}/{'/'.join(map(str, self.refs))}"
