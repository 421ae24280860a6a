"""Steps that answer an event: a broken promise, a missed instalment, a payment, a resolved dispute, a new month."""

import datetime as dt
from typing import Any

import msgspec
import pytest

from receivables.history import Contacted
from receivables.local_facts import Dispute, Instalment, PaymentPlan, Promise
from receivables.open_items import OpenItem, Receipt
from tests.rules.given import LADDER, NOW, books, brief, codes, debt, decide, only, told

EVENTS = (
    LADDER
    + """
[[policy.step]]
name = "broken"
on_event = "promise_broken"
[[policy.step]]
name = "missed"
on_event = "instalment_missed"
[[policy.step]]
name = "settled"
on_event = "dispute_resolved"
days_after_event = 1
[[policy.step]]
name = "thanks"
on_event = "payment_received"
[[policy.step]]
name = "statement"
monthly_on = 20
"""
)

MIDDLE = NOW.replace(day=10)  # no statement is due


def at(now: dt.datetime, *items: OpenItem, history: tuple[Contacted, ...] = ()) -> list[str]:
    fresh = [msgspec.structs.replace(item, read_at=now) for item in items]
    found = decide(*fresh, rules=EVENTS, history=history, now=now, connections=books(synced_at=now))
    return [brief(one) for one in found]


def promised(days_ago: int, **changes: Any) -> Promise:
    return Promise(connection="local", id="p1", promised_on=(MIDDLE - dt.timedelta(days=days_ago)).date(), **changes)


def overdue(days: int, **changes: Any) -> OpenItem:
    due_on = (MIDDLE - dt.timedelta(days=days)).date()
    return debt(due_on=due_on, **changes)


def test_a_broken_promise_is_answered_once() -> None:
    item = overdue(40, promise=promised(4))
    assert at(MIDDLE, item) == ["act broken i1"]
    answered = msgspec.structs.replace(told(step="broken", stage=1, ago=0, now=MIDDLE), occasion="promise:p1")
    later = MIDDLE + dt.timedelta(days=1)
    assert at(later, item, history=(answered,)) == ["suppress reminder i1: not_due_yet"]


def test_a_broken_promise_moves_nobody_up_the_ladder() -> None:
    item = overdue(40, promise=promised(4))
    told_before = (told(step="friendly", ago=30, now=MIDDLE), told(step="reminder", ago=20, now=MIDDLE))
    fresh = msgspec.structs.replace(item, read_at=MIDDLE)
    decision = only(decide(fresh, rules=EVENTS, history=told_before, now=MIDDLE, connections=books(synced_at=MIDDLE)))
    assert (decision.step, decision.stage, decision.template) == ("broken", 2, "promise_broken")
    assert decision.key == "standard/broken@promise:p1/books:invoice:i1"


def test_a_second_broken_promise_is_answered_again() -> None:
    item = overdue(40, promise=Promise(connection="local", id="p2", promised_on=(MIDDLE - dt.timedelta(4)).date()))
    answered = msgspec.structs.replace(told(step="broken", stage=1, ago=9, now=MIDDLE), occasion="promise:p1")
    assert at(MIDDLE, item, history=(answered,)) == ["act broken i1"]


def test_a_promise_within_its_grace_holds() -> None:
    assert at(MIDDLE, overdue(40, promise=promised(2))) == ["hold friendly i1: promised"]


def test_a_promise_of_a_part_that_came_is_kept() -> None:
    promise = promised(4, amount=5_000, currency="GBP", stated_at=MIDDLE - dt.timedelta(days=9))
    item = overdue(40, promise=promise, receipt=Receipt("pay1", (MIDDLE - dt.timedelta(days=7)).date(), 5_000))
    assert "broken" not in at(MIDDLE, item)[0]


def test_an_old_event_lapses() -> None:
    assert at(MIDDLE, overdue(90, promise=promised(30))) == ["act friendly i1"]


def plan(*days_from_now: int) -> PaymentPlan:
    parts = tuple(Instalment((MIDDLE + dt.timedelta(days=days)).date(), 5_000) for days in days_from_now)
    return PaymentPlan(connection="local", id="plan", instalments=parts, currency="GBP", agreed_open=15_000)


def test_a_plan_that_is_kept_holds_until_the_next_instalment() -> None:
    item = overdue(40, amount=10_000, plan=plan(-10, 5, 20))  # the first of three came in
    fresh = msgspec.structs.replace(item, read_at=MIDDLE)
    decision = only(decide(fresh, rules=EVENTS, now=MIDDLE, connections=books(synced_at=MIDDLE)))
    assert codes(decision) == ["plan_kept"]
    assert decision.reasons[0].until == dt.datetime.combine(
        (MIDDLE + dt.timedelta(days=8)).date(), dt.time(), MIDDLE.tzinfo
    )


def test_a_missed_instalment_is_answered() -> None:
    assert at(MIDDLE, overdue(40, amount=10_000, plan=plan(-20, -5, 20))) == ["act missed i1"]


def test_a_resolved_dispute_is_answered_after_its_days() -> None:
    resolved = Dispute(connection="local", id="d1", resolved_at=MIDDLE - dt.timedelta(days=1))
    assert at(MIDDLE, overdue(40, resolved=resolved)) == ["act settled i1"]
    today = Dispute(connection="local", id="d1", resolved_at=MIDDLE)
    assert at(MIDDLE, overdue(40, resolved=today)) == ["act friendly i1"]


def test_a_payment_is_thanked_for_even_when_nothing_is_left() -> None:
    receipt = Receipt("pay1", (MIDDLE - dt.timedelta(days=1)).date(), 10_000)
    item = overdue(3, amount=0, status="paid", receipt=receipt)
    assert at(MIDDLE, item) == ["act thanks i1"]


@pytest.mark.parametrize("state", ["sent", "planned", "refused"])
def test_a_payment_is_thanked_for_once(state: str) -> None:
    receipt = Receipt("pay1", (MIDDLE - dt.timedelta(days=1)).date(), 10_000)
    item = overdue(3, amount=0, status="paid", receipt=receipt)
    thanked = told(step="thanks", stage=0, ago=0.1, now=MIDDLE, state=state)  # type: ignore[arg-type]  # a state
    thanked = msgspec.structs.replace(thanked, occasion="payment:pay1", action="thank_you")
    assert at(MIDDLE, item, history=(thanked,)) == ["suppress  i1: not_open"]


def test_a_disputed_debt_is_thanked_for_but_not_demanded() -> None:
    receipt = Receipt("pay1", (MIDDLE - dt.timedelta(days=1)).date(), 2_000)
    dispute = Dispute(connection="local", id="d1")
    assert at(MIDDLE, overdue(40, receipt=receipt, dispute=dispute)) == ["act thanks i1"]


def test_the_statement_of_the_month_is_of_everything_open() -> None:
    now = NOW.replace(day=20)
    items = [
        debt("i1", due_on=dt.date(now.year, now.month, 1)),
        debt("i2", due_on=dt.date(now.year, now.month, 28)),
        debt("i3", due_on=dt.date(now.year, now.month, 1), dispute=Dispute(connection="local", id="d")),
    ]
    fresh = [msgspec.structs.replace(item, read_at=now) for item in items]
    found = decide(*fresh, rules=EVENTS, now=now, connections=books(synced_at=now))
    assert sorted(map(brief, found)) == ["act statement i1+i2", "hold friendly i3: disputed"]
    statement = next(one for one in found if one.verdict == "act")
    assert (statement.action, statement.stage, statement.occasion) == ("statement", 0, f"month:{now:%Y-%m}")
