"""The `[[policy]]` tables and their steps: read, typed, and checked for what could never work."""

from collections.abc import Collection
from itertools import pairwise

from receivables.money import CURRENCIES, MoneyError, to_minor
from rules.conditions import Always
from rules.predicates import read_condition
from rules.schema import CHANNELS, GROUPINGS, POLICY_STATUSES, TEMPLATES, Guards, Policy, Step, template_of
from rules.table import Table, did_you_mean

_TIMINGS = ("days_before_due", "on_due", "days_after_due", "days_after_previous")
#: What one line of owed.toml may ask for at the most: two years.
_MOST_DAYS = 730
_GAP_DAYS = 5


def read_policies(tables: list[Table], guards: Guards, templates: Collection[str] | None) -> tuple[Policy, ...]:
    """All policies in their order; `templates` None means that nobody knows which exist."""
    policies = tuple(_policy(table, guards, templates) for table in tables)
    _check_names(tables, [policy.name for policy in policies], "policy")
    _check_reach(tables, policies)
    return policies


def _policy(table: Table, guards: Guards, templates: Collection[str] | None) -> Policy:
    name = table.take_text("name")
    status = table.take_choice("status", POLICY_STATUSES, "active")
    per = table.take_choice("per", GROUPINGS, "customer")
    when = read_condition(table.take_table("when"))
    least = _min_balance(table)
    tables = table.take_tables("step", required=True)
    table.finish()
    if "step" in table and not tables and table.peek("step") == []:
        table.report("step", "a policy needs at least one step")
    steps = _steps(tables, guards, templates)
    upcoming = sorted((step for step in steps if step.before is not None), key=lambda step: -(step.before or 0))
    demands = tuple(step for step in steps if step.before is None)
    return Policy(
        name=name, status=status, per=per, when=when, min_balance=least, upcoming=tuple(upcoming), demands=demands
    )


def _min_balance(table: Table) -> dict[str, int]:
    """`"5.00 GBP"`, or a table `{ GBP = "5.00", EUR = "5.00" }`."""
    if not isinstance(table.peek("min_balance"), dict):
        limit = table.take_money("min_balance", None)
        return {} if limit is None or not limit.currency else {limit.currency: limit.minor}
    inner = table.take_table("min_balance")
    limits: dict[str, int] = {}
    for currency in inner:
        text = inner.take_text(currency)
        if currency not in CURRENCIES:
            inner.report(currency, "expected an ISO 4217 currency such as GBP")
            continue
        try:
            limits[currency] = to_minor(text, currency)
        except MoneyError as error:
            inner.report(currency, str(error))
    return limits


def _steps(tables: list[Table], guards: Guards, templates: Collection[str] | None) -> list[Step]:
    steps: list[Step] = []
    demanding = 0
    until_due = ["days_before_due" in table or table.peek("on_due") is True for table in tables]
    for number, (table, before) in enumerate(zip(tables, until_due, strict=True), start=1):
        demanding += not before
        last = all(until_due[number:])
        steps.append(_step(table, 0 if before else demanding, last, guards, templates))
    _check_names(tables, [step.name for step in steps], "step")
    _check_order([(table, step) for table, step in zip(tables, steps, strict=True) if step.before is None])
    _check_windows([(table, step) for table, step in zip(tables, steps, strict=True) if step.before is not None])
    return steps


def _step(table: Table, usual_stage: int, last: bool, guards: Guards, templates: Collection[str] | None) -> Step:
    name = table.take_text("name")
    before, after, after_previous = _timing(table)
    stage = _stage(table, usual_stage)
    gap = table.take_int("gap_days", max(_GAP_DAYS, guards.min_days_between_contacts), least=1, most=_MOST_DAYS)
    if gap < guards.min_days_between_contacts:
        hint = f"guards.min_days_between_contacts is {guards.min_days_between_contacts}"
        table.report("gap_days", f"{gap} contradicts a guard", hint)
    channel = table.take_choice("channel", CHANNELS, "email")
    template = table.take_text("template", template_of(stage, last))
    _check_template(table, template, usual_stage, last, templates)
    pay_link = table.take_flag("pay_link", True)
    approval = table.take_flag("approval", False)
    table.finish()
    return Step(
        name=name,
        stage=stage,
        before=before,
        after=after,
        after_previous=after_previous,
        gap_days=gap,
        channel=channel,
        template=template,
        pay_link=pay_link,
        approval=approval,
    )


def _timing(table: Table) -> tuple[int | None, int | None, int | None]:
    """Days before the due date, after it, after the step before: exactly one is not None."""
    before = table.take_int("days_before_due", None, least=1, most=_MOST_DAYS)
    on_due = table.take_flag("on_due", False)
    after = table.take_int("days_after_due", None, least=1, most=_MOST_DAYS)
    after_previous = table.take_int("days_after_previous", None, least=1, most=_MOST_DAYS)
    written = [key for key in _TIMINGS if key in table and table.peek(key) is not False]
    if len(written) != 1:
        found = " and ".join(written) or "none"
        table.report(written[-1] if written else "", f"expected one of {', '.join(_TIMINGS)}, found {found}")
    if before is not None or on_due:
        return before or 0, None, None
    if after_previous is not None and after is None:
        return None, None, after_previous
    return None, after or 1, None


def _stage(table: Table, usual_stage: int) -> int:
    """The stage as written; where it cannot be, that is reported and the usual one taken."""
    stage = table.take_int("stage", usual_stage, least=0, most=9)
    if usual_stage == 0 and stage > 0:
        table.report("stage", "a step until the due date demands nothing and is of stage 0")
    elif usual_stage > 0 and stage == 0:
        table.report("stage", "stage 0 is for steps until the due date")
    elif usual_stage == 1 and stage > 1:
        table.report(
            "stage", "the first step after the due date is of stage 1", "no debt is first met with a later one"
        )
    else:
        return stage
    return usual_stage


def _check_template(
    table: Table, template: str, usual_stage: int, last: bool, templates: Collection[str] | None
) -> None:
    """The words must be true of the step: no "as we wrote before" in a first message, no "last" before another one."""
    if templates is not None and template not in templates:
        table.report("template", f'no template "{template}"', did_you_mean(template, templates))
    elif template in TEMPLATES[1:] and usual_stage == 0:
        table.report("template", f'"{template}" speaks of an overdue invoice', "nothing is overdue before the due date")
    elif template == TEMPLATES[0] and usual_stage > 0:
        table.report("template", f'"{template}" speaks of an invoice that is not yet due')
    elif template in TEMPLATES[2:] and usual_stage == 1:
        table.report(
            "template", f'"{template}" speaks of earlier messages', "this step is the first after the due date"
        )
    elif template == TEMPLATES[-1] and not last:
        table.report("template", f'"{template}" says that it is the last message', "another step follows")


def _check_names(tables: list[Table], names: list[str], kind: str) -> None:
    seen: dict[str, Table] = {}
    for table, name in zip(tables, names, strict=True):
        if "/" in name or "+" in name:
            table.report("name", f"a {kind} name has no / and no +", "they separate the parts of a message's key")
        if name and name in seen:
            table.report("name", f'there are two {kind} names "{name}"', f"the other is at {seen[name].where('name')}")
        seen.setdefault(name, table)


def _check_order(pairs: list[tuple[Table, Step]]) -> None:
    """Steps after the due date stand in the order in which they are sent."""
    if pairs and pairs[0][1].after_previous is not None:
        pairs[0][0].report(
            "days_after_previous", "the first step after the due date has none before it", "days_after_due"
        )
    latest = 0
    for (_, previous), (table, step) in pairwise(pairs):
        if step.stage < previous.stage:
            table.report("stage", f"{step.stage} comes after stage {previous.stage}", "stages never fall")
        latest = max(latest, previous.after or 0)
        if step.after is not None and step.after <= latest:
            table.report("days_after_due", f"{step.after} is not later than the step before it ({latest})")


def _check_windows(pairs: list[tuple[Table, Step]]) -> None:
    """Two steps until the due date on one day would never both be sent."""
    seen: dict[int, str] = {}
    for table, step in pairs:
        other = seen.setdefault(step.before or 0, step.name)
        if other != step.name:
            table.report("days_before_due" if step.before else "on_due", f'the same day as step "{other}"')


def _check_reach(tables: list[Table], policies: tuple[Policy, ...]) -> None:
    """The first policy whose `when` holds wins: after one without conditions nothing is reached."""
    catches = ""
    for table, policy in zip(tables, policies, strict=True):
        if policy.status == "off":
            continue
        if catches:
            hint = f'put it before "{catches}" or give that one a `when`'
            table.report("name", f'never reached: policy "{catches}" takes every invoice', hint)
        elif isinstance(policy.when, Always) and not table.peek("when"):
            catches = policy.name
