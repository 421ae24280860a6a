"""Breaks: every difference between two figures that ought to be equal, with a name and a next step."""

import datetime as dt
import hashlib
from typing import Literal

import msgspec

from receivables.money import Money
from receivables.refs import Ref

BreakKind = Literal[
    "missing counterpart",  # money seen at one place and nowhere in the books
    "unmatched payment",  # money that belongs to no invoice we know
    "proposed match",  # a likely invoice that a person has to confirm
    "overpayment",
    "short payment",  # it names an invoice and is less than was open
    "duplicate payment",  # one money booked twice, or one invoice paid twice
    "other currency",  # a payment names an invoice in another currency
    "fee",  # the books show what arrived, not what the customer paid
    "amount differs",  # one money with two amounts
    "unapplied cash",
    "unapplied credit",
    "over-allocated",  # more was applied than there is
    "balance differs",  # our sum of the parts is not what the platform says
    "customer balance differs",
    "journal without customer",
    "debt without invoice",  # a journal or a customer's balance says that something is owed
    "mirror differs",  # one document in two systems with two balances
    "paid elsewhere",  # a mirrored document is paid on one side only
    "edited there",  # what was equal was changed on one side
    "deleted there",  # what was there is there no more
    "refunded",  # does the debt stand?
    "chargeback",  # open: the processor waits for an answer
    "chargeback lost",  # does the debt stand?
    "payment failed",  # the books still show money that never arrived
    "unknown reference",  # a fact that names a document which was not pulled
    "posted by others",  # somebody else records the processor's money in the books
    "payout differs",  # it is not the sum of its parts
    "payout failed",
    "deposit missing",  # a payout that the books do not show
    "deposits not seen",  # the books show no payout at all
    "deposit differs",  # the books show a payout gross, without its fees
]

#: Accepted once and for all: their amount grows with time and says nothing new.
STANDING: frozenset[str] = frozenset({"deposits not seen"})

#: Only a person can say whether the customer still owes this.
ASKS_FOR_DEBT: frozenset[str] = frozenset({"refunded", "chargeback lost"})

Choice = Literal["", "debt stands", "debt is settled"]


class Break(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`amount` is the difference, positive when the books show too little received or too much owed.

    `refs` name the break, for good; `about` are further documents that it concerns, as far as they are known today.
    """

    kind: BreakKind
    refs: tuple[Ref, ...]
    amount: Money
    since_on: dt.date | None = None
    cause: str = ""
    next_step: str = ""
    about: tuple[Ref, ...] = ()
    #: Nothing may be demanded for its invoices until a person has answered.
    holds: bool = False
    #: The answer of a person, as long as the amount has not changed since.
    answer: Literal["", "accepted"] = ""
    choice: Choice = ""
    answered_by: str = ""
    reason: str = ""
    assigned_to: str = ""

    @property
    def key(self) -> str:
        """The same difference has the same key in every run."""
        return f"{self.kind}/{'/'.join(map(str, self.refs))}"

    @property
    def short_key(self) -> str:
        """Eight letters for a person to type."""
        return hashlib.sha256(self.key.encode()).hexdigest()[:8]

    @property
    def is_open(self) -> bool:
        return not self.answer

    @property
    def still_holds(self) -> bool:
        """Accepting a difference lets reminders go on, unless the answer was that nothing is owed any more, or the
        answer lies with somebody else: a chargeback holds until the card holder's bank has decided."""
        undecided = self.kind == "chargeback" or self.choice == "debt is settled"
        return self.holds and (self.is_open or undecided)

    def age(self, on: dt.date) -> int | None:
        """Whole days since it began; None where that is not known."""
        return None if self.since_on is None else (on - self.since_on).days
