"""The rulebook: what owed.toml says about who gets what message when, checked and typed."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from rules.conditions import Always, Condition

PolicyStatus = Literal["draft", "active", "off"]
Grouping = Literal["customer", "invoice"]
Channel = Literal["email", "platform"]

POLICY_STATUSES: tuple[PolicyStatus, ...] = ("active", "draft", "off")
GROUPINGS: tuple[Grouping, ...] = ("customer", "invoice")
CHANNELS: tuple[Channel, ...] = ("email", "platform")

#: The template of each stage where a step names none. The final one says that it is the last.
TEMPLATES = ("upcoming", "friendly", "reminder", "firm", "final")


def template_of(stage: int, last: bool) -> str:
    """`last`: no step of the policy comes after it."""
    return TEMPLATES[min(stage, len(TEMPLATES) - (1 if last else 2))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One message of a policy. Days are calendar days in the business's time zone.

    Exactly one of the three timings is set: `before` the due date (0 is the due date itself, stage 0), `after` it,
    or `after_previous`: that long after the step before it was sent.
    """

    name: str
    stage: int
    before: int | None = None
    after: int | None = None
    after_previous: int | None = None
    #: At least so long after the step before it was sent.
    gap_days: int = 5
    channel: Channel = "email"
    template: str = ""
    pay_link: bool = True
    approval: bool = False

    @property
    def timing(self) -> str:
        """In words, such as "14 days after the due date"."""
        if self.before is not None:
            return f"{_days(self.before)} before the due date" if self.before else "on the due date"
        if self.after is not None:
            return f"{_days(self.after)} after the due date"
        return f"{_days(self.after_previous or 0)} after the step before it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """`upcoming` are the steps until the due date, earliest first; `demands` those after it, in their order."""

    name: str
    status: PolicyStatus = "active"
    per: Grouping = "customer"
    when: Condition = field(default_factory=Always)
    #: Minor units by currency; a message that demands less is not sent. No entry: no minimum.
    min_balance: Mapping[str, int] = field(default_factory=dict)
    upcoming: tuple[Step, ...] = ()
    demands: tuple[Step, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        return self.upcoming + self.demands


@dataclass(frozen=True, slots=True, kw_only=True)
class Guards:
    """Limits that no policy can override. The defaults are also the loosest values that a file may set.

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """`version` is a digest of the policies and guards alone: other settings do not change it."""

    policies: tuple[Policy, ...] = ()
    guards: Guards = field(default_factory=Guards)
    version: str = ""

    def policy(self, name: str) -> Policy | None:
        return next((policy for policy in self.policies if policy.name == name), None)


def _days(count: int) -> str:
    return f"{count} day" if count == 1 else f"{count} days"
