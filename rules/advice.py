"""What is no mistake in a rulebook, but rarely meant: debts that nobody takes, steps that come later than written,
and what the law asks for beside a message."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations, pairwise
from typing import Any

from receivables.decisions import REACHING
from receivables.problems import Problem
from rules.conditions import Always
from rules.contradictions import Span, span_of_days, why_never
from rules.schema import Policy, Rulebook, Step
from rules.table import Table


def advise(root: Table, rulebook: Rulebook, country: str = "") -> list[Problem]:
    """Warnings with their places. `root` is the document that the rulebook was read from, without problems;
    `country` is the business's, ISO 3166."""
    written = [_Written(root, index, policy) for index, policy in enumerate(rulebook.policies)]
    active = [one for one in written if one.policy.status != "off"]
    able = [one for one in active if not why_never(one.when)]
    return [
        *_no_policy(root, active),
        *_nobody_takes(able),
        *_covered(able),
        *_overlaps(able),
        *(warning for one in active for warning in _takes_nobody(one)),
        *(warning for one in active for warning in _after_it_has_let_go(one)),
        *(warning for one in active for warning in _later_than_written(one)),
        *(warning for one in active for warning in _letter_of_claim(one, country)),
    ]


class _Written:
    """A policy and where it is written."""

    def __init__(self, root: Table, index: int, policy: Policy) -> None:
        self.policy = policy
        self.index = index
        table: Any = (root.peek("policy") or [])[index]
        self.when: Mapping[str, Any] = table.get("when") or {}
        self._steps = [step.get("name") for step in table.get("step") or []]
        self._root = root

    def warning(self, key: str, what: str, hint: str = "") -> Problem:
        where = self._root.places.of_value(("policy", self.index, key))
        return Problem(where, f"policy.{self.index + 1}.{key}: {what}", hint)

    def step_warning(self, step: Step, key: str, what: str, hint: str = "") -> Problem:
        place = self._steps.index(step.name)
        where = self._root.places.of_value(("policy", self.index, "step", place, key))
        return Problem(where, f"policy.{self.index + 1}.step.{place + 1}.{key}: {what}", hint)


def _no_policy(root: Table, active: list[_Written]) -> Iterator[Problem]:
    if not active:
        where = root.where("policy") if "policy" in root else root.where()
        what = "no policy is active or a draft, so nobody is reminded of anything"
        yield Problem(where, what, "docs/rules.md shows a first one")


def _nobody_takes(active: list[_Written]) -> Iterator[Problem]:
    if active and not any(isinstance(one.policy.when, Always) or _only_leaves_out(one.when) for one in active):
        yield active[-1].warning(
            "when",
            "an invoice that meets no policy's conditions is never reminded of",
            "end with a policy without when",
        )


def _only_leaves_out(when: Mapping[str, Any]) -> bool:
    """Conditions that name nobody but those who are left out are meant so."""
    excluding = {"ne", "not_in", "none_of"}
    return all(key == "not" or (isinstance(value, dict) and value.keys() <= excluding) for key, value in when.items())


def _covered(active: list[_Written]) -> Iterator[Problem]:
    """A policy that asks for all that an earlier one asks for, and more, is never reached."""
    for earlier, later in combinations(active, 2):
        if earlier.when and all(later.when.get(key) == value for key, value in earlier.when.items()):
            what = f'never reached: policy "{earlier.policy.name}" takes whatever meets these conditions'
            yield later.warning("when", what, "the first policy whose conditions hold takes an invoice")


def _overlaps(active: list[_Written]) -> Iterator[Problem]:
    special = [one for one in active if one.when]
    for earlier, later in combinations(special, 2):
        if any(_apart(earlier.when[key], later.when[key]) for key in earlier.when.keys() & later.when.keys()):
            continue
        if all(later.when.get(key) == value for key, value in earlier.when.items()):
            continue
        what = f'an invoice may meet policy "{earlier.policy.name}" as well, which takes it, being first'
        yield later.warning("when", what)


def _takes_nobody(one: _Written) -> Iterable[Problem]:
    why = why_never(one.when)
    if why:
        yield one.warning("when", f"it takes no invoice at all: {why}")


def _after_it_has_let_go(one: _Written) -> Iterable[Problem]:
    """Steps whose day lies outside the days past due for which the policy takes an invoice."""
    span = span_of_days(one.when)
    earliest = 0
    for step in one.policy.upcoming:
        day = -(step.before or 0)
        if (span.most is not None and day > span.most) or (span.least is not None and span.least > 0):
            yield one.step_warning(step, "days_before_due" if step.before else "on_due", *_outside(span))
    for step in one.policy.demands:
        wait = max(step.gap_days if step.action in REACHING else 0, step.after_previous or 0)
        earliest = max(step.after or 1, earliest + wait if earliest else 1)
        if span.most is not None and earliest > span.most:
            key = "days_after_due" if step.after is not None else "days_after_previous"
            yield one.step_warning(step, key, *_outside(span))


def _outside(span: Span) -> tuple[str, str]:
    most = "" if span.most is None else f" to {span.most}"
    least = "" if span.least is None else f" from {span.least}"
    what = "never reached: by its day the policy no longer takes the invoice, or does not take it yet"
    return what, f"its condition days_past_due holds{least}{most}"


def _apart(one: Any, other: Any) -> bool:
    """Two conditions on one field that cannot both hold, where that is plain to see."""
    first, second = _values(one), _values(other)
    return first is not None and second is not None and not first & second


def _values(condition: Any) -> set[str] | None:
    """The only values that hold; None where they cannot be listed."""
    if isinstance(condition, dict):
        if len(condition) != 1:
            return None
        ((operator, value),) = condition.items()
        if operator not in ("eq", "in"):
            return None
        return _values(value)
    if isinstance(condition, list):
        return {str(value).casefold() for value in condition}
    return {str(condition).casefold()}


def _later_than_written(one: _Written) -> Iterable[Problem]:
    for previous, step in pairwise(one.policy.demands):
        if (
            step.action not in REACHING
            or previous.after is None
            or step.after is None
            or step.after >= previous.after + step.gap_days
        ):
            continue
        first = previous.after + step.gap_days
        what = f"it comes {first} days after the due date at the earliest"
        yield one.step_warning(step, "days_after_due", what, f"gap_days is {step.gap_days}")


def _letter_of_claim(one: _Written, country: str) -> Iterable[Problem]:
    """England and Wales: Pre-Action Protocol for Debt Claims, in force since 1 October 2017."""
    if country != "GB" or one.when.get("company") in (True, {"eq": True}):
        return
    for step in one.policy.demands:
        if step.template == "final" and step.action in ("remind", "letter"):
            yield one.step_warning(
                step,
                "name",
                "to a natural person or a sole trader this is no Letter of Claim, which a court asks for",
                "the Pre-Action Protocol for Debt Claims; when = { company = true } leaves natural persons out",
            )
