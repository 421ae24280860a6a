"""What a step may do beside a reminder, whom it takes to, and who has to approve it."""

import datetime as dt

import pytest

from receivables.history import Contacted
from receivables.open_items import PayingHabit
from rules.loader import load
from rules.overrides import unmatched
from tests.rules.given import LADDER, NOW, brief, codes, debt, decide, only, rulebook, told

CALLS = LADDER.replace('name = "firm"', 'name = "firm"\naction = "call"', 1)


def with_step(lines: str) -> str:
    """The ladder with a last step of its own."""
    return LADDER.replace('name = "final"', f'name = "final"\n{lines}', 1)


def climbed(action: str = "remind") -> tuple[Contacted, ...]:
    return (
        told(step="friendly", ago=40),
        told(step="reminder", ago=30),
        told(step="firm", ago=20),
    )


def test_a_call_counts_as_contact_and_holds_the_next_step_back() -> None:
    called = only(decide(debt(overdue=30), rules=CALLS, history=(told(ago=27), told(step="reminder", ago=16))))
    assert (called.verdict, called.action, called.channel, called.stage) == ("act", "call", "call", 2)


def test_a_call_needs_no_address_but_respects_a_refusal_to_be_called() -> None:
    history = (told(ago=27), told(step="reminder", ago=16))
    silent = debt(overdue=30, email="", contacts=())
    assert only(decide(silent, rules=CALLS, history=history)).action == "call"


@pytest.mark.parametrize("action", ["note", "payment_link", "alert", "webhook"])
def test_what_stays_inside_is_no_contact(action: str) -> None:
    """It leaves at night, beside a message of the same day, and does not count against the caps."""
    rules = with_step(f'action = "{action}"')
    just_written = told("i2", step="friendly", ago=0.5)
    night = NOW.replace(hour=3)
    item = debt(overdue=60, read_at=night)
    decision = only(decide(item, rules=rules, history=(*climbed(), just_written), now=night))
    assert (decision.verdict, decision.action) == ("act", action)


def test_a_note_is_written_on_each_invoice() -> None:
    rules = LADDER.replace('name = "friendly"', 'name = "friendly"\naction = "note"', 1)
    assert sorted(map(brief, decide(debt("i1"), debt("i2"), rules=rules))) == ["act friendly i1", "act friendly i2"]


def test_after_an_alert_the_first_demand_is_still_the_first() -> None:
    rules = '[[policy]]\nname = "p"\n'
    rules += '[[policy.step]]\nname = "tell me"\ndays_after_due = 1\naction = "alert"\n'
    rules += '[[policy.step]]\nname = "friendly"\ndays_after_due = 3\n'
    alerted = Contacted(
        key="k", debtor="acme", invoices=("books:invoice:i1",), policy="p", step="tell me", stage=1,
        channel="alert", state="sent", at=NOW - dt.timedelta(hours=1), action="alert",
    )  # fmt: skip
    decision = only(decide(debt(overdue=20), rules=rules, history=(alerted,)))
    assert (decision.step, decision.stage, decision.template) == ("friendly", 1, "friendly")


def test_without_an_address_the_fall_back_takes_the_step() -> None:
    rules = LADDER.replace('name = "friendly"', 'name = "friendly"\nfallback = "letter"', 1)
    decision = only(decide(debt(email="", contacts=()), rules=rules))
    assert (decision.verdict, decision.action, decision.channel) == ("act", "letter", "letter")
    assert only(decide(debt(), rules=rules)).action == "remind"


def test_the_fall_back_overrides_no_guard() -> None:
    rules = LADDER.replace('name = "friendly"', 'name = "friendly"\nfallback = "letter"', 1)
    found = only(decide(debt(email="", contacts=(), sent=False), rules=rules))
    assert "never_sent" in codes(found)


def test_above_an_amount_a_person_approves() -> None:
    rules = LADDER.replace('name = "friendly"', 'name = "friendly"\napproval_above = { GBP = "100.00" }', 1)
    assert not only(decide(debt(amount=10_000), rules=rules)).approval
    assert only(decide(debt(amount=10_001), rules=rules)).approval


def test_recipients_are_part_of_the_decision() -> None:
    rules = with_step('to = "director"\ncc = ["accounts"]\nattach_pdf = true')
    decision = only(decide(debt(overdue=60), rules=rules, history=climbed()))
    assert (decision.to, decision.cc, decision.attach_pdf) == ("director", ("accounts",), True)


def test_a_step_that_was_taken_back_is_passed_over() -> None:
    refused = told(step="friendly", ago=1, state="refused")
    assert brief(only(decide(debt(overdue=20), history=(refused,)))) == "suppress reminder i1: not_due_yet"
    earlier = told(step="friendly", ago=6, state="refused")
    assert brief(only(decide(debt(overdue=20), history=(earlier,)))) == "act reminder i1"


OVERRIDES = """
[[policy]]
name = "gentle"
when = { tags = ["gentle"] }
[[policy.step]]
name = "soft"
days_after_due = 1
"""


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ('customer = "Acme Ltd"\npolicy = "gentle"', "act soft i1"),
        ('customer = "acme ltd"\npolicy = "none"', "suppress  i1: overridden"),
        ('invoice = "books:invoice:i1"\npolicy = "gentle"', "act soft i1"),
        ('invoice = "INV-77"\npolicy = "none"', "act friendly i1"),
    ],
)
def test_an_override_goes_before_the_conditions(override: str, expected: str) -> None:
    rules = OVERRIDES + LADDER + f"[[override]]\n{override}\n"
    assert brief(only(decide(debt(name="Acme Ltd"), rules=rules))) == expected


def test_an_invoice_s_override_goes_before_its_customer_s() -> None:
    rules = OVERRIDES + LADDER
    rules += '[[override]]\ncustomer = "Acme Ltd"\npolicy = "none"\n'
    rules += '[[override]]\ninvoice = "i1"\npolicy = "gentle"\n'
    found = decide(debt("i1", name="Acme Ltd"), debt("i2", name="Acme Ltd"), rules=rules)
    assert sorted(map(brief, found)) == ["act soft i1", "suppress  i2: overridden"]


@pytest.mark.parametrize(
    ("paid", "late", "risk"), [(5, 3, "low"), (5, 20, "medium"), (5, 45, "high"), (2, 45, "unknown")]
)
def test_risk_is_how_a_customer_paid_before(paid: int, late: int, risk: str) -> None:
    rules = LADDER.replace('name = "standard"', f'name = "standard"\nwhen = {{ risk = "{risk}" }}', 1)
    assert only(decide(debt(habit=PayingHabit(paid, late)), rules=rules)).verdict == "act"


STEP = '[[policy]]\nname = "p"\n[[policy.step]]\nname = "s"\n'


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ('on_event = "promise_brokn"', "expected one of promise_broken"),
        ('on_event = "promise_broken"\ndays_after_due = 3', "expected one of days_before_due"),
        ('on_event = "promise_broken"\nstage = 2', "has no stage of its own"),
        ("monthly_on = 29", "expected at most 28"),
        ("days_after_due = 3\ndays_after_event = 2", "needs on_event"),
        ('days_after_due = 3\naction = "cal"', "did you mean 'call'?"),
        ('days_after_due = 3\naction = "thank_you"', "thanks are for a payment"),
        ('days_after_due = 3\naction = "call"\nchannel = "platform"', "it is no call"),
        ('days_after_due = 3\nchannel = "platform"\nattach_pdf = true', "words and recipients of its own"),
        ('days_after_due = 3\naction = "note"\nfallback = "letter"', "note needs no address"),
        ('days_after_due = 3\ntemplate = "promise_broken"', "answers an event"),
        ('on_event = "promise_broken"\ntemplate = "friendly"', "pays no heed to what happened"),
        ('days_after_due = 3\napproval_above = "5 XXQ"', "XXQ"),
    ],
)
def test_a_step_that_makes_no_sense(lines: str, expected: str) -> None:
    _, problems = load(STEP + lines + "\n", "owed.toml")
    assert any(expected in str(problem) for problem in problems), list(map(str, problems))


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ('policy = "standard"', "expected either customer or invoice"),
        ('customer = "A"\ninvoice = "B"\npolicy = "none"', "expected either customer or invoice"),
        ('customer = "A"\npolicy = "standrd"', "did you mean 'standard'?"),
        ('customer = "A"', "policy: is missing"),
    ],
)
def test_an_override_that_makes_no_sense(lines: str, expected: str) -> None:
    _, problems = load(LADDER + f"[[override]]\n{lines}\n", "owed.toml")
    assert any(expected in str(problem) for problem in problems), list(map(str, problems))


def test_what_stays_inside_waits_for_no_gap() -> None:
    rules = LADDER.replace(
        'name = "reminder"\ndays_after_due = 14', 'name = "reminder"\ndays_after_due = 5\naction = "note"', 1
    )
    assert brief(only(decide(debt(overdue=6), rules=rules, history=(told(ago=3),)))) == "act reminder i1"


def test_an_override_of_nobody_is_told() -> None:
    rules = LADDER + '[[override]]\ncustomer = "Nobody Ltd"\npolicy = "none"\n'
    rules += '[[override]]\ninvoice = "INV-i1"\npolicy = "none"\n'
    assert unmatched(rulebook(rules).overrides, [debt("i1", number="INV-i1")]) == ["nobody ltd"]
