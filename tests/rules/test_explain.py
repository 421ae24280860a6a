"""`owed explain`: every policy, every step and every guard, for one invoice."""

import datetime as dt

import pytest

from receivables.history import Contacted, History
from receivables.local_facts import Dispute
from receivables.open_items import OpenItem
from receivables.refs import Ref
from rules.explain import Explanation, explain
from tests.builders import business
from tests.rules.given import LADDER, NO_DUE_DATE, NOW, books, debt, rulebook, told


def explained(
    *items: OpenItem, rules: str = LADDER, history: tuple[Contacted, ...] = (), now: dt.datetime = NOW
) -> Explanation:
    ref = Ref("books", "invoice", "i1")
    return explain(ref, rulebook(rules), items, business(), books(), History(history), now)


def test_each_step_says_what_became_of_it() -> None:
    found = explained(debt(overdue=16), history=(told(ago=13), told(step="reminder", ago=1)))
    assert [(step.name, step.state, step.text) for step in found.steps] == [
        ("upcoming", "missed", "its days before the due date are over; it is not caught up"),
        ("friendly", "done", "sent on 25 Feb 2026"),
        ("reminder", "done", "sent on 9 Mar 2026"),
        ("firm", "waiting", "16 days overdue; next: firm on 22 Mar 2026"),
        ("final", "later", "not before 8 Apr 2026, after the steps before it"),
    ]
    assert found.steps[3].until == dt.datetime(2026, 3, 22, tzinfo=dt.UTC)
    assert found.next_step == "16 days overdue; next: firm on 22 Mar 2026"
    assert [contact.step for contact in found.contacts] == ["friendly", "reminder"]


def test_a_step_that_is_due_now() -> None:
    found = explained(debt(overdue=16), history=(told(ago=13),))
    assert {step.name: step.state for step in found.steps}["reminder"] == "now"
    assert found.next_step == "now: reminder by email"
    assert found.decision.verdict == "act"


@pytest.mark.parametrize(("state", "expected"), [("planned", "planned"), ("uncertain", "uncertain")])
def test_a_step_on_its_way(state: str, expected: str) -> None:
    contact = told(ago=1, state=state)  # type: ignore[arg-type]  # one of the outbox's states
    assert {step.name: step.state for step in explained(debt(), history=(contact,)).steps}["friendly"] == expected


def test_every_guard_is_asked_even_when_nothing_is_due() -> None:
    evening = NOW.replace(hour=20)
    dispute = Dispute(connection="local", id="1", reason="broken")
    found = explained(debt(overdue=1, dispute=dispute, read_at=evening), now=evening, history=(told("i7", ago=1),))
    against = {guard.title: [reason.code for reason in guard.reasons] for guard in found.guards if not guard.passed}
    assert against == {
        "dispute": ["disputed"],
        "limits on contact": ["too_soon"],
        "working days and hours": ["outside_hours"],
    }
    assert [guard.title for guard in found.guards if guard.passed] == [
        "issued, open and with a due date",
        "money that is there already",
        "promise to pay",
        "payment plan",
        "hold",
        "never to be chased",
        "what you owe them",
        "reconciliation",
        "sent to the customer",
        "e-mail address",
        "the platform's own reminders",
        "receipts in the books",
        "age of the facts",
        "opt-out",
    ]
    assert found.decision.verdict == "suppress"


def test_every_policy_says_which_condition_failed() -> None:
    rules = '[[policy]]\nname = "abroad"\nwhen = { country = "FR" }\n[[policy.step]]\nname = "x"\ndays_after_due = 1\n'
    rules += LADDER.replace('name = "standard"', 'name = "standard"\nwhen = { company = "unknown" }', 1)
    rules += '[[policy]]\nname = "rest"\n[[policy.step]]\nname = "y"\ndays_after_due = 1\n'
    rules += '[[policy]]\nname = "old"\nstatus = "off"\n[[policy.step]]\nname = "z"\ndays_after_due = 1\n'
    found = explained(debt(), rules=rules)
    assert [(policy.name, policy.verdict, policy.finding.text) for policy in found.policies] == [
        ("abroad", "no match", "country = GB is FR"),
        ("standard", "takes", "company = unknown is unknown"),
        ("rest", "comes later", "no condition"),
        ("old", "off", "no condition"),
    ]


def test_what_nobody_can_demand_is_explained_too() -> None:
    found = explained(debt(due_on=None))
    assert found.steps == ()
    assert found.next_step == NO_DUE_DATE


def test_the_next_moment_is_the_latest_of_what_it_waits_for() -> None:
    evening = NOW.replace(hour=20)
    found = explained(debt(read_at=evening), now=evening, history=(told("i7", ago=1, now=NOW),))
    assert found.next_step == "friendly, not before 2026-03-12 00:00 UTC"


def test_an_invoice_that_is_not_open_is_not_known() -> None:
    with pytest.raises(KeyError):
        explained(debt("i2"))


def test_an_override_is_why_a_policy_that_matches_does_not_take_it() -> None:
    found = explained(debt(), rules='[[override]]\ninvoice = "books:invoice:i1"\npolicy = "none"\n' + LADDER)
    assert [(policy.name, policy.verdict) for policy in found.policies] == [("standard", "overridden")]


def test_a_later_step_whose_day_is_over_is_not_put_into_the_past() -> None:
    final = explained(debt(overdue=50)).steps[-1]
    assert (final.state, final.text) == ("later", "its day was 5 Mar 2026; it waits for the steps before it")


def test_a_message_that_waits_to_leave_does_not_stand_in_its_own_way() -> None:
    found = explained(debt(), history=(told(ago=0, state="planned"),))
    assert [guard.title for guard in found.guards if not guard.passed] == []
    others = explained(debt(), debt("i2"), history=(told("i2", ago=0, state="planned"),))
    assert [guard.title for guard in others.guards if not guard.passed] == ["limits on contact"]


def test_of_a_settled_debt_only_what_was_done_is_listed() -> None:
    settled = explained(debt(overdue=16, amount=0, status="paid"), history=(told(ago=13),))
    assert [(step.name, step.state) for step in settled.steps] == [("friendly", "done")]
