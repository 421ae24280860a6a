"""Decisions: what the rules say about a debt, with every reason. "Did nothing" is a decision too."""

import datetime as dt
from typing import Literal

import msgspec

from receivables.money import Money
from receivables.refs import Ref

Verdict = Literal["act", "hold", "suppress"]

#: What a step does. remind, statement and thank_you are messages to the debtor; call and letter are tasks of a person,
#: who then reaches the debtor; the others stay inside the business.
Action = Literal["remind", "statement", "thank_you", "call", "letter", "note", "payment_link", "alert", "webhook"]

ACTIONS: tuple[Action, ...] = (
    "remind",
    "statement",
    "thank_you",
    "call",
    "letter",
    "note",
    "payment_link",
    "alert",
    "webhook",
)
#: What the debtor notices: it counts as contact.
REACHING: frozenset[str] = frozenset({"remind", "statement", "thank_you", "call", "letter"})
#: What is written to the debtor by us.
WRITTEN: frozenset[str] = frozenset({"remind", "statement", "thank_you"})


class Reason(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """`code` is stable, for filters and tests; `text` is for a bookkeeper; `until` is when it may change by itself."""

    code: str
    text: str
    until: dt.datetime | None = None


class Alongside(msgspec.Struct, frozen=True):
    """An invoice in a message that is at an earlier stage of its own: it counts as contacted at that one alone.

    `invoice` is the str() of its reference.
    """

    invoice: str
    step: str
    stage: int


# gc=False: nothing here can be part of a cycle, and a run makes a hundred thousand.
class Decision(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One verdict about some invoices of one debtor in one currency.

    act: do the step now. hold: something is due but must wait. suppress: nothing is due, or never will be.
    """

    verdict: Verdict
    debtor: str
    invoices: tuple[Ref, ...]
    currency: str
    #: What may be demanded in total, in `currency`; None for suppress.
    demand: Money | None = None
    policy: str = ""
    step: str = ""
    #: 1 is the first, friendliest dunning stage; 0 is a message that demands nothing.
    stage: int = 0
    #: email (our own words) or platform (the platform's e-mail of one invoice).
    channel: str = ""
    template: str = ""
    #: Which of `invoices` are mentioned at an earlier step of the policy than this one.
    alongside: tuple[Alongside, ...] = ()
    pay_link: bool = False
    attach_pdf: bool = False
    approval: bool = False
    action: Action = "remind"
    #: What the step answers, where it is not the due date: "promise_broken:ID", "statement:2026-12".
    occasion: str = ""
    #: The role of the contact it goes to, such as director; empty: whoever gets the invoices.
    to: str = ""
    cc: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    rulebook: str = ""
    decided_at: dt.datetime | None = None

    @property
    def key(self) -> str:
        """The business identity of an act: a step is done once for an invoice under a policy, whatever happens.

        The rulebook's version is not part of it, so that changing rules never sends a step again.
        """
        occasion = f"@{self.occasion}" if self.occasion else ""
        return f"{self.policy}/{self.step}{occasion}/{'+'.join(sorted(map(str, self.invoices)))}"
