"""Rules on a past that is known: the lag of the books is seen as messages to those who had paid."""

import datetime as dt

import msgspec

from receivables.business import ConnectionState
from receivables.facts import Fact
from receivables.local_facts import Dispute
from rules.backtest import Outcome
from sync.backtest import backtest
from sync.past import Past, Version
from tests.builders import applied, business, customer, invoice, payment
from tests.rules.given import LADDER, rulebook

FIRST = dt.datetime(2026, 3, 1, 2, tzinfo=dt.UTC)
DUE = dt.date(2026, 3, 6)
START, END = dt.date(2026, 3, 2), dt.date(2026, 4, 24)
STATES = {"books": ConnectionState(name="books", platform="xero", reminds_by_itself=None)}
OTHER = payment("p9", paid_on=dt.date(2026, 3, 2))


def night(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(2), dt.UTC)


def run(*versions: Version, ladder: str = LADDER) -> Outcome:
    """Books in which some other money is entered every few days, so that they never seem to be behind."""
    busy = [
        Version(FIRST, None, msgspec.structs.replace(OTHER, id=f"o{number}", paid_on=START + dt.timedelta(days=number)))
        for number in range(0, 60, 2)
    ]
    past = Past(business(), STATES, [Version(FIRST, None, customer()), *busy, *versions], FIRST)
    (found,) = backtest(past, [rulebook(ladder)], START, END, now=night(END))
    return found


def told(found: Outcome) -> list[str]:
    return [f"{one.on:%d %b} {one.decision.step}{' PAID' if one.paid else ''}" for one in found.past]


def paid(on: dt.date, known: dt.date) -> list[Version]:
    """An invoice that was paid on one day, which the books told on another."""
    open_one = invoice(due_on=DUE)
    share = applied("p1", "i1", 10_000, on=on)
    return [
        Version(FIRST, night(known), open_one),
        Version(night(known), None, invoice(due_on=DUE, open=0, paid_on=on)),
        Version(night(known), None, payment(paid_on=on, allocations=(share,))),
    ]


def test_a_payment_that_was_entered_late_shows_as_messages_to_somebody_who_had_paid() -> None:
    found = run(*paid(on=dt.date(2026, 3, 16), known=dt.date(2026, 3, 28)))
    assert told(found) == ["03 Mar upcoming", "09 Mar friendly", "20 Mar reminder PAID"]
    assert found.to_paid == 1
    assert found.days_to_payment == 7


def test_a_payment_that_was_entered_at_once_does_not() -> None:
    found = run(*paid(on=dt.date(2026, 3, 16), known=dt.date(2026, 3, 17)))
    assert (told(found), found.to_paid) == (["03 Mar upcoming", "09 Mar friendly"], 0)


def test_a_dispute_holds_from_the_day_on_which_it_was_stated() -> None:
    stated, resolved = night(dt.date(2026, 3, 10)), night(dt.date(2026, 4, 1))
    dispute = Dispute(connection="local", id="d", subject="books:invoice:i1", stated_at=stated)
    settled = msgspec.structs.replace(dispute, resolved_at=resolved)
    versions = [Version(stated, resolved, dispute), Version(resolved, None, settled)]
    found = run(Version(FIRST, None, invoice(due_on=DUE)), *versions)
    assert told(found)[:3] == ["03 Mar upcoming", "09 Mar friendly", "01 Apr reminder"]
    assert found.to_disputed == 0


def test_what_was_overdue_for_long_on_the_first_day_is_backlog_and_stays_held() -> None:
    assert told(run(Version(FIRST, None, invoice(due_on=START - dt.timedelta(days=61))))) == []
    old = run(Version(FIRST, None, invoice(due_on=START - dt.timedelta(days=60))))
    assert told(old)[0] == "02 Mar friendly"


def test_books_in_which_nothing_was_entered_for_days_hold_the_overdue_steps() -> None:
    entered = dt.date(2026, 3, 12)
    late = Version(night(entered), None, OTHER)
    early: list[tuple[dt.datetime, Fact]] = [(FIRST, customer()), (FIRST, invoice(due_on=DUE)), (FIRST, OTHER)]
    past = Past(business(), STATES, [*(Version(at, None, fact) for at, fact in early), late], FIRST)
    (found,) = backtest(past, [rulebook()], START, START + dt.timedelta(days=20), now=night(END))
    assert told(found) == ["03 Mar upcoming"], "the newest receipt is of the 2nd: from the 6th on the books are behind"


def test_two_rulebooks_see_the_same_days() -> None:
    past = Past(business(), STATES, [Version(FIRST, None, one) for one in (customer(), invoice(due_on=DUE))], FIRST)
    ticks: list[None] = []
    books = [rulebook(), rulebook(LADDER.replace("days_before_due = 3", "days_before_due = 2"))]
    outcomes = backtest(past, books, START, DUE, now=night(END), tell=lambda: ticks.append(None))
    assert [told(one) for one in outcomes] == [["03 Mar upcoming"], ["04 Mar upcoming"]]
    assert len(ticks) == 5 * 3
