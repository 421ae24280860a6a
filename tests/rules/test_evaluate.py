"""Which step an invoice gets, and when: the ladder, its windows, outages, and messages about several invoices."""

import datetime as dt

import pytest

from receivables.decisions import Alongside
from receivables.history import Contacted
from receivables.money import Money
from tests.builders import business
from tests.rules.given import LADDER, NOW, books, brief, codes, debt, decide, only, told


@pytest.mark.parametrize(
    ("overdue", "history", "expected"),
    [
        # until the due date
        (-10, (), "suppress upcoming i1: not_due_yet"),
        (-3, (), "act upcoming i1"),
        (0, (), "act upcoming i1"),
        (-2, (told(step="upcoming", ago=1),), "suppress friendly i1: not_due_yet"),
        # between the due date and the first step: the missed note is not caught up
        (1, (), "suppress friendly i1: not_due_yet"),
        # the first contact is the first stage, however old the debt is
        (3, (), "act friendly i1"),
        (14, (), "act friendly i1"),
        (400, (), "act friendly i1"),
        # a later stage needs the one before it sent, its own day, and the gap of five days
        (14, (told(ago=11),), "act reminder i1"),
        (13, (told(ago=10),), "suppress reminder i1: not_due_yet"),
        (400, (told(ago=4),), "suppress reminder i1: not_due_yet"),
        (400, (told(ago=5),), "act reminder i1"),
        (400, (told(ago=40), told(step="reminder", ago=20)), "act firm i1"),
        (400, (told(ago=40), told(step="reminder", ago=20), told(step="firm", ago=9)), "act final i1"),
        (400, (told(step="final", ago=50),), "suppress  i1: all_steps_done"),
        # what never left does not count
        (14, (told(state="failed"),), "act friendly i1"),
        (14, (told(state="cancelled"),), "act friendly i1"),
        # what may have left blocks its own step, and the next one until it is known
        (14, (told(state="uncertain"),), "hold reminder i1: previous_uncertain"),
        (14, (told(state="needs_human"),), "hold reminder i1: previous_uncertain"),
        (14, (told(state="sending"),), "hold reminder i1: previous_uncertain"),
        # what is about to leave is not planned twice
        (14, (told(state="planned"),), "hold friendly i1: already_planned"),
        (14, (told(state="approved"),), "hold friendly i1: already_planned"),
    ],
)
def test_the_next_step_of_one_invoice(overdue: int, history: tuple[Contacted, ...], expected: str) -> None:
    assert brief(only(decide(debt(overdue=overdue), history=history))) == expected


def test_after_an_outage_only_the_next_stage_goes_out() -> None:
    item = debt(overdue=60)
    after = told(ago=46)
    assert brief(only(decide(item, history=(after,)))) == "act reminder i1"
    assert brief(only(decide(item, history=(after, told(step="reminder", ago=0.1))))) == "suppress firm i1: not_due_yet"


def test_a_suppressed_item_says_when_its_step_comes() -> None:
    decision = only(decide(debt(overdue=1)))
    assert decision.reasons[0].text == "1 day overdue; next: friendly on 12 Mar 2026"
    assert decision.reasons[0].until == dt.datetime(2026, 3, 12, tzinfo=dt.UTC)


def test_overdue_is_judged_in_the_time_zone_of_the_business() -> None:
    """At 20:00 UTC on the 10th it is the morning of the 11th in Auckland: one day later than in London."""
    evening = dt.datetime(2026, 3, 10, 20, tzinfo=dt.UTC)
    item = debt(overdue=2, country="NZ", read_at=evening)
    auckland = business(timezone="Pacific/Auckland", country="NZ")
    fresh = books(synced_at=evening)
    assert brief(only(decide(item, now=evening, owner=auckland, connections=fresh))) == "act friendly i1"
    assert brief(only(decide(item, now=evening, connections=fresh))) == "suppress friendly i1: not_due_yet"


STEPS = """
[[policy]]
name = "standard"
[[policy.step]]
name = "early"
days_before_due = 7
[[policy.step]]
name = "late"
days_before_due = 2
[[policy.step]]
name = "today"
on_due = true
[[policy.step]]
name = "first"
days_after_due = 1
[[policy.step]]
name = "second"
days_after_previous = 10
"""


@pytest.mark.parametrize(
    ("overdue", "history", "expected"),
    [
        (-8, (), "suppress early i1: not_due_yet"),
        (-7, (), "act early i1"),
        (-3, (), "act early i1"),
        (-2, (), "act late i1"),
        (-2, (told(step="early", ago=4, stage=0),), "act late i1"),
        (0, (told(step="late", ago=3, stage=0),), "act today i1"),
        (0, (told(step="today", ago=0.1, stage=0),), "suppress first i1: not_due_yet"),
        (5, (), "act first i1"),
        (15, (told(step="first", ago=9),), "suppress second i1: not_due_yet"),
        (15, (told(step="first", ago=10),), "act second i1"),
    ],
)
def test_windows_before_the_due_date_and_steps_after_the_previous(
    overdue: int, history: tuple[Contacted, ...], expected: str
) -> None:
    assert brief(only(decide(debt(overdue=overdue), rules=STEPS, history=history))) == expected


def test_one_message_is_about_all_invoices_that_are_due() -> None:
    decision = only(decide(debt("i1", 10, 5_000), debt("i2", 8, 7_050), debt("i3", 5, 100)))
    assert brief(decision) == "act friendly i1+i2+i3"
    assert decision.demand == Money(12_150, "GBP")
    assert decision.channel == "email"


def test_the_furthest_stage_leads_and_others_ride_along_at_their_own() -> None:
    history = (told("i1", ago=20), told("i1", step="reminder", ago=9), told("i2", ago=20))
    decision = only(decide(debt("i1", 40), debt("i2", 30), debt("i3", 5), history=history))
    assert brief(decision) == "act firm i1+i2+i3 (i2: reminder, i3: friendly)"
    assert (decision.stage, decision.template) == (3, "firm")


def test_what_rode_along_goes_on_from_its_own_stage() -> None:
    own = (Alongside("books:invoice:i3", "friendly", 1),)
    history = (told("i1", "i3", step="firm", ago=12, alongside=own),)
    assert brief(only(decide(debt("i3", 20), history=history))) == "act reminder i3"


def test_an_invoice_that_is_not_due_for_a_step_is_left_out() -> None:
    decisions = decide(debt("i1", 10), debt("i2", 1), debt("i3", -30))
    assert sorted(map(brief, decisions)) == [
        "act friendly i1",
        "suppress friendly i2: not_due_yet",
        "suppress upcoming i3: not_due_yet",
    ]


def test_what_is_not_due_is_never_mixed_with_what_is_overdue() -> None:
    decisions = decide(debt("i1", 10), debt("i2", -2))
    assert sorted(map(brief, decisions)) == ["act friendly i1", "hold upcoming i2: one_at_a_time"]


def test_each_currency_has_a_message_of_its_own_and_only_one_leaves() -> None:
    decisions = decide(debt("i1", 10), debt("i2", 12, currency="EUR"))
    assert sorted(map(brief, decisions)) == ["act friendly i2", "hold friendly i1: one_at_a_time"]
    assert decisions[1].reasons[0].until == dt.datetime(2026, 3, 13, tzinfo=dt.UTC)


def test_two_debtors_do_not_wait_for_each_other() -> None:
    decisions = decide(debt("i1", 10), debt("i2", 12, debtor="brick"))
    assert sorted(map(brief, decisions)) == ["act friendly i1", "act friendly i2"]


PLATFORM = LADDER.replace('name = "friendly"', 'name = "friendly"\nchannel = "platform"')


def test_the_platforms_mail_is_for_one_invoice_and_several_take_ours() -> None:
    assert only(decide(debt("i1", 10), rules=PLATFORM)).channel == "platform"
    assert only(decide(debt("i1", 10), debt("i2", 12), rules=PLATFORM)).channel == "email"
    assert only(decide(debt("i1", 10, platform="csv"), rules=PLATFORM)).channel == "email"


def test_one_invoice_a_message_goes_oldest_first_and_the_others_wait() -> None:
    rules = PLATFORM.replace('name = "standard"', 'name = "standard"\nper = "invoice"')
    decisions = decide(debt("i1", 10), debt("i2", 12), debt("i3", 11), rules=rules)
    assert sorted(map(brief, decisions)) == [
        "act friendly i2",
        "hold friendly i1: one_at_a_time",
        "hold friendly i3: one_at_a_time",
    ]
    assert {decision.channel for decision in decisions} == {"platform"}


POLICIES = """
[[policy]]
name = "nobody"
status = "off"
[[policy.step]]
name = "never"
days_after_due = 1
[[policy]]
name = "abroad"
when = { country = { not_in = ["GB"] } }
[[policy.step]]
name = "postcard"
days_after_due = 10
[[policy]]
name = "trial"
status = "draft"
when = { tags = ["trial"] }
[[policy.step]]
name = "soft"
days_after_due = 2
[[policy]]
name = "home"
when = { country = "GB" }
[[policy.step]]
name = "note"
days_after_due = 3
"""


@pytest.mark.parametrize(
    ("country", "tags", "expected"),
    [
        ("FR", (), "act postcard i1"),
        ("GB", (), "act note i1"),
        ("GB", ("Trial",), "hold soft i1: draft_policy"),
        ("", (), "act postcard i1"),
    ],
)
def test_the_first_policy_whose_conditions_hold_takes_the_item(
    country: str, tags: tuple[str, ...], expected: str
) -> None:
    assert brief(only(decide(debt(overdue=12, country=country, tags=tags), rules=POLICIES))) == expected


def test_without_a_policy_nothing_is_done_and_that_is_said() -> None:
    rules = POLICIES.replace("not_in", "in")
    assert brief(only(decide(debt(country="FR"), rules=rules))) == "suppress  i1: no_policy"


def test_another_policys_messages_count_by_their_stage() -> None:
    """Whoever is moved to another policy, or whose policy is renamed, does not begin anew."""
    history = (told(policy="old", step="second notice", stage=2, ago=20),)
    assert brief(only(decide(debt(overdue=60), history=history))) == "act firm i1"


def test_a_step_put_in_before_a_sent_one_does_not_repeat_that_one() -> None:
    rules = LADDER.replace(
        'name = "friendly"\ndays_after_due = 3',
        'name = "nudge"\ndays_after_due = 1\n[[policy.step]]\nname = "friendly"\ndays_after_due = 3',
    )
    assert brief(only(decide(debt(overdue=60), rules=rules, history=(told(ago=20),)))) == "act reminder i1"


def test_a_note_before_the_due_date_is_not_repeated_under_another_name() -> None:
    history = (told(policy="old", step="soon", stage=0, ago=4),)
    earlier = LADDER.replace("days_before_due = 3", "days_before_due = 6")
    assert brief(only(decide(debt(overdue=-1), rules=earlier, history=history))) == "suppress friendly i1: not_due_yet"
    assert brief(only(decide(debt(overdue=-1), rules=LADDER, history=history))) == "act upcoming i1"


def test_small_sums_are_not_asked_for_but_add_up() -> None:
    rules = LADDER.replace('name = "standard"', 'name = "standard"\nmin_balance = "5.00 GBP"', 1)
    decision = only(decide(debt("i1", 10, 300), rules=rules))
    assert brief(decision) == "suppress friendly i1: below_minimum"
    assert decision.reasons[0].text == "3.00 GBP is less than the least to be asked for, 5.00 GBP"
    assert brief(only(decide(debt("i1", 10, 300), debt("i2", 10, 200), rules=rules))) == "act friendly i1+i2"
    assert brief(only(decide(debt("i1", 10, 300, currency="EUR"), rules=rules))) == "act friendly i1"


def test_every_decision_carries_what_the_outbox_needs() -> None:
    decision = only(decide(debt(overdue=16), history=(told(),)))
    assert decision.key == "standard/reminder/books:invoice:i1"
    assert decision.decided_at == NOW
    assert len(decision.rulebook) == 12
    assert (decision.pay_link, decision.approval, decision.template) == (True, False, "reminder")
    assert codes(decision) == ["step_due"]
    text = "16 days overdue: reminder, 14 days after the due date; the step before it went out on 28 Feb 2026"
    assert decision.reasons[0].text == text
