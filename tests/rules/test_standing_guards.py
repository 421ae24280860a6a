"""Who is never to be written to, whatever the rules say, and books that may not know yet who has paid."""

import datetime as dt
from typing import Any

import pytest

from receivables.local_facts import Hold
from tests.builders import business
from tests.rules.given import LADDER, NOW, TODAY, books, codes, debt, decide, only


@pytest.mark.parametrize("cause", ["insolvent", "agency", "lawyer"])
def test_whoever_has_the_debt_now_writes_about_it(cause: Any) -> None:
    decision = only(decide(debt(hold=Hold(connection="local", id="h", cause=cause))))
    assert (decision.verdict, codes(decision)) == ("hold", [cause])
    assert decision.reasons[0].until is None


@pytest.mark.parametrize("name", ["Acme Holdings", "acme holdings", "c1", "books:customer:c1"])
def test_related_companies_and_staff_are_never_chased(name: str) -> None:
    rules = f'[guards]\nnever_chase = ["{name}"]\n{LADDER}'
    assert codes(only(decide(debt(name="Acme Holdings"), rules=rules))) == ["never_chase"]
    assert only(decide(debt(name="Somebody else", customer=None), rules=rules)).verdict in ("act", "hold")


@pytest.mark.parametrize(
    ("payable", "held"), [("100.00", True), ("250", True), ("99.99", False), ("", False), ("0", False)]
)
def test_whom_we_owe_as_much_is_not_asked(payable: str, held: bool) -> None:
    found = only(decide(debt(payable=payable, amount=10_000), owner=business(currency="GBP")))
    assert (codes(found) == ["we_owe_them"]) is held


def test_what_we_owe_in_our_own_currency_says_nothing_about_another() -> None:
    found = only(decide(debt(payable="1000.00", currency="EUR"), owner=business(currency="GBP")))
    assert found.verdict == "act"


def receipts(days_ago: int, confirmed_ago: int | None = None) -> dict[str, Any]:
    confirmed = None if confirmed_ago is None else TODAY - dt.timedelta(days=confirmed_ago)
    return {
        "connections": books(
            newest_receipt_on=TODAY - dt.timedelta(days=days_ago), receipts_complete_on=confirmed, platform="xero"
        )
    }


def test_books_that_are_behind_hold_overdue_steps_only() -> None:
    """Three working days are allowed; `TODAY` is a Tuesday, so five calendar days are three working days."""
    assert TODAY.weekday() == 1
    assert only(decide(debt(), **receipts(5))).verdict == "act"
    held = only(decide(debt(), **receipts(6)))
    assert codes(held) == ["books_behind"]
    assert "no receipts are recorded in books since 4 Mar 2026" in held.reasons[0].text
    assert only(decide(debt(overdue=-2), **receipts(30))).verdict == "act"


def test_a_word_that_none_is_missing_lets_them_go_on() -> None:
    assert only(decide(debt(), **receipts(30, confirmed_ago=1))).verdict == "act"
    assert codes(only(decide(debt(), **receipts(30, confirmed_ago=8)))) == ["books_behind"]


def test_a_business_may_allow_more_days_but_not_a_month() -> None:
    relaxed = f"[guards]\nbehind_after_workdays = 10\n{LADDER}"
    assert only(decide(debt(), rules=relaxed, **receipts(10))).verdict == "act"
    assert codes(only(decide(debt(), rules=relaxed, **receipts(20)))) == ["books_behind"]


def test_a_processor_records_its_receipts_by_itself() -> None:
    connections = books(newest_receipt_on=TODAY - dt.timedelta(days=90), platform="stripe")
    assert only(decide(debt(platform="stripe"), connections=connections)).verdict == "act"


@pytest.mark.parametrize(
    ("country", "day"),
    [
        ("GB", dt.date(2026, 4, 6)),
        ("GB", dt.date(2026, 8, 31)),
        ("AU", dt.date(2026, 6, 8)),
        ("CA", dt.date(2026, 5, 18)),
    ],
)
def test_holidays_of_where_most_people_live(country: str, day: dt.date) -> None:
    noon = dt.datetime.combine(day, dt.time(12), dt.UTC)
    item = debt(due_on=day - dt.timedelta(days=5), country=country, read_at=noon)
    assert "outside_hours" in codes(only(decide(item, now=noon, connections=books(synced_at=noon))))


def test_nothing_leaves_at_the_hour_that_the_clock_skips() -> None:
    """The night in which summer time begins has no 01:30 in London; hours are told all the same."""
    night = dt.datetime(2026, 3, 29, 1, 30, tzinfo=dt.UTC)
    item = debt(due_on=dt.date(2026, 3, 20), read_at=night)
    held = only(decide(item, now=night, connections=books(synced_at=night)))
    assert held.reasons[-1].until == dt.datetime(2026, 3, 30, 7, 0, tzinfo=dt.UTC)
    assert night > NOW
