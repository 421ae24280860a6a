"""Why something was sent or not: every policy, every step and every guard for one open item, as data."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from receivables.business import Business, ConnectionState
from receivables.decisions import Decision, Reason
from receivables.history import Contacted, History
from receivables.open_items import OpenItem
from receivables.refs import Ref
from rules.conditions import Finding
from rules.contact_limits import contacts_with, too_often
from rules.evaluate import evaluate, policy_of
from rules.guards import GUARDS, never_demanded, opted_out_channels, opted_out_of
from rules.hours import next_allowed, zone_of
from rules.ladder import Rung, stand
from rules.occasions import answer, is_answered, occasion_of
from rules.overrides import override_of
from rules.schema import Policy, Rulebook, Step
from rules.situation import Situation
from rules.wording import day

StepState = Literal["done", "planned", "uncertain", "now", "waiting", "later", "missed"]
PolicyVerdict = Literal["takes", "no match", "off", "comes later", "overridden"]


class PolicyView(msgspec.Struct, frozen=True):
    """`verdict`: takes the item, does not match, is off, comes after the one that takes it, or would take it if no
    override named the item."""

    name: str
    status: str
    verdict: PolicyVerdict
    finding: Finding


class StepView(msgspec.Struct, frozen=True):
    """`text` says when it was done, or why not yet; `until` when it may be due by itself."""

    name: str
    stage: int
    timing: str
    state: StepState
    text: str
    until: dt.datetime | None = None


class GuardView(msgspec.Struct, frozen=True):
    """One guard, asked now, whether or not a step is due; it passes when there is no reason against."""

    title: str
    passed: bool
    reasons: tuple[Reason, ...] = ()


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """All that led to `decision`. `read_at` is the age of the facts; days are the business's."""

    invoice: Ref
    on: dt.date
    read_at: dt.datetime | None
    debtor_zone: str
    decision: Decision
    policies: tuple[PolicyView, ...]
    steps: tuple[StepView, ...]
    guards: tuple[GuardView, ...]
    contacts: tuple[Contacted, ...]
    #: What comes next and when, in one line.
    next_step: str


def explain(
    invoice: Ref,
    rulebook: Rulebook,
    items: Iterable[OpenItem],
    business: Business,
    connections: Mapping[str, ConnectionState],
    history: History,
    now: dt.datetime,
) -> Explanation:
    """Explain the open item of an invoice. `items` are those of its debtor at least, as for `evaluate`.

    Raises KeyError when no item is of that invoice.
    """
    everything = list(items)
    item = next((item for item in everything if item.invoice.ref == invoice), None)
    if item is None:
        raise KeyError(invoice)
    group = [other for other in everything if other.debtor == item.debtor]
    situation = Situation.of(business, connections, rulebook.guards, now)
    decisions = evaluate(rulebook, group, business, connections, history, now)
    decision = next(decision for decision in decisions if invoice in decision.invoices)
    policy = policy_of(rulebook, item, situation.today)
    contacts = history.about(str(invoice))
    return Explanation(
        invoice=invoice,
        on=situation.today,
        read_at=item.read_at,
        debtor_zone=zone_of(item, situation).key,
        decision=decision,
        policies=tuple(_policies(rulebook, policy, item, situation.today)),
        steps=_steps(policy, item, contacts, situation),
        guards=tuple(_guards(item, policy, group, _without_its_own(invoice, history), situation)),
        contacts=tuple(contacts),
        next_step=_next(decision),
    )


def _without_its_own(invoice: Ref, history: History) -> History:
    """A message about this invoice that waits to leave is no contact that stands in its own way."""
    return History(one for one in history.contacts if not (one.pending and str(invoice) in one.invoices))


def _policies(rulebook: Rulebook, taker: Policy | None, item: OpenItem, today: dt.date) -> Iterable[PolicyView]:
    taken = False
    named = override_of(rulebook.overrides, item) is not None
    for policy in rulebook.policies:
        finding = policy.when.explain(item, today)
        verdict: PolicyVerdict = "no match"
        if policy.status == "off":
            verdict = "off"
        elif policy is taker:
            verdict, taken = "takes", True
        elif taken and finding.holds:
            verdict = "comes later"
        elif named and finding.holds:
            verdict = "overridden"
        yield PolicyView(policy.name, policy.status, verdict, finding)


def _steps(
    policy: Policy | None, item: OpenItem, contacts: list[Contacted], situation: Situation
) -> tuple[StepView, ...]:
    """Each step of the policy in its order; of a debt that is settled those that were taken."""
    if policy is None or item.invoice.due_on is None:
        return ()
    rung = stand(policy, item, contacts, situation)
    ladder = tuple(_step(policy, step, item, contacts, rung, situation) for step in policy.upcoming + policy.demands)
    if not item.invoice.is_open:
        ladder = tuple(view for view in ladder if view.state in ("done", "planned", "uncertain"))
    return (*ladder, *(_reaction(policy, step, item, contacts, situation) for step in policy.reactions))


def _reaction(policy: Policy, step: Step, item: OpenItem, contacts: list[Contacted], situation: Situation) -> StepView:
    """A step that answers an event: whether there is one, and whether it was answered."""
    occasion = occasion_of(step, item, situation)
    if occasion is None:
        return _view(step, "waiting", "nothing of the kind has happened")
    if is_answered(step, policy, occasion, contacts):
        return _view(step, "done", f"{occasion.text}: answered")
    due = answer(policy, item, contacts, situation)
    if due and due.step is step:
        return _view(step, "now", occasion.text)
    ready_on = occasion.on + dt.timedelta(days=step.after_event)
    if ready_on > situation.today:
        return StepView(
            step.name,
            step.stage,
            step.timing,
            "waiting",
            f"{occasion.text}; on {day(ready_on)}",
            situation.start_of(ready_on),
        )
    return _view(step, "missed", f"{occasion.text}: too long ago to be answered")


def _step(
    policy: Policy, step: Step, item: OpenItem, contacts: list[Contacted], rung: Rung, situation: Situation
) -> StepView:
    ref = str(item.invoice.ref)
    taken = [contact for contact in contacts if contact.policy == policy.name and contact.step_of(ref)[0] == step.name]
    for contact in reversed(taken):
        on = day(situation.day_of(contact.at))
        if contact.state == "sent":
            return _view(step, "done", f"sent on {on}")
        if contact.pending:
            return _view(step, "planned", f"planned on {on}, not yet sent")
        if contact.counts:
            return _view(step, "uncertain", f"may have left on {on} ({contact.state})")
    if rung.step is step:
        if rung.reason is None:
            return _view(step, "now", "due now")
        return StepView(step.name, step.stage, step.timing, "waiting", rung.reason.text, rung.reason.until)
    return _not_next(policy, step, rung, item, situation)


def _not_next(policy: Policy, step: Step, rung: Rung, item: OpenItem, situation: Situation) -> StepView:
    """A step that is neither done nor next: passed over, or still behind others."""
    due_on = item.invoice.due_on
    assert due_on is not None
    order = [other.name for other in policy.steps]
    if step.before is not None and situation.today > due_on:
        return _view(step, "missed", "its days before the due date are over; it is not caught up")
    if rung.step and order.index(step.name) < order.index(rung.step.name):
        return _view(step, "missed", "the invoice is further already")
    if step.after is not None:
        on = due_on + dt.timedelta(days=step.after)
        if on <= situation.today:
            return _view(step, "later", f"its day was {day(on)}; it waits for the steps before it")
        return _view(step, "later", f"not before {day(on)}, after the steps before it")
    return _view(step, "later", step.timing)


def _view(step: Step, state: StepState, text: str) -> StepView:
    return StepView(step.name, step.stage, step.timing, state, text)


def _guards(
    item: OpenItem, policy: Policy | None, group: list[OpenItem], history: History, situation: Situation
) -> Iterable[GuardView]:
    never = never_demanded(item)
    yield _guard("issued, open and with a due date", [never] if never else [])
    for guard in GUARDS:
        yield _guard(guard.title, guard.check(item, situation))
    refused = opted_out_channels(group, situation.now)
    channels = {step.channel for step in policy.steps} if policy else {"email"}
    yield _guard("opt-out", [reason for channel in sorted(channels) for reason in opted_out_of(channel, refused)])
    refs = [str(other.invoice.ref) for other in group]
    yield _guard("limits on contact", too_often(contacts_with(item.debtor, refs, history), situation))
    allowed = next_allowed(item, situation)
    late = [Reason("outside_hours", "outside the customer's working hours", allowed)] if allowed > situation.now else []
    yield _guard("working days and hours", late)


def _guard(title: str, reasons: list[Reason]) -> GuardView:
    return GuardView(title, not reasons, tuple(dict.fromkeys(reasons)))


def _next(decision: Decision) -> str:
    reason = decision.reasons[0]
    if decision.verdict == "act":
        return f"now: {decision.step} by {decision.channel}"
    untils = [reason.until for reason in decision.reasons]
    if decision.verdict == "hold" and None not in untils:
        last = max(until for until in untils if until)
        return f"{decision.step}, not before {last:%Y-%m-%d %H:%M} UTC"
    return reason.text
