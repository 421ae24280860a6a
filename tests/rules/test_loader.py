"""A rulebook is read whole or told what is wrong with it: everything at once, each thing at its place."""

import datetime as dt
from importlib.resources import files

import pytest

from outreach.catalog import built_in
from rules.loader import load
from rules.schema import Guards
from tests.rules.given import LADDER, rulebook


def told(text: str, templates: frozenset[str] | None = None) -> list[str]:
    return [str(problem) for problem in load(text, "owed.toml", templates=templates)[1]]


def test_the_starter_rulebook_loads_with_the_templates_that_come_with_it() -> None:
    text = (files("rules") / "defaults" / "starter.toml").read_text(encoding="utf-8")
    found, problems = load(text, "starter.toml", templates=built_in().names)
    assert problems == []
    (policy,) = found.policies
    assert [(step.name, step.stage, step.timing) for step in policy.steps] == [
        ("upcoming", 0, "3 days before the due date"),
        ("friendly", 1, "3 days after the due date"),
        ("reminder", 2, "14 days after the due date"),
        ("firm", 3, "28 days after the due date"),
        ("final", 4, "45 days after the due date"),
    ]
    assert policy.min_balance["GBP"] == 500
    assert found.guards == Guards()


def test_every_problem_is_told_at_once_with_its_place() -> None:
    text = """[guards]
max_per_week = 9
send_hours = ["07:00", "18:00"]
workdays_only = false
max_data_age_hours = 48

[[policy]]
name = "a"
stats = "active"
when = { contry = "GB", amount_due = { gte = 50 }, tags = { non_of = ["x"] } }
min_balance = "5.001 GBP"

[[policy.step]]
name = "first"
days_after_due = "x"
chanel = "email"
stage = 2

[[policy.step]]
name = "first"
days_after_due = 1
gap_days = 1
template = "fierce"
"""
    assert told(text, frozenset({"friendly", "reminder", "firm"})) == [
        "owed.toml:2:16: guards.max_per_week: 9 contradicts a guard (at most 3; it may only be made stricter)",
        "owed.toml:3:14: guards.send_hours: contradicts a guard (08:00 to 18:00 may only be made narrower)",
        "owed.toml:4:17: guards.workdays_only: false contradicts a guard (messages leave on working days only)",
        "owed.toml:5:22: guards.max_data_age_hours: 48 contradicts a guard (at most 3; it may only be made stricter)",
        "owed.toml:9:1: policy.1.stats: unknown key (did you mean 'status'?)",
        "owed.toml:10:10: policy.1.when.contry: unknown key (did you mean 'country'?)",
        'owed.toml:10:46: policy.1.when.amount_due.gte: expected money with its currency, such as "50.00 GBP", found 50',
        "owed.toml:10:61: policy.1.when.tags.non_of: unknown key (did you mean 'none_of'?)",
        "owed.toml:11:15: policy.1.min_balance: 5.001 has more digits than GBP has",
        'owed.toml:15:18: policy.1.step.1.days_after_due: expected a whole number, found "x"',
        "owed.toml:16:1: policy.1.step.1.chanel: unknown key (did you mean 'channel'?)",
        "owed.toml:17:9: policy.1.step.1.stage: the first step after the due date is of stage 1 (no debt is first met with a later one)",
        'owed.toml:20:8: policy.1.step.2.name: there are two step names "first" (the other is at owed.toml:14:8)',
        "owed.toml:21:18: policy.1.step.2.days_after_due: 1 is not later than the step before it (1)",
        "owed.toml:22:12: policy.1.step.2.gap_days: 1 contradicts a guard (guards.min_days_between_contacts is 3)",
        "owed.toml:23:12: policy.1.step.2.template: no template \"fierce\" (did you mean 'firm'?)",
    ]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        # timings
        (
            "",
            "expected one of days_before_due, on_due, days_after_due, days_after_previous, on_event, monthly_on, found none",
        ),
        ("days_after_due = 3\non_due = true", "found on_due and days_after_due"),
        ("days_after_due = 0", "expected at least 1, found 0"),
        ("days_before_due = 0", "expected at least 1, found 0"),
        ("days_after_due = 9999", "expected at most 730, found 9999"),
        ("days_after_previous = 5", "the first step after the due date has none before it"),
        # stages and words
        ("on_due = true\nstage = 1", "demands nothing and is of stage 0"),
        ("days_after_due = 3\nstage = 0", "stage 0 is for steps until the due date"),
        ('days_after_due = 3\ntemplate = "firm"', '"firm" speaks of earlier messages'),
        ('days_after_due = 3\ntemplate = "upcoming"', '"upcoming" speaks of an invoice that is not yet due'),
        ('on_due = true\ntemplate = "friendly"', '"friendly" speaks of an overdue invoice'),
        ('days_after_due = 3\nchannel = "fax"', "expected one of email, platform"),
        ('days_after_due = 3\npay_link = "yes"', 'expected true or false, found "yes"'),
    ],
)
def test_a_step_that_could_not_work(changed: str, expected: str) -> None:
    (problem,) = told(f'[[policy]]\nname = "a"\n[[policy.step]]\nname = "x"\n{changed}\n')
    assert expected in problem


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[[policy]]\nname = "a"\n', "policy.1.step: is missing"),
        ('[[policy]]\nname = "a"\nstep = []\n', "a policy needs at least one step"),
        ('[policy]\nname = "a"\n', "expected tables [[policy]]"),
        ('[[polcy]]\nname = "a"\n', "polcy: unknown table (did you mean 'policy'?)"),
        ("[guard]\nx = 1\n", "guard: unknown table (did you mean 'guards'?)"),
        (LADDER + LADDER, 'two policy names "standard"'),
        (LADDER + LADDER.replace("standard", "later"), 'never reached: policy "standard" takes every invoice'),
        (LADDER.replace("standard", "a/b"), "a policy name has no /, no + and no @"),
        (LADDER.replace('name = "firm"', 'name = "firm"\ntemplate = "final"'), "says that it is the last message"),
        (LADDER.replace("days_after_due = 28", "days_after_due = 14"), "14 is not later than the step before it (14)"),
        (LADDER.replace('name = "firm"', 'name = "firm"\nstage = 1'), "1 comes after stage 2"),
        ("[guards]\nmin_days_between_contacts = 1\n", "1 contradicts a guard (at least 3"),
        ("[guards]\npromise_grace_days = 0\n", "0 contradicts a guard (at least 2"),
        ("[guards]\nmax_per_month = 0\n", "expected at least 1, found 0"),
        ('[guards]\nsend_hours = ["12:00", "09:00"]\n', "the first time must be before the second"),
        ('[guards]\nsend_hours = ["noon"]\n', 'expected two times such as ["08:00", "18:00"]'),
    ],
)
def test_a_rulebook_that_could_not_work(text: str, expected: str) -> None:
    assert any(expected in problem for problem in told(text)), told(text)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ('{ country = "UK" }', 'expected a two-letter country code such as GB, found "UK"'),
        ('{ country = "gb" }', "expected a two-letter country code"),
        ('{ currency = "POUND" }', "expected an ISO 4217 currency"),
        ('{ amount_due = "50" }', "not money: '50'"),
        ('{ amount_due = "50 XXX" }', "unknown currency 'XXX'"),
        ('{ amount_due = { in = ["50 GBP"] } }', "unknown key (known here: eq, gt, gte, lt, lte)"),
        ('{ amount_due = ["5 GBP", "6 GBP"] }', "unknown key"),
        ('{ amount_due = { gte = ["5 GBP", "6 GBP"] } }', "GBP is given twice"),
        ('{ days_past_due = "7" }', 'expected a whole number, found "7"'),
        ("{ days_past_due = true }", "expected a whole number, found true"),
        ("{ company = 1 }", 'expected true, false or "unknown", found 1'),
        ("{ tags = [] }", "expected a list with at least one value"),
        ("{ tags = {} }", "expected an operator (one of any_of, none_of, all_of)"),
        ("{ customer = 7 }", "expected text in quotes, found 7"),
        ("{ any_of = [] }", "must not be empty"),
        ("{ not = {} }", "must not be empty"),
        ('{ number = { matches = "^INV" } }', "unknown key"),
    ],
)
def test_a_condition_that_could_not_work(when: str, expected: str) -> None:
    text = LADDER.replace('name = "standard"', f'name = "standard"\nwhen = {when}', 1)
    (problem,) = told(text)
    assert problem.startswith("owed.toml:4:")
    assert expected in problem


def test_other_tables_of_the_file_are_left_to_others() -> None:
    assert told('[business]\nname = "Harbour"\n[[connection]]\nname = "books"\n' + LADDER) == []


def test_guards_may_be_made_stricter() -> None:
    text = '[guards]\nmax_per_week = 1\nmin_days_between_contacts = 7\nsend_hours = ["09:00", "17:00"]\n'
    guards = rulebook(text).guards
    assert (guards.max_per_week, guards.min_days_between_contacts) == (1, 7)
    assert (guards.send_from, guards.send_until) == (dt.time(9), dt.time(17))


def test_the_usual_gap_follows_a_stricter_guard() -> None:
    (policy,) = rulebook("[guards]\nmin_days_between_contacts = 9\n" + LADDER).policies
    assert {step.gap_days for step in policy.steps} == {9}


def test_the_version_changes_with_the_rules_alone() -> None:
    one = rulebook(LADDER)
    assert rulebook('[business]\nname = "Other"\n# a comment\n' + LADDER).version == one.version
    assert rulebook(LADDER.replace("45", "46")).version != one.version
    assert rulebook("[guards]\nmax_per_week = 2\n" + LADDER).version != one.version


def test_the_last_template_is_only_for_the_last_step() -> None:
    steps = "".join(f'[[policy.step]]\nname = "s{n}"\ndays_after_due = {n * 7}\n' for n in range(1, 7))
    (policy,) = rulebook(f'[[policy]]\nname = "long"\n{steps}').policies
    assert [step.template for step in policy.steps] == ["friendly", "reminder", "firm", "firm", "firm", "final"]


def test_a_wrong_day_is_told_once() -> None:
    assert told(LADDER.replace("days_after_due = 14", 'days_after_due = "14"')) == [
        'owed.toml:12:18: policy.1.step.3.days_after_due: expected a whole number, found "14"'
    ]


def test_a_number_where_an_amount_stands_is_told_once() -> None:
    text = '[[policy]]\nname = "a"\nmin_balance = { GBP = 5 }\n[[policy.step]]\nname = "s"\ndays_after_due = 3\n'
    assert told(text) == ["owed.toml:3:23: policy.1.min_balance.GBP: expected text in quotes, found 5"]


def test_an_override_that_an_earlier_one_hides() -> None:
    override = '[[override]]\ncustomer = "{}"\npolicy = "none"\n'
    assert told(override.format("Acme Ltd") + override.format("ACME LTD") + override.format("Other Ltd")) == [
        (
            "owed.toml:5:12: override.2.customer: an override before this one names it already "
            "(the other is at owed.toml:2:12)"
        )
    ]


def test_a_step_outside_its_policy() -> None:
    text = LADDER + '[[step]]\nname = "late"\n'
    assert told(text)[0].endswith("step: unknown table (write [[policy.step]] below its [[policy]])")


def test_what_people_call_the_united_kingdom() -> None:
    text = LADDER.replace('name = "standard"', 'name = "standard"\nwhen = { country = "UK" }', 1)
    assert told(text)[0].endswith("(ISO 3166 writes GB for the United Kingdom)")
