"""Facts that a person states to owed: they live in our store alone and no platform can overwrite them."""

import datetime as dt
from typing import ClassVar, Literal

from receivables.facts import Fact


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


LOCAL_FACTS: tuple[type[LocalFact], ...] = (Dispute, Promise, Hold, OptOut, Release, Confirmation)
