"""Facts that a person states to owed: they live in our store alone and no platform can overwrite them."""

import datetime as dt
from typing import ClassVar, Literal

from receivables.facts import Fact
from receivables.refs import Ref


class LocalFact(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """`subject` is the str() of a customer's or an invoice's reference; the connection is always "local"."""

    subject: str = ""
    reason: str = ""
    stated_by: str = ""
    stated_at: dt.datetime | None = None


class Dispute(LocalFact, frozen=True, kw_only=True, omit_defaults=True):
    """The customer contests an invoice (commercial; a card chargeback is another thing). Open until resolved."""

    kind: ClassVar[str] = "dispute"
    resolved_at: dt.datetime | None = None


class Promise(LocalFact, frozen=True, kw_only=True, omit_defaults=True):
    """The customer says when it will pay; reminders rest until the end of that day plus a grace of some days."""

    kind: ClassVar[str] = "promise"
    promised_on: dt.date
    #: Minor units of `currency`; 0 means the whole balance.
    amount: int = 0
    currency: str = ""
    withdrawn_at: dt.datetime | None = None


class Hold(LocalFact, frozen=True, kw_only=True, omit_defaults=True):
    """Do not contact about this before `until_on` (None: until lifted)."""

    kind: ClassVar[str] = "hold"
    until_on: dt.date | None = None
    lifted_at: dt.datetime | None = None


class OptOut(LocalFact, frozen=True, kw_only=True, omit_defaults=True):
    """The customer asked not to be contacted through `channel` ("all": cease contact)."""

    kind: ClassVar[str] = "opt_out"
    channel: Literal["all", "email", "platform", "sms", "call", "letter"] = "all"
    withdrawn_at: dt.datetime | None = None


class Release(LocalFact, frozen=True, kw_only=True, omit_defaults=True):
    """The owner's word at go-live: chase this customer (`chase`), also its old backlog (`backlog`)."""

    kind: ClassVar[str] = "release"
    chase: bool = True
    backlog: bool = False


class Confirmation(LocalFact, frozen=True, kw_only=True, omit_defaults=True):
    """An answer of the owner to a question that owed asks, such as `sent_elsewhere` for an invoice."""

    kind: ClassVar[str] = "confirmation"
    question: str = ""
    answer: str = "yes"


class BreakAnswer(LocalFact, frozen=True, kw_only=True, omit_defaults=True):
    """A person's word about a break; `subject` is the break's key, `refs` are what the key is made of.

    A difference that was accepted is open again when its amount (minor units of `currency`) changes. A match that was
    refused is never proposed again, whatever its amount; one that was accepted is confirmed.
    """

    kind: ClassVar[str] = "break_answer"
    answer: Literal["accepted", "refused"] = "accepted"
    break_kind: str = ""
    refs: tuple[Ref, ...] = ()
    amount: int = 0
    currency: str = ""
    choice: Literal["", "debt stands", "debt is settled"] = ""
    withdrawn_at: dt.datetime | None = None


class Assignment(LocalFact, frozen=True, kw_only=True, omit_defaults=True):
    """Who looks after a break; `subject` is its key. An empty name takes the assignment back."""

    kind: ClassVar[str] = "assignment"
    assigned_to: str = ""


class SameDebtor(LocalFact, frozen=True, kw_only=True, omit_defaults=True):
    """Two customer records, `subject` and `other`, are one debtor, or (`same` False) never are."""

    kind: ClassVar[str] = "same_debtor"
    other: str = ""
    same: bool = True


LOCAL_FACTS: tuple[type[LocalFact], ...] = (
    Dispute,
    Promise,
    Hold,
    OptOut,
    Release,
    Confirmation,
    BreakAnswer,
    Assignment,
    SameDebtor,
)
