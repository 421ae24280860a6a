"""Facts that a person states to owed: they live in our store alone and no platform can overwrite them."""

import datetime as dt
from typing import ClassVar, Literal

import msgspec

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
    #: Where the debt has gone, when that is why: nobody but its new keeper writes about it.
    cause: Literal["", "insolvent", "agency", "lawyer"] = ""


class Instalment(msgspec.Struct, frozen=True, order=True):
    """One part of a payment plan, in minor units of the plan's currency."""

    due_on: dt.date
    amount: int


class PaymentPlan(LocalFact, frozen=True, kw_only=True, omit_defaults=True):
    """An invoice (`subject`) that is paid in parts by agreement; while each part comes in time, nobody is reminded.

    `agreed_open` is what was open when it was agreed, in minor units: what came in since then counts for the plan.
    """

    kind: ClassVar[str] = "payment_plan"
    instalments: tuple[Instalment, ...] = ()
    currency: str = ""
    agreed_open: int = 0
    withdrawn_at: dt.datetime | None = None


class Task(LocalFact, frozen=True, kw_only=True, omit_defaults=True):
    """Something that a person has to do for a step: a call or a letter; `subject` is the debtor.

    `id` is the intent of the effect that opened it, so that a step opens one task, whatever happens.
    """

    kind: ClassVar[str] = "task"
    action: Literal["call", "letter"] = "call"
    invoices: tuple[Ref, ...] = ()
    title: str = ""
    text: str = ""
    done_at: dt.datetime | None = None
    done_by: str = ""
    #: What came of it, in the person's words.
    outcome: str = ""


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


class AgedReceivables(LocalFact, frozen=True, kw_only=True, omit_defaults=True):
    """What the platform's own report said was due of a customer (`subject`), when our sum of its debts was another.

    `due` is (the invoice's id, decimal text) in the currency of the report, which the report does not name.
    """

    kind: ClassVar[str] = "aged_receivables"
    due: tuple[tuple[str, str], ...] = ()


class SameDebtor(LocalFact, frozen=True, kw_only=True, omit_defaults=True):
    """Two customer records, `subject` and `other`, are one debtor, or (`same` False) never are."""

    kind: ClassVar[str] = "same_debtor"
    other: str = ""
    same: bool = True


class BlockedAddress(LocalFact, frozen=True, kw_only=True, omit_defaults=True):
    """An e-mail address that cannot be reached: nobody writes to it until it is lifted. One statement an address.

    `subject` is the debtor whose message came back; `address` is in small letters; `blocked_on` is the business's day.
    """

    kind: ClassVar[str] = "blocked_address"
    address: str
    blocked_on: dt.date
    lifted_at: dt.datetime | None = None


class Reply(LocalFact, frozen=True, kw_only=True, omit_defaults=True):
    """A message that came back from a customer. `subject` is the debtor, `title` is the message's own subject.

    An automatic one is a notice of absence or of receipt: nobody has read ours yet. `answers` is the intended effect
    (its row in the outbox) that it answers; empty when only the sender is known. `raw` is its digest in the archive.
    """

    kind: ClassVar[str] = "reply"
    message_id: str = ""
    sender: str = ""
    title: str = ""
    received_at: dt.datetime | None = None
    answers: str = ""
    invoices: tuple[Ref, ...] = ()
    automatic: bool = False
    excerpt: str = ""
    raw: str = ""


class Bounce(LocalFact, frozen=True, kw_only=True, omit_defaults=True):
    """A mail server's word that one of our messages did not arrive. `subject` is the debtor; fields as in `Reply`.

    `lasting` is a hard bounce (status 5.x.x of RFC 3463); else the server goes on trying, or gave up for now.
    """

    kind: ClassVar[str] = "bounce"
    message_id: str = ""
    address: str = ""
    lasting: bool = True
    status: str = ""
    diagnostic: str = ""
    received_at: dt.datetime | None = None
    answers: str = ""
    invoices: tuple[Ref, ...] = ()
    raw: str = ""


LOCAL_FACTS: tuple[type[LocalFact], ...] = (
    Dispute,
    Promise,
    Hold,
    PaymentPlan,
    Task,
    OptOut,
    Release,
    Confirmation,
    BreakAnswer,
    Assignment,
    AgedReceivables,
    SameDebtor,
    BlockedAddress,
    Reply,
    Bounce,
)
