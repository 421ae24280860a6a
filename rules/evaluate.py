"""What the rules say about every open item at one instant. Same input, same decisions, whatever the items' order.

The first policy whose `when` holds takes an item; a policy that is off is passed over, a draft takes its items and
holds their messages. See `rules.ladder` for which step is next and `rules.messages` for what one message is about.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from receivables.business import Business, ConnectionState
from receivables.decisions import WRITTEN, Decision, Reason, Verdict
from receivables.history import History
from receivables.open_items import OpenItem
from rules.contact_limits import after_this_run, contacts_with, too_often
from rules.guards import ADDRESS_CODES, holds, never_demanded, opted_out_channels
from rules.hours import next_allowed
from rules.ladder import Rung, stand
from rules.messages import Due, Message, gather
from rules.occasions import answer
from rules.overrides import override_of
from rules.schema import Policy, Rulebook
from rules.situation import Situation
from rules.wording import amount, day, days


def evaluate(
    rulebook: Rulebook,
    items: Iterable[OpenItem],
    business: Business,
    connections: Mapping[str, ConnectionState],
    history: History,
    now: dt.datetime,
) -> list[Decision]:
    """One decision about each open item; one decision may be about several items of one debtor.

    `now` is aware. The caller answers for the business having gone live, and for how many messages leave in a day.
    """
    run = _Run(rulebook, Situation.of(business, connections, rulebook.guards, now), history)
    debtors: dict[str, list[tuple[str, OpenItem]]] = defaultdict(list)
    for item in items:
        debtors[item.debtor].append((str(item.invoice.ref), item))
    for debtor in sorted(debtors):
        run.decide(debtor, sorted(debtors[debtor], key=lambda pair: pair[0]))
    return run.decisions


def policy_of(rulebook: Rulebook, item: OpenItem, today: dt.date) -> Policy | None:
    """The policy that takes an item on a day of the business: by an override of the invoice, else of its customer,
    else the first whose conditions hold."""
    if rulebook.overrides:
        override = override_of(rulebook.overrides, item)
        if override:
            named = rulebook.policy(override.policy)
            return named if named and named.status != "off" else None
    for policy in rulebook.policies:
        if policy.status != "off" and policy.when.test(item, today):
            return policy
    return None


@dataclass(slots=True)
class _Run:
    """One evaluation."""

    rulebook: Rulebook
    situation: Situation
    history: History
    decisions: list[Decision] = field(default_factory=list)
    #: Some policy has a step that answers an event.
    _answering: bool = False

    def __post_init__(self) -> None:
        self._answering = any(policy.reactions for policy in self.rulebook.policies)

    def decide(self, debtor: str, items: list[tuple[str, OpenItem]]) -> None:
        """All decisions about one debtor."""
        opted_out = opted_out_channels([item for _, item in items], self.situation.now)
        answering = self._answering
        dues: list[Due] = []
        for ref, item in items:
            due = (answering and self._answer(ref, item, opted_out)) or self._due(ref, item, opted_out)
            if due:
                dues.append(due)
        if dues:
            self._send(debtor, gather(dues), [ref for ref, _ in items])

    def _due(self, ref: str, item: OpenItem, opted_out: frozenset[str]) -> Due | None:
        """The step that is due for an item; else its decision is made here."""
        never = never_demanded(item)
        if never:
            self._suppress(item, never)
            return None
        policy = policy_of(self.rulebook, item, self.situation.today)
        if policy is None:
            self._suppress(item, self._no_policy(item))
            return None
        rung = stand(policy, item, self.history.about(ref), self.situation)
        if rung.reason and not rung.waits:
            self._suppress(item, rung.reason, policy, rung)
            return None
        if rung.reason or rung.step is None:
            self._hold_item(item, policy, rung, [rung.reason] if rung.reason else [])
            return None
        step = rung.step
        reasons = holds(item, step.action, step.channel, self.situation, opted_out)
        action = step.action
        if reasons and step.fallback and all(reason.code in ADDRESS_CODES for reason in reasons):
            action = step.fallback
            reasons = holds(item, action, step.channel, self.situation, opted_out)
        if reasons:
            self._hold_item(item, policy, rung, reasons)
            return None
        return Due(item, ref, policy, step, step.stage, action, rung.previous_on)

    def _answer(self, ref: str, item: OpenItem, opted_out: frozenset[str]) -> Due | None:
        """The step that answers an event now; None also where a guard is against it, which the ladder's step will tell."""
        policy = policy_of(self.rulebook, item, self.situation.today)
        if policy is None or not policy.reactions:
            return None
        found = answer(policy, item, self.history.about(ref), self.situation)
        if found is None or (found.step.action != "thank_you" and never_demanded(item)):
            return None
        step = found.step
        if holds(item, step.action, step.channel, self.situation, opted_out):
            return None
        return Due(item, ref, policy, step, found.stage, step.action, None, found.occasion)

    def _no_policy(self, item: OpenItem) -> Reason:
        override = override_of(self.rulebook.overrides, item)
        if override:
            return Reason(
                "overridden", f"owed.toml takes it out: [[override]] for {override.invoice or override.customer}"
            )
        return Reason("no_policy", "no policy's conditions hold for it")

    def _suppress(self, item: OpenItem, reason: Reason, policy: Policy | None = None, rung: Rung | None = None) -> None:
        step = rung.step if rung else None
        self.decisions.append(
            Decision(
                verdict="suppress",
                debtor=item.debtor,
                invoices=(item.invoice.ref,),
                currency=item.invoice.currency,
                policy=policy.name if policy else "",
                step=step.name if step else "",
                stage=step.stage if step else 0,
                reasons=(reason,),
                rulebook=self.rulebook.version,
                decided_at=self.situation.now,
            )
        )

    def _hold_item(self, item: OpenItem, policy: Policy, rung: Rung, reasons: list[Reason]) -> None:
        step = rung.step
        self.decisions.append(
            Decision(
                verdict="hold",
                debtor=item.debtor,
                invoices=(item.invoice.ref,),
                currency=item.invoice.currency,
                demand=item.demand,
                policy=policy.name,
                step=step.name if step else "",
                stage=step.stage if step else 0,
                channel=step.channel if step else "",
                template=step.template if step else "",
                reasons=tuple(reasons),
                rulebook=self.rulebook.version,
                decided_at=self.situation.now,
            )
        )

    def _send(self, debtor: str, messages: list[Message], invoices: list[str]) -> None:
        """Act on the first message that may leave; the others wait as if it had left already."""
        recent = too_often(contacts_with(debtor, invoices, self.history), self.situation)
        for message in messages:
            least = message.policy.min_balance.get(message.currency, 0)
            if message.stage and message.demand.minor < least:
                text = f"{message.demand} is less than the least to be asked for, {amount(least, message.currency)}"
                self._decide_message(debtor, message, "suppress", [Reason("below_minimum", text)])
                continue
            reasons = _draft(message)
            if message.reaches:
                reasons += [*recent, *self._out_of_hours(message)]
            if reasons:
                self._decide_message(debtor, message, "hold", reasons)
                continue
            self._decide_message(debtor, message, "act", [_why(message, self.situation)])
            if message.reaches:
                recent = [after_this_run(message.step.name, self.situation)]

    def _out_of_hours(self, message: Message) -> list[Reason]:
        """A task is opened at any hour: the person who does it chooses a decent one."""
        if message.action not in WRITTEN:
            return []
        allowed = max(next_allowed(due.item, self.situation) for due in message.dues)
        if allowed <= self.situation.now:
            return []
        text = f"outside the customer's working hours; next on {day(self.situation.day_of(allowed))}"
        return [Reason("outside_hours", text, allowed)]

    def _decide_message(self, debtor: str, message: Message, verdict: Verdict, reasons: list[Reason]) -> None:
        step = message.step
        self.decisions.append(
            Decision(
                verdict=verdict,
                debtor=debtor,
                invoices=tuple(due.item.invoice.ref for due in message.dues),
                currency=message.currency,
                demand=message.demand,
                policy=message.policy.name,
                step=step.name,
                stage=message.stage,
                channel=message.channel,
                template=step.template,
                action=message.action,
                occasion=message.occasion,
                to=step.to,
                cc=step.cc,
                attach_pdf=step.attach_pdf,
                alongside=message.alongside,
                pay_link=step.pay_link,
                approval=message.needs_approval,
                reasons=tuple(reasons),
                rulebook=self.rulebook.version,
                decided_at=self.situation.now,
            )
        )


def _draft(message: Message) -> list[Reason]:
    if message.policy.status != "draft":
        return []
    return [Reason("draft_policy", f'policy "{message.policy.name}" is a draft: its messages are shown, never sent')]


def _why(message: Message, situation: Situation) -> Reason:
    """Why this message goes now, for the one invoice that leads it."""
    first = message.leading[0]
    if first.occasion:
        return Reason("step_due", f"{first.occasion.text}: {message.step.name}, {message.step.timing}")
    late = first.item.days_past_due(situation.today) or 0
    since = f"{days(late)} overdue" if late > 0 else f"due on {day(first.item.invoice.due_on or situation.today)}"
    before = f"; the step before it went out on {day(first.previous_on)}" if first.previous_on else ""
    return Reason("step_due", f"{since}: {message.step.name}, {message.step.timing}{before}")
