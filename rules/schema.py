"""The rulebook: what owed.toml says about who gets what message when, checked and typed."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from receivables.decisions import Action
from rules.conditions import Always, Condition

PolicyStatus = Literal["draft", "active", "off"]
Grouping = Literal["customer", "invoice"]
Channel = Literal["email", "platform"]
Event = Literal["", "promise_broken", "instalment_missed", "payment_received", "dispute_resolved", "month"]
Fallback = Literal["", "call", "letter"]

POLICY_STATUSES: tuple[PolicyStatus, ...] = ("active", "draft", "off")
GROUPINGS: tuple[Grouping, ...] = ("customer", "invoice")
CHANNELS: tuple[Channel, ...] = ("email", "platform")
FALLBACKS: tuple[Fallback, ...] = ("call", "letter")

#: What `on_event` may name, with the template that its message has by default.
EVENT_TEMPLATES: dict[Event, str] = {
    "promise_broken": "promise_broken",
    "instalment_missed": "instalment_missed",
    "payment_received": "thank_you",
    "dispute_resolved": "dispute_resolved",
}

#: The template of each stage where a step names none. The final one says that it is the last.
TEMPLATES = ("upcoming", "friendly", "reminder", "firm", "final")


def template_of(stage: int, last: bool) -> str:
    """`last`: no step of the policy comes after it."""
    return TEMPLATES[min(stage, len(TEMPLATES) - (1 if last else 2))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that a policy does. Days are calendar days in the business's time zone.

    Exactly one timing is set: `before` the due date (0 is the due date itself, stage 0), `after` it,
    `after_previous`: that long after the step before it was sent, or `event` with `after_event` days;
    the event "month" is day `monthly_on` of each month.
    """

    name: str
    stage: int
    before: int | None = None
    after: int | None = None
    after_previous: int | None = None
    event: Event = ""
    after_event: int = 0
    monthly_on: int = 0
    #: At least so long after the step before it was sent.
    gap_days: int = 5
    action: Action = "remind"
    channel: Channel = "email"
    #: The task that takes the message's place when there is no address to write to.
    fallback: Fallback = ""
    template: str = ""
    #: The role of the contact it goes to, and the roles or addresses that get a copy; empty: the usual ones.
    to: str = ""
    cc: tuple[str, ...] = ()
    pay_link: bool = True
    attach_pdf: bool = False
    approval: bool = False
    #: Minor units by currency: a message that asks for more waits for a person.
    approval_above: Mapping[str, int] = field(default_factory=dict)

    @property
    def timing(self) -> str:
        """In words, such as "14 days after the due date"."""
        if self.event == "month":
            return f"on day {self.monthly_on} of each month"
        if self.event:
            what = self.event.replace("_", " ")
            return f"{_days(self.after_event)} after: {what}" if self.after_event else f"on: {what}"
        if self.before is not None:
            return f"{_days(self.before)} before the due date" if self.before else "on the due date"
        if self.after is not None:
            return f"{_days(self.after)} after the due date"
        return f"{_days(self.after_previous or 0)} after the step before it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """`upcoming` are the steps until the due date, earliest first; `demands` those after it, in their order;
    `reactions` those that answer an event."""

    name: str
    status: PolicyStatus = "active"
    per: Grouping = "customer"
    when: Condition = field(default_factory=Always)
    #: Minor units by currency; a message that demands less is not sent. No entry: no minimum.
    min_balance: Mapping[str, int] = field(default_factory=dict)
    upcoming: tuple[Step, ...] = ()
    demands: tuple[Step, ...] = ()
    reactions: tuple[Step, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        return self.upcoming + self.demands + self.reactions


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A customer or one invoice that a named policy takes whatever the conditions say; `policy` "" is none at all.

    Exactly one of `customer` and `invoice` is set, casefolded: a name, number, id or reference.
    """

    customer: str = ""
    invoice: str = ""
    policy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guards:
    """Limits that no policy can override. The defaults are also the loosest values that a file may set,
    except `behind_after_workdays`, which may be up to 10.

    Hours are in the debtor's time zone. Contacts are counted per debtor over all channels and policies.
    """

    workdays_only: bool = True
    send_from: dt.time = dt.time(8, 0)
    send_until: dt.time = dt.time(18, 0)
    min_days_between_contacts: int = 3
    #: In any 7 days, and in any 30.
    max_per_week: int = 3
    max_per_month: int = 10
    max_data_age_hours: int = 3
    promise_grace_days: int = 2
    #: Books whose newest receipt is older than so many working days are behind: nobody overdue is asked for money.
    behind_after_workdays: int = 3
    #: Names, ids or references of customers who are never chased: related companies, staff.
    never_chase: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """`version` is a digest of the policies, overrides and guards alone: other settings do not change it."""

    policies: tuple[Policy, ...] = ()
    overrides: tuple[Override, ...] = ()
    guards: Guards = field(default_factory=Guards)
    version: str = ""

    @property
    def thanks(self) -> bool:
        """Some step answers a payment: then debts that were just settled are looked at too."""
        return any(step.event == "payment_received" for policy in self.policies for step in policy.reactions)

    def policy(self, name: str) -> Policy | None:
        return next((policy for policy in self.policies if policy.name == name), None)


def _days(count: int) -> str:
    return f"{count} day" if count == 1 else f"{count} days"
