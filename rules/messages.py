"""From debts whose step is due to messages: what one debtor is told at once, and what rides along.

One message goes to a debtor per currency and policy (`per = "customer"`), about all invoices whose next step is due
today. The furthest of these steps leads and gives the words. An invoice that is due for an earlier step rides along:
it is listed apart, in the words of a first mention, and counts as contacted at its own step alone. So no debt skips a
stage because an older one of the same debtor is further, and no debtor gets three e-mails on one morning.
What answers an event, and what is no reminder (a statement, a task, a note), is never mixed with anything else.
Steps until the due date never ride along with a demand: what is not due is not mixed with what is overdue.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from receivables.decisions import REACHING, WRITTEN, Action, Alongside
from receivables.money import Money
from receivables.open_items import OpenItem, addresses_in
from rules.occasions import Occasion
from rules.schema import Policy, Step

#: Where an invoice can be e-mailed by the platform itself.
_SENDS_INVOICES = frozenset({"quickbooks", "xero", "stripe"})
#: What is written on the invoice itself.
_ON_ONE_INVOICE = frozenset({"note", "payment_link"})


@dataclass(frozen=True, slots=True)
class Due:
    """A debt whose next step is due, with no guard of its own against it."""

    item: OpenItem
    ref: str
    policy: Policy
    step: Step
    stage: int
    action: Action = "remind"
    previous_on: dt.date | None = None
    #: What the step answers, where it is not the due date.
    occasion: Occasion | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """`leading` are at the message's step; `riding` at an earlier one. Both are in the order of their due dates."""

    policy: Policy
    step: Step
    leading: tuple[Due, ...]
    riding: tuple[Due, ...] = ()

    @property
    def dues(self) -> tuple[Due, ...]:
        return self.leading + self.riding

    @property
    def action(self) -> Action:
        return self.leading[0].action

    @property
    def reaches(self) -> bool:
        """The debtor notices it."""
        return self.action in REACHING

    @property
    def stage(self) -> int:
        return max(due.stage for due in self.leading)

    @property
    def occasion(self) -> str:
        """The ids of everything that the message answers."""
        return "+".join(sorted({due.occasion.id for due in self.leading if due.occasion}))

    @property
    def currency(self) -> str:
        return self.leading[0].item.invoice.currency

    @property
    def demand(self) -> Money:
        return Money(sum(due.item.demandable for due in self.dues), self.currency)

    @property
    def needs_approval(self) -> bool:
        """The step says so, or the message asks for more than may be asked for unseen."""
        limit = self.step.approval_above.get(self.currency)
        return self.step.approval or (limit is not None and self.demand.minor > limit)

    @property
    def channel(self) -> str:
        """The platform's e-mail is of one invoice; several, or one from elsewhere, take ours. What is no message goes
        by its action's own name."""
        if self.action not in WRITTEN:
            return self.action
        if self.step.channel == "platform" and self.action == "remind" and len(self.dues) == 1:
            return "platform" if _can_be_sent_by_platform(self.leading[0].item) else "email"
        return "email"

    @property
    def alongside(self) -> tuple[Alongside, ...]:
        return tuple(Alongside(due.ref, due.step.name, due.stage) for due in self.riding)

    @property
    def rank(self) -> tuple[bool, int, dt.date, str]:
        """Which message goes first where limits allow only some: demands, the furthest stage, the oldest debt."""
        oldest = min(due.item.invoice.due_on or dt.date.max for due in self.dues)
        return self.stage == 0, -self.stage, oldest, self.leading[0].ref


def _can_be_sent_by_platform(item: OpenItem) -> bool:
    """It writes where it likes: not while the invoice's own address is one that bounced."""
    return item.platform in _SENDS_INVOICES and not (
        item.blocked and any(one.casefold() in item.blocked for one in addresses_in(item.invoice.email))
    )


def gather(dues: Iterable[Due]) -> list[Message]:
    """The messages to one debtor, the most important first."""
    groups: dict[tuple[str, str, bool, str, str], list[Due]] = defaultdict(list)
    for due in dues:
        alone = due.ref if due.policy.per == "invoice" or due.action in _ON_ONE_INVOICE else ""
        apart = "" if due.action == "remind" and not due.occasion else f"{due.step.name} {due.action}"
        groups[due.item.invoice.currency, due.policy.name, due.step.before is not None, alone, apart].append(due)
    return sorted((_message(group) for group in groups.values()), key=lambda message: message.rank)


def _message(group: list[Due]) -> Message:
    policy = group[0].policy
    if len(group) == 1:
        return Message(policy, group[0].step, tuple(group))
    order = {step.name: index for index, step in enumerate(policy.steps)}
    step = max((due.step for due in group), key=lambda step: order[step.name])
    group.sort(key=lambda due: (due.item.invoice.due_on or dt.date.max, due.ref))
    leading = tuple(due for due in group if due.step is step)
    return Message(policy, step, leading, tuple(due for due in group if due.step is not step))
