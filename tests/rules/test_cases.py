"""`[[case]]`: a rulebook's own tests."""

import pytest

from receivables.problems import Problem
from rules.cases import CaseResult, read_cases, run_cases
from rules.loader import read
from rules.toml import parse
from tests.builders import business
from tests.rules.given import LADDER

FIRST = '[[case]]\nname = "a"\non = 2026-03-10\namount = "120.00 GBP"\n'


def run(cases: str, rules: str = LADDER) -> tuple[list[CaseResult], list[Problem]]:
    document, problems = parse(rules + cases, "owed.toml")
    root = document.root(problems)
    rulebook = read(root)
    cases_read = read_cases(root, rulebook)
    root.finish()
    return run_cases(cases_read, rulebook, business()), problems


@pytest.mark.parametrize(
    ("case", "found"),
    [
        ("days_past_due = 5", "act friendly"),
        ("days_past_due = 2", "suppress not_due_yet"),
        ("days_past_due = -2", "act upcoming"),
        ("", "suppress no_due_date"),
        ('days_past_due = 30\nsent = [{ step = "friendly", days_ago = 20 }]', "act reminder"),
        ('days_past_due = 30\nsent = [{ step = "friendly", days_ago = 2 }]', "suppress not_due_yet"),
        ("days_past_due = 5\ndisputed = true", "hold disputed"),
        ("days_past_due = 5\npromised_on = 2026-03-09", "hold promised"),
        ("days_past_due = 5\nhold_until = 2026-03-12", "hold on_hold"),
        ("days_past_due = 5\nwas_sent = false", "hold never_sent"),
        ('days_past_due = 5\nreceived = "120.00 GBP"', "hold payment_not_in_books"),
        ('days_past_due = 5\nstatus = "draft"', "suppress not_issued"),
        ('days_past_due = 5\ncustomer = { email = "" }', "hold no_address"),
        ('days_past_due = 5\ncustomer = { timezone = "America/New_York" }', "hold outside_hours"),
    ],
)
def test_a_case_is_decided_like_a_debt(case: str, found: str) -> None:
    (result,), problems = run(f'{FIRST}{case}\nexpect = "{found}"\n')
    assert problems == []
    assert (result.found, result.passed) == (found, True)


@pytest.mark.parametrize(
    ("expect", "passed"),
    [("act", True), ("act friendly", True), ("act final", False), ("hold", False), ("suppress not_due_yet", False)],
)
def test_a_case_that_expects_something_else_fails(expect: str, passed: bool) -> None:
    (result,), problems = run(f'{FIRST}days_past_due = 5\nexpect = "{expect}"\n')
    assert problems == []
    assert (result.passed, result.found, result.case.where) == (passed, "act friendly", "owed.toml:19:1")


@pytest.mark.parametrize("words", ["hold promissed", "suppress promissed"])
def test_a_code_that_no_reason_has_is_told(words: str) -> None:
    _, problems = run(f'{FIRST}days_past_due = 5\nexpect = "{words}"\n')
    (problem,) = problems
    assert "no reason has the code \"promissed\" (did you mean 'promised'?)" in str(problem)


def test_a_case_that_cannot_be_read_is_told_with_its_place() -> None:
    _, problems = run(
        '[[case]]\nname = "a"\non = "soon"\namount = 5\nsent = [{ step = "frendly", days_ago = -1 }]\n'
        'customer = { contry = "GB" }\nexpect = "send friendly"\n[[case]]\nname = "b"\non = 2026-03-10\n'
        'amount = "1 GBP"\nreceived = "1 EUR"\nexpect = "act fiendly"\n'
    )
    assert [str(problem).removeprefix("owed.toml:") for problem in problems] == [
        '21:6: case.1.on: expected a day such as 2026-01-31, found "soon"',
        "24:14: case.1.customer.contry: unknown key (did you mean 'country'?)",
        '22:10: case.1.amount: expected money such as "12.50 GBP", found 5',
        "23:40: case.1.sent.1.days_ago: expected at least 0, found -1",
        "23:18: case.1.sent.1.step: no policy has a step \"frendly\" (did you mean 'friendly'?)",
        '25:10: case.1.expect: expected one of act, hold, suppress, alone or with a step or a code, found "send friendly"',
        "30:12: case.2.received: expected GBP, the currency of the amount",
        "31:10: case.2.expect: no policy has a step \"fiendly\" (did you mean 'friendly'?)",
    ]
