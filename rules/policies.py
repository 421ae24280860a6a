"""The `[[policy]]` and `[[override]]` tables: read, typed, and checked for what could never work."""

from collections.abc import Collection
from itertools import pairwise

from rules.conditions import Always
from rules.predicates import read_condition
from rules.schema import GROUPINGS, POLICY_STATUSES, Guards, Override, Policy, Step
from rules.steps import counts_as_stage, is_reaction, is_until_due, read_amounts, read_step
from rules.table import Table, did_you_mean

#: What an override says to take a debt out of all policies.
_NONE = "none"


def read_policies(tables: list[Table], guards: Guards, templates: Collection[str] | None) -> tuple[Policy, ...]:
    """All policies in their order; `templates` None means that nobody knows which exist."""
    policies = tuple(_policy(table, guards, templates) for table in tables)
    _check_names(tables, [policy.name for policy in policies], "policy")
    for table, policy in zip(tables, policies, strict=True):
        if policy.name.casefold() == _NONE:
            table.report("name", '"none" is what an override says for no policy at all')
    _check_reach(tables, policies)
    return policies


def read_overrides(tables: list[Table], policies: tuple[Policy, ...]) -> tuple[Override, ...]:
    """Each names a customer or an invoice, and the policy that takes it."""
    names = [policy.name for policy in policies]
    overrides = tuple(_override(table, names) for table in tables)
    _check_named_once(tables, overrides)
    return overrides


def _check_named_once(tables: list[Table], overrides: tuple[Override, ...]) -> None:
    """The first override of a name wins, so a second one would be passed over in silence."""
    seen: dict[tuple[str, str], Table] = {}
    for table, override in zip(tables, overrides, strict=True):
        named = override.customer, override.invoice
        first = seen.setdefault(named, table)
        if first is not table and any(named):
            key = "invoice" if override.invoice else "customer"
            table.report(key, "an override before this one names it already", f"the other is at {first.where(key)}")


def _override(table: Table, names: list[str]) -> Override:
    customer, invoice = table.take_text("customer", ""), table.take_text("invoice", "")
    policy = table.take_text("policy")
    table.take_text("reason", "")
    if bool(customer.strip()) == bool(invoice.strip()):
        table.report("", "expected either customer or invoice", "a name, number, id or reference")
    if policy and policy != _NONE and policy not in names:
        table.report("policy", f'no policy "{policy}"', did_you_mean(policy, [*names, _NONE]) or f'or "{_NONE}"')
    table.finish()
    return Override(
        customer=customer.strip().casefold(),
        invoice=invoice.strip().casefold(),
        policy="" if policy == _NONE else policy,
    )


def _policy(table: Table, guards: Guards, templates: Collection[str] | None) -> Policy:
    name = table.take_text("name")
    status = table.take_choice("status", POLICY_STATUSES, "active")
    per = table.take_choice("per", GROUPINGS, "customer")
    when = read_condition(table.take_table("when"))
    least = read_amounts(table, "min_balance")
    tables = table.take_tables("step", required=True)
    table.finish()
    if "step" in table and not tables and table.peek("step") == []:
        table.report("step", "a policy needs at least one step")
    steps = _steps(tables, guards, templates)
    upcoming = [step for step in steps if step.before is not None and not step.event]
    return Policy(
        name=name,
        status=status,
        per=per,
        when=when,
        min_balance=least,
        upcoming=tuple(sorted(upcoming, key=lambda step: -(step.before or 0))),
        demands=tuple(step for step in steps if step.before is None and not step.event),
        reactions=tuple(step for step in steps if step.event),
    )


def _steps(tables: list[Table], guards: Guards, templates: Collection[str] | None) -> list[Step]:
    steps: list[Step] = []
    demanding = 0
    aside = [is_until_due(table) or is_reaction(table) for table in tables]
    for number, (table, not_demanding) in enumerate(zip(tables, aside, strict=True), start=1):
        demanding += counts_as_stage(table)
        last = all(aside[number:])
        steps.append(read_step(table, 0 if not_demanding else max(1, demanding), last, guards, templates))
    pairs = list(zip(tables, steps, strict=True))
    _check_names(tables, [step.name for step in steps], "step")
    _check_order([(table, step) for table, step in pairs if step.before is None and not step.event])
    _check_windows([(table, step) for table, step in pairs if step.before is not None and not step.event])
    return steps


def _check_names(tables: list[Table], names: list[str], kind: str) -> None:
    seen: dict[str, Table] = {}
    for table, name in zip(tables, names, strict=True):
        if any(mark in name for mark in "/+@"):
            table.report("name", f"a {kind} name has no /, no + and no @", "they separate the parts of a message's key")
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
        as_written = step.after == table.peek("days_after_due")  # a wrong value is told once, by its own problem
        if step.after is not None and as_written and step.after <= latest:
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
