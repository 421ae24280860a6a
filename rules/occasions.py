"""Steps that answer an event: what happened to a debt, and whether a step has answered it already.

An event is read from the facts, not awaited: whoever looks a day later sees it still, and whoever looks twice answers
it once, because the answer carries the event's own id. After some days it lapses: an old payment is thanked for no more.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from receivables.history import Contacted
from receivables.open_items import OpenItem
from rules.schema import Event, Policy, Step
from rules.situation import Situation
from rules.wording import amount, day

#: How long after its day an event may still be answered.
_LASTS = {"payment_received": dt.timedelta(days=5), "month": dt.timedelta(days=5)}
_LASTS_OTHERWISE = dt.timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Occasion:
    """`id` is unique for the event, such as the promise's; `on` is the business's day on which it happened."""

    id: str
    on: dt.date
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The step that is due because of an occasion."""

    step: Step
    occasion: Occasion
    stage: int


def answer(policy: Policy, item: OpenItem, contacts: Sequence[Contacted], situation: Situation) -> Answer | None:
    """The first step of a policy that answers something now. `contacts` are the messages about the item, oldest first."""
    for step in policy.reactions:
        occasion = occasion_of(step, item, situation)
        if occasion is None:
            continue
        ready_on = occasion.on + dt.timedelta(days=step.after_event)
        lasts = _LASTS.get(step.event, _LASTS_OTHERWISE)
        if ready_on <= situation.today <= ready_on + lasts and not is_answered(step, policy, occasion, contacts):
            return Answer(step, occasion, stage_of(step, contacts, str(item.invoice.ref)))
    return None


def is_answered(step: Step, policy: Policy, occasion: Occasion, contacts: Iterable[Contacted]) -> bool:
    return any(
        (contact.taken or contact.pending)
        and (contact.policy, contact.step) == (policy.name, step.name)
        and occasion.id in contact.occasion.split("+")
        for contact in contacts
    )


def stage_of(step: Step, contacts: Iterable[Contacted], invoice: str) -> int:
    """A demand between two steps is as firm as the last one was: it moves nobody up the ladder."""
    if step.stage == 0:
        return 0
    return max((contact.step_of(invoice)[1] for contact in contacts if contact.counts), default=0) or 1


def occasion_of(step: Step, item: OpenItem, situation: Situation) -> Occasion | None:
    """What happened to an item that a step answers, if it did."""
    if step.event == "month":
        return _month(step, situation)
    reader = _READERS.get(step.event)
    return reader(item, situation) if reader else None


def _month(step: Step, situation: Situation) -> Occasion | None:
    today = situation.today
    if today.day < step.monthly_on:
        return None
    return Occasion(f"month:{today:%Y-%m}", today.replace(day=step.monthly_on), f"{today:%B %Y}")


def _promise_broken(item: OpenItem, situation: Situation) -> Occasion | None:
    promise = item.promise
    if promise is None or promise.withdrawn_at is not None or item.demandable == 0:
        return None
    broken_on = promise.promised_on + dt.timedelta(days=situation.guards.promise_grace_days + 1)
    if situation.today < broken_on or _was_kept(item, situation):
        return None
    return Occasion(f"promise:{promise.id}", broken_on, f"promised for {day(promise.promised_on)} and not paid")


def _was_kept(item: OpenItem, situation: Situation) -> bool:
    """A promise of a part is kept when that part came in after it was given."""
    promise, receipt = item.promise, item.receipt
    if promise is None or receipt is None or not promise.amount or promise.stated_at is None:
        return False
    return receipt.on >= situation.day_of(promise.stated_at) and receipt.amount >= promise.amount


def _instalment_missed(item: OpenItem, situation: Situation) -> Occasion | None:
    plan = item.plan
    if plan is None or plan.withdrawn_at is not None:
        return None
    paid = paid_for_plan(item)
    for instalment in plan.instalments:
        paid -= instalment.amount
        missed_on = instalment.due_on + dt.timedelta(days=situation.guards.promise_grace_days + 1)
        if paid < 0 and situation.today >= missed_on:
            what = f"{amount(instalment.amount, plan.currency)} of the payment plan was due on {day(instalment.due_on)}"
            return Occasion(f"instalment:{plan.id}:{instalment.due_on}", missed_on, what)
    return None


def paid_for_plan(item: OpenItem) -> int:
    """Minor units that came in, or are on their way, since the item's plan was agreed."""
    return max(0, item.plan.agreed_open - item.demandable) if item.plan else 0


def _payment_received(item: OpenItem, _situation: Situation) -> Occasion | None:
    receipt = item.receipt
    if receipt is None:
        return None
    what = f"{amount(receipt.amount, item.invoice.currency)} came in on {day(receipt.on)}"
    return Occasion(f"payment:{receipt.id}", receipt.on, what)


def _dispute_resolved(item: OpenItem, situation: Situation) -> Occasion | None:
    dispute = item.resolved
    if dispute is None or dispute.resolved_at is None or item.dispute is not None or item.demandable == 0:
        return None
    on = situation.day_of(dispute.resolved_at)
    return Occasion(f"dispute:{dispute.id}", on, f"the dispute was resolved on {day(on)}")


_READERS: dict[Event, Callable[[OpenItem, Situation], Occasion | None]] = {
    "promise_broken": _promise_broken,
    "instalment_missed": _instalment_missed,
    "payment_received": _payment_received,
    "dispute_resolved": _dispute_resolved,
}
