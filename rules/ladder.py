"""Where an invoice stands on the ladder of its policy's steps, and which step is next.

The rule: the first contact about a debt is the policy's first demanding step, whatever the age of the debt; a later
step needs the one before it sent about this very invoice, its gap passed, and its own day reached. So after an
outage at most one step goes out. Steps until the due date have a window each and are never caught up.

A message that a person took back counts as sent: its step is passed over, and its gap begins.
A message under another policy (or under a step that is no longer there) counts by its stage.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from receivables.decisions import REACHING, Reason
from receivables.history import Contacted
from receivables.open_items import OpenItem
from rules.schema import Policy, Step
from rules.situation import Situation
from rules.wording import day, days


@dataclass(frozen=True, slots=True)
class Rung:
    """The next step, if there is one; `reason` says why it is not to be done now, `waits` that it is due all the same."""

    step: Step | None
    reason: Reason | None = None
    waits: bool = False
    #: When the step before it was sent.
    previous_on: dt.date | None = None


def stand(policy: Policy, item: OpenItem, contacts: Sequence[Contacted], situation: Situation) -> Rung:
    """The rung of an item that has a due date. `contacts` are the messages about it, oldest first."""
    due_on = item.invoice.due_on
    assert due_on is not None
    if situation.today <= due_on:
        return _until_due(policy, item, due_on, contacts, situation)
    return _overdue(policy, str(item.invoice.ref) if contacts else "", due_on, contacts, situation)


def _until_due(
    policy: Policy, item: OpenItem, due_on: dt.date, contacts: Sequence[Contacted], situation: Situation
) -> Rung:
    """The window of a step until the due date ends where the next one's begins, the last one's with the due date."""
    opened: Step | None = None
    following: Step | None = None
    for step in policy.upcoming:
        if due_on - dt.timedelta(days=step.before or 0) <= situation.today:
            opened = step
        elif following is None:
            following = step
    if opened and not _was_taken(policy.name, opened, due_on, str(item.invoice.ref), contacts, situation):
        return Rung(opened)
    if following:
        return _not_yet(following, due_on - dt.timedelta(days=following.before or 0), due_on, situation)
    if not policy.demands:
        return Rung(None, Reason("all_steps_done", f"due on {day(due_on)}; the policy has no later step"))
    return _not_yet(policy.demands[0], due_on + dt.timedelta(days=policy.demands[0].after or 1), due_on, situation)


def _was_taken(
    policy: str, step: Step, due_on: dt.date, invoice: str, contacts: Sequence[Contacted], situation: Situation
) -> bool:
    """This step was, or any other note within its window: of a policy or a step that has since been renamed."""
    opened_on = due_on - dt.timedelta(days=step.before or 0)
    for contact in contacts:
        if contact.occasion or not (contact.taken or contact.pending):
            continue
        name, stage = contact.step_of(invoice)
        if contact.policy == policy and name == step.name:
            return True
        if stage == 0 and situation.day_of(contact.at) >= opened_on:
            return True
    return False


def _overdue(
    policy: Policy, invoice: str, due_on: dt.date, contacts: Sequence[Contacted], situation: Situation
) -> Rung:
    demanding = [contact for contact in contacts if contact.step_of(invoice)[1] > 0]
    pending = next((contact for contact in demanding if contact.pending), None)
    if pending:
        text = f"step {pending.step} is planned and has not left yet"
        return Rung(_step_named(policy, pending.step), Reason("already_planned", text), waits=True)
    left = [contact for contact in demanding if contact.taken]
    position = max((_position(policy, contact, invoice) for contact in left), default=-1) + 1
    if position >= len(policy.demands):
        return Rung(None, Reason("all_steps_done", _done_text(left, situation)))
    step = policy.demands[position]
    previous_on = max((situation.day_of(contact.at) for contact in left if contact.reaches), default=None)
    ready_on = _ready_on(step, due_on, previous_on)
    if ready_on > situation.today:
        return _not_yet(step, ready_on, due_on, situation)
    unknown = next((contact for contact in left if contact.state not in ("sent", "refused")), None)
    if unknown:
        text = f"it is not certain yet whether step {unknown.step} reached the customer"
        return Rung(step, Reason("previous_uncertain", text), waits=True, previous_on=previous_on)
    return Rung(step, previous_on=previous_on)


def _position(policy: Policy, contact: Contacted, invoice: str) -> int:
    """Which of the policy's demanding steps a message amounted to for this invoice."""
    name, stage = contact.step_of(invoice)
    if contact.policy == policy.name:
        for index, step in enumerate(policy.demands):
            if step.name == name:
                return index
    return max((index for index, step in enumerate(policy.demands) if step.stage <= stage), default=-1)


def _ready_on(step: Step, due_on: dt.date, previous_on: dt.date | None) -> dt.date:
    ready_on = due_on + dt.timedelta(days=step.after or 1)
    if previous_on is None:
        return ready_on
    gap = step.gap_days if step.action in REACHING else 0  # a note or an alert keeps nobody waiting
    return max(ready_on, previous_on + dt.timedelta(days=max(gap, step.after_previous or 0)))


def _not_yet(step: Step, ready_on: dt.date, due_on: dt.date, situation: Situation) -> Rung:
    late = (situation.today - due_on).days
    since = f"{days(late)} overdue" if late > 0 else f"due on {day(due_on)}"
    reason = Reason("not_due_yet", f"{since}; next: {step.name} on {day(ready_on)}", situation.start_of(ready_on))
    return Rung(step, reason)


def _done_text(left: Sequence[Contacted], situation: Situation) -> str:
    if not left:
        return "the policy has no step after the due date"
    last = max(left, key=lambda contact: contact.at)
    return f"the last step was taken ({last.step} on {day(situation.day_of(last.at))}); a person decides what follows"


def _step_named(policy: Policy, name: str) -> Step | None:
    return next((step for step in policy.steps if step.name == name), None)
