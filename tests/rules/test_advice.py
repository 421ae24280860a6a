"""Warnings: what is allowed in a rulebook and rarely meant."""

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from receivables.problems import Problem
from rules.advice import advise
from rules.contradictions import why_never
from rules.loader import read
from rules.predicates import read_condition
from rules.table import Table
from rules.toml import parse
from tests.builders import TODAY
from tests.rules.given import LADDER, debt


def warned(text: str, country: str = "") -> list[str]:
    document, problems = parse(text, "owed.toml")
    root = document.root(problems)
    rulebook = read(root)
    assert problems == []
    return [str(one).removeprefix("owed.toml:") for one in advise(root, rulebook, country)]


def policy(name: str, when: str = "", after: int = 3) -> str:
    condition = f"when = {when}\n" if when else ""
    return f'[[policy]]\nname = "{name}"\n{condition}[[policy.step]]\nname = "s"\ndays_after_due = {after}\n'


def test_a_plain_ladder_has_no_warnings() -> None:
    assert warned(LADDER) == []


def test_debts_that_nobody_takes() -> None:
    assert warned(policy("a", '{ country = "GB" }')) == [
        (
            "3:8: policy.1.when: an invoice that meets no policy's conditions is never reminded of "
            "(end with a policy without when)"
        )
    ]


@pytest.mark.parametrize(
    "narrower", ['{ country = "GB", tags = ["vip"] }', '{ country = "GB" }', '{ tags = ["x"], country = "GB" }']
)
def test_a_policy_behind_a_broader_one_is_never_reached(narrower: str) -> None:
    text = policy("broad", '{ country = "GB" }') + policy("narrow", narrower) + policy("rest")
    assert warned(text) == [
        (
            '9:8: policy.2.when: never reached: policy "broad" takes whatever meets these conditions '
            "(the first policy whose conditions hold takes an invoice)"
        )
    ]


def test_two_policies_that_may_both_hold() -> None:
    text = policy("a", '{ country = "GB" }') + policy("b", '{ tags = ["vip"] }') + policy("rest")
    assert warned(text) == ['9:8: policy.2.when: an invoice may meet policy "a" as well, which takes it, being first']


@pytest.mark.parametrize("other", ['{ country = "FR" }', '{ country = ["FR", "DE"], tags = ["vip"] }'])
def test_two_policies_that_cannot_both_hold(other: str) -> None:
    assert warned(policy("a", '{ country = ["GB", "IE"] }') + policy("b", other) + policy("rest")) == []


def test_a_gap_that_puts_a_step_off() -> None:
    text = policy("a") + '[[policy.step]]\nname = "t"\ndays_after_due = 6\ngap_days = 10\n'
    assert warned(text) == [
        "8:18: policy.1.step.2.days_after_due: it comes 13 days after the due date at the earliest (gap_days is 10)"
    ]


def test_a_final_message_to_a_natural_person_is_no_letter_of_claim() -> None:
    assert "Letter of Claim" in warned(LADDER, "GB")[0]
    assert warned(LADDER.replace('name = "standard"', 'name = "standard"\nwhen = { company = true }', 1), "GB") == [
        (
            "4:8: policy.1.when: an invoice that meets no policy's conditions is never reminded of "
            "(end with a policy without when)"
        )
    ]


@pytest.mark.parametrize("text", ["", policy("a").replace('name = "a"', 'name = "a"\nstatus = "off"')])
def test_rules_that_remind_nobody(text: str) -> None:
    (warning,) = warned(text)
    assert "nobody is reminded of anything" in warning


@pytest.mark.parametrize(
    ("when", "why"),
    [
        ("{ days_past_due = { gt = 20, lt = 15 } }", "no days_past_due is within these limits"),
        ("{ days_past_due = { gt = 4, lt = 5 } }", "no days_past_due is within these limits"),
        ('{ amount_due = { gte = "100 GBP", lt = "50 GBP" } }', "no amount_due is within these limits"),
        ('{ amount_due = { gte = "10 GBP", lt = "50 EUR" } }', "no amount_due is within these limits"),
        ('{ amount_due = { gte = ["10 GBP", "10 EUR"] }, currency = "USD" }', "amount_due is given in a currency"),
        ('{ country = { in = ["GB", "IE"], not_in = ["IE", "GB"] } }', "no country is left"),
        ('{ tags = { any_of = ["vip"], none_of = ["VIP", "slow"] } }', "the tags that are asked for are refused"),
        ('{ any_of = [{ risk = { eq = "low", ne = "low" } }] }', "no risk is left"),
    ],
)
def test_conditions_that_nobody_can_meet(when: str, why: str) -> None:
    (warning,) = warned(policy("a", when) + policy("rest"))
    assert warning.startswith("3:8: policy.1.when: it takes no invoice at all: ")
    assert why in warning


@pytest.mark.parametrize(
    "when",
    [
        "{ days_past_due = { gte = 5, lte = 5 } }",
        '{ amount_due = { gte = ["10 GBP", "10 EUR"], lt = "50 EUR" } }',
        '{ amount_due = { gte = ["10 GBP", "10 EUR"] }, currency = "EUR" }',
        '{ tags = { any_of = ["vip", "big"], none_of = ["vip"] } }',
        '{ any_of = [{ days_past_due = { gt = 2, lt = 1 } }, { country = "GB" }] }',
    ],
)
def test_conditions_that_somebody_can_meet(when: str) -> None:
    assert not [line for line in warned(policy("a", when) + policy("rest")) if "no invoice at all" in line]


def test_steps_outside_the_days_for_which_a_policy_takes_an_invoice() -> None:
    early = '[[policy.step]]\nname = "s"\ndays_before_due = 3\n[[policy.step]]\nname = "t"\ndays_after_due = 20\n'
    late = '[[policy.step]]\nname = "u"\ndays_after_previous = 10\n[[policy.step]]\nname = "v"\ndays_after_due = 40\n'
    head = '[[policy]]\nname = "a"\nwhen = { days_past_due = { gt = 0, lte = 30 } }\n'
    never = "never reached: by its day the policy no longer takes the invoice, or does not take it yet"
    limits = "(its condition days_past_due holds from 1 to 30)"
    assert warned(head + early + late + policy("rest")) == [
        f"6:19: policy.1.step.1.days_before_due: {never} {limits}",
        f"15:18: policy.1.step.4.days_after_due: {never} {limits}",
    ]


_NUMBER = st.dictionaries(st.sampled_from(["eq", "gt", "gte", "lt", "lte"]), st.integers(-3, 3), min_size=1)
_MONEY = st.dictionaries(
    st.sampled_from(["gt", "gte", "lt", "lte"]),
    st.lists(
        st.sampled_from(["1.00 GBP", "2.00 GBP", "1.00 EUR"]), min_size=1, max_size=2, unique_by=lambda one: one[-3:]
    ),
    min_size=1,
)
_CHOICE = st.dictionaries(
    st.sampled_from(["in", "not_in"]), st.lists(st.sampled_from(["GB", "IE"]), min_size=1, unique=True), min_size=1
)
_TAGS = st.dictionaries(
    st.sampled_from(["any_of", "none_of", "all_of"]), st.lists(st.sampled_from(["a", "b"]), min_size=1), min_size=1
)
_WHEN = st.fixed_dictionaries(
    {}, optional={"days_past_due": _NUMBER, "amount_due": _MONEY, "country": _CHOICE, "tags": _TAGS}
)


@given(
    when=_WHEN | st.fixed_dictionaries({"any_of": st.lists(_WHEN, min_size=1, max_size=2)}),
    overdue=st.integers(-4, 4),
    amount=st.integers(50, 250),
    currency=st.sampled_from(["GBP", "EUR"]),
    country=st.sampled_from(["GB", "IE", "FR"]),
    tags=st.sets(st.sampled_from(["a", "b"])),
)
def test_nobody_meets_what_is_said_to_be_met_by_nobody(
    when: dict[str, Any], overdue: int, amount: int, currency: str, country: str, tags: set[str]
) -> None:
    item = debt(overdue=overdue, amount=amount, currency=currency, country=country, tags=tuple(tags))
    problems: list[Problem] = []
    document, _ = parse("", "owed.toml")
    condition = read_condition(Table({"when": when}, (), document.root(problems).places, problems).take_table("when"))
    assume(not problems)
    if why_never(when):
        assert not condition.test(item, TODAY)
