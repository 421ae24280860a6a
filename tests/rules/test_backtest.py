"""What a replay comes to: the days of a story, the figures of an outcome, and what is known only today."""

import datetime as dt

from receivables.local_facts import Hold, Promise
from receivables.open_items import OpenItem
from rules.backtest import Hindsight, Outcome, judge
from rules.replay import Look, Replayed, replay
from tests.builders import business
from tests.rules.given import LADDER, TODAY, books, debt, rulebook, told

#: By day, the debts of each debtor that are others from then on.
Changes = dict[int, dict[str, tuple[OpenItem, ...]]]

MORNING = dt.time(10)
DRAFT = LADDER.replace('"standard"', '"standard"\nstatus = "draft"')
CALLS = LADDER.replace('name = "friendly"', 'name = "friendly"\naction = "note"')


def looks(count: int, changes: Changes) -> list[Look]:
    """From today (a Tuesday) on, each at ten."""
    moments = [dt.datetime.combine(TODAY + dt.timedelta(days=number), MORNING, dt.UTC) for number in range(count)]
    return [Look(at, changes.get(number, {}), books()) for number, at in enumerate(moments)]


def story(found: list[Replayed]) -> list[str]:
    return [f"{one.at:%a %d %b %H:%M} {one.decision.step}" for one in found]


def run(item: OpenItem, count: int = 60, rules: str = LADDER, **changes: tuple[OpenItem, ...]) -> list[Replayed]:
    given: Changes = {0: {"acme": (item,)}, **{int(day[1:]): {"acme": items} for day, items in changes.items()}}
    return list(replay(rulebook(rules), business(), looks(count, given)))


def test_the_messages_of_one_day_are_the_history_of_the_next() -> None:
    assert story(run(debt(overdue=1))) == [
        "Thu 12 Mar 10:00 friendly",
        "Mon 23 Mar 10:00 reminder",  # due on Monday
        "Tue 07 Apr 10:00 firm",  # due on Easter Monday
        "Thu 23 Apr 10:00 final",
    ]


def test_a_debt_that_is_paid_is_left_alone_from_then_on() -> None:
    assert story(run(debt(overdue=1), d5=())) == ["Thu 12 Mar 10:00 friendly"]


def test_a_draft_is_tried_as_if_it_were_active() -> None:
    assert story(run(debt(overdue=1), rules=DRAFT)) == story(run(debt(overdue=1)))


def test_abroad_a_message_leaves_in_the_customers_own_hours() -> None:
    """Ten in London is eleven at night in Auckland; the working day there begins at seven in the evening."""
    assert story(run(debt(overdue=2, country="NZ"), 5)) == ["Wed 11 Mar 19:00 friendly"]


def test_a_condition_that_counts_days_is_looked_at_again_on_its_day() -> None:
    """Nothing is left to do under the first policy; twenty days after the due date the second takes the debt."""
    rules = """
    [[policy]]
    name = "young"
    when = { not = { days_past_due = { gte = 20 } } }
    [[policy.step]]
    name = "upcoming"
    days_before_due = 3
    [[policy]]
    name = "old"
    [[policy.step]]
    name = "first"
    days_after_due = 1
    """
    assert story(run(debt(overdue=5), rules=rules)) == ["Wed 25 Mar 10:00 first"]


def test_an_event_is_answered_once_nothing_stands_against_it_any_more() -> None:
    """The promise was broken on the 13th; the hold ends on the 18th, and no step of the ladder is near."""
    rules = """
    [[policy]]
    name = "standard"
    [[policy.step]]
    name = "first"
    days_after_due = 100
    [[policy.step]]
    name = "broken"
    on_event = "promise_broken"
    """
    promise = Promise(connection="local", id="p", promised_on=TODAY)
    hold = Hold(connection="local", id="h", until_on=dt.date(2026, 3, 18))
    assert story(run(debt(overdue=5, promise=promise), rules=rules)) == ["Fri 13 Mar 10:00 broken"]
    assert story(run(debt(overdue=5, promise=promise, hold=hold), rules=rules)) == ["Wed 18 Mar 10:00 broken"]


def test_messages_that_did_leave_count_where_they_are_given() -> None:
    """The friendly step left two days before the back-test's first."""
    real = [told(ago=2)]
    found = list(replay(rulebook(), business(), looks(20, {0: {"acme": (debt(overdue=5),)}}), real))
    assert story(found) == ["Thu 19 Mar 10:00 reminder"]


def outcome(items: tuple[OpenItem, ...], known: Hindsight, rules: str = LADDER) -> Outcome:
    found = replay(rulebook(rules), business(), looks(60, {0: {"acme": items}}))
    return judge(found, known, business())


def test_a_message_after_the_day_of_payment_is_counted_and_on_that_day_is_not() -> None:
    """The books showed the debt as open for two months; the money came with the first message, or the day before."""
    friendly_on, invoice = dt.date(2026, 3, 12), "books:invoice:i1"
    same_day = outcome((debt(overdue=1),), Hindsight({invoice: friendly_on}))
    assert (same_day.messages, same_day.to_paid) == (4, 3)
    before = outcome((debt(overdue=1),), Hindsight({invoice: friendly_on - dt.timedelta(days=1)}))
    assert (before.messages, before.to_paid) == (4, 4)
    assert [one.paid for one in before.past] == [(invoice,)] * 4


def test_messages_within_a_dispute_are_counted() -> None:
    span = (dt.date(2026, 3, 23), dt.date(2026, 4, 7))
    found = outcome((debt(overdue=1),), Hindsight(disputed={"books:invoice:i1": (span,)}))
    assert [one.on for one in found.past if one.disputed] == [span[0]]
    assert found.to_disputed == 1
    always = outcome((debt(overdue=1),), Hindsight(disputed={"books:invoice:i1": ((None, None),)}))
    assert always.to_disputed == 4


def test_days_to_payment_count_from_the_last_message_before_it() -> None:
    """Two invoices in one message on the 12th; one is paid after the second message, ten days later."""
    known = Hindsight({"books:invoice:i1": dt.date(2026, 3, 15), "books:invoice:i2": dt.date(2026, 4, 2)})
    found = outcome((debt("i1", overdue=1), debt("i2", overdue=1)), known)
    assert (found.paid_after, found.days_to_payment) == (2, (3 + 10) / 2)
    assert found.invoices == 2
    assert found.steps == {"standard/final": 1, "standard/firm": 1, "standard/friendly": 1, "standard/reminder": 1}


def test_what_nobody_outside_notices_is_no_message() -> None:
    found = outcome((debt(overdue=1),), Hindsight(), CALLS)
    assert (found.messages, found.inside) == (3, 1)
