"""When the decisions about a debtor may next change by themselves: what a replay need not ask again on every day.

Only a message matters here: a day on which nothing but a reason's words would change is passed over. Whatever is not
surely quiet is asked again tomorrow.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from receivables.decisions import Decision
from receivables.history import History
from receivables.open_items import OpenItem
from rules.conditions import AllOf, AnyOf, Condition, Not, Predicate
from rules.evaluate import policy_of
from rules.guards import never_demanded
from rules.occasions import answer
from rules.schema import Policy, Rulebook, Step
from rules.situation import Situation

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Turns:
    """Limits in the conditions of a rulebook that count days: an item may change its policy when it reaches one."""

    past_due: frozenset[int]
    since_issue: frozenset[int]

    @classmethod
    def of(cls, rulebook: Rulebook) -> "Turns":
        counted = [one for policy in rulebook.policies for one in _predicates(policy.when)]
        return cls(
            frozenset(one.limit for one in counted if one.name == "days_past_due" and one.limit is not None),
            frozenset(one.limit for one in counted if one.name == "days_since_issue" and one.limit is not None),
        )

    def days(self, item: OpenItem) -> Iterator[dt.date]:
        """A comparison turns out differently on the limit's own day or on the day after it."""
        for start, limits in ((item.invoice.due_on, self.past_due), (item.invoice.issue_on, self.since_issue)):
            for limit in limits if start else ():
                assert start is not None
                yield _plus(start, limit)
                yield _plus(start, limit + 1)


def _predicates(condition: Condition) -> Iterator[Predicate]:
    match condition:
        case Predicate():
            yield condition
        case AllOf() | AnyOf():
            for part in condition.parts:
                yield from _predicates(part)
        case Not():
            yield from _predicates(condition.part)


def wakes_on(
    decisions: Iterable[Decision],
    items: Iterable[OpenItem],
    rulebook: Rulebook,
    turns: Turns,
    history: History,
    situation: Situation,
) -> dt.date | None:
    """The first day of the business after today on which the same facts may lead to a message; None: never.

    `decisions` are today's about all `items` of one debtor.
    """
    tomorrow = situation.today + _DAY
    days: list[dt.date] = []
    for decision in decisions:
        if decision.verdict == "act":
            return tomorrow
        for reason in decision.reasons:
            if reason.until:
                # working hours abroad may begin and end between two looks: the earlier one sees that
                early = _DAY if reason.code == "outside_hours" else dt.timedelta()
                days.append(max(situation.day_of(reason.until) - early, tomorrow))
    for item in items:
        days += _days_of_item(item, rulebook, turns, history, situation)
    return min((day for day in days if day > situation.today), default=None)


def _days_of_item(
    item: OpenItem, rulebook: Rulebook, turns: Turns, history: History, situation: Situation
) -> Iterator[dt.date]:
    yield from turns.days(item)
    yield from _ends_of_statements(item, situation)
    policy = policy_of(rulebook, item, situation.today)
    if policy is None:
        return
    if policy.reactions:
        contacts = history.about(str(item.invoice.ref))
        if answer(policy, item, contacts, situation):
            yield situation.today + _DAY
        for step in policy.reactions:
            yield from _days_of_reaction(step, item, situation)
    if never_demanded(item) is None:
        yield from _days_of_ladder(policy, item)


def _days_of_ladder(policy: Policy, item: OpenItem) -> Iterator[dt.date]:
    """A held step gives way to the next one when that one's window opens, and some guards do not concern that one."""
    due_on = item.invoice.due_on
    if due_on is None:
        return
    for step in policy.upcoming:
        yield _plus(due_on, -(step.before or 0))
    yield _plus(due_on, 1)
    if policy.demands:
        yield _plus(due_on, policy.demands[0].after or 1)


def _ends_of_statements(item: OpenItem, situation: Situation) -> Iterator[dt.date]:
    """What was stated may be known to end at an instant that has not come yet. A refusal counts for all of a debtor's
    debts, wherever it stands."""
    ends: Sequence[dt.datetime | None] = (
        item.dispute.resolved_at if item.dispute else None,
        item.promise.withdrawn_at if item.promise else None,
        item.hold.lifted_at if item.hold else None,
        *(one.withdrawn_at for one in item.opt_outs),
    )
    for end in ends:
        if end is not None and end > situation.now:
            yield max(situation.day_of(end), situation.today + _DAY)
            yield situation.day_of(end) + _DAY


def _days_of_reaction(step: Step, item: OpenItem, situation: Situation) -> Iterator[dt.date]:
    """When something that a step answers will have happened, if nothing else happens before."""
    after = step.after_event
    grace = situation.guards.promise_grace_days + 1 + after
    if step.event == "month":
        yield _next_month_day(step.monthly_on, situation.today)
    elif step.event == "promise_broken" and item.promise:
        yield _plus(item.promise.promised_on, grace)
    elif step.event == "instalment_missed" and item.plan:
        yield from (_plus(one.due_on, grace) for one in item.plan.instalments)
    elif step.event == "payment_received" and item.receipt:
        yield _plus(item.receipt.on, after)
    elif step.event == "dispute_resolved" and item.resolved and item.resolved.resolved_at:
        yield _plus(situation.day_of(item.resolved.resolved_at), after)


def _next_month_day(number: int, today: dt.date) -> dt.date:
    if today.day < number:
        return today.replace(day=number)
    return (today.replace(day=1) + 32 * _DAY).replace(day=number)


def _plus(day: dt.date, days: int) -> dt.date:
    """Within the calendar: a file may name any number of days, and a document any day."""
    return dt.date.fromordinal(min(max(1, day.toordinal() + days), dt.date.max.toordinal()))
