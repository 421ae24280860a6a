"""Warnings: what is allowed in a rulebook and rarely meant."""

import pytest

from rules.advice import advise
from rules.loader import read
from rules.toml import parse
from tests.rules.given import LADDER


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
