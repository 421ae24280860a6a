"""What the rules ask a person for, and what a person tells the rules: tasks, plans, receipts, causes."""

import datetime as dt
from typing import Any

from tests.owed.conftest import Desk


def with_calls(desk: Desk) -> None:
    """The first step of the policy becomes a call."""
    desk.settings('name = "friendly"', 'name = "friendly"\naction = "call"')
    desk.go_live()


def test_a_call_is_a_task_that_is_opened_once_and_done_once(desk: Desk) -> None:
    with_calls(desk)
    before = len(desk.mails())
    desk.owed("apply", "--yes")
    tasks = desk.json("tasks")
    assert tasks
    assert {one["action"] for one in tasks} == {"call"}
    assert len(desk.mails()) == before
    desk.owed("apply", "--yes")
    assert [one["id"] for one in desk.json("tasks")] == [one["id"] for one in tasks]
    first = tasks[0]["id"]
    assert "call" in desk.owed("tasks", "show", first).out
    desk.owed("tasks", "done", first, "--outcome", "will pay on Friday")
    assert first not in {one["id"] for one in desk.json("tasks")}
    (closed,) = [one for one in desk.json("tasks", "--all") if one["id"] == first]
    assert closed["outcome"] == "will pay on Friday"
    assert "it was done on" in desk.owed("tasks", "done", first, code=2).err


def test_tasks_stand_in_the_plan_and_count_as_contact(desk: Desk) -> None:
    with_calls(desk)
    planned = [one for one in desk.json("plan")["effects"] if one["verb"] == "open_task"]
    assert planned
    desk.owed("apply", "--yes")
    decisions = desk.json("plan")["decisions"]
    assert not [one for one in decisions if one["verdict"] == "act" and one["step"] == "friendly"]


def test_no_task_is_found_by_too_short_a_word(desk: Desk) -> None:
    assert "no task begins so" in desk.owed("tasks", "show", "abc", code=2).err


def overdue(desk: Desk) -> dict[str, Any]:
    rows = [one for one in desk.json("invoices") if one["open"] and one["days_past_due"] and one["days_past_due"] > 0]
    first: dict[str, Any] = rows[0]
    return first


def test_a_payment_plan_has_to_add_up_and_then_holds(desk: Desk) -> None:
    invoice = overdue(desk)
    number, money = invoice["number"], invoice["open"]
    later = dt.date(2027, 1, 15)
    assert "name each part with --instalment" in desk.owed("plan-payments", number, code=2).err
    short = desk.owed("plan-payments", number, "--instalment", f"{later}=1.00", code=2)
    assert "add up to 1.00" in short.err
    desk.owed("plan-payments", number, "--instalment", f"{later}={money['amount']}")
    told = desk.json("explain", number)
    assert "plan_kept" in {reason["code"] for reason in told["rules"]["decision"]["reasons"]} or any(
        guard["title"] == "payment plan" and not guard["passed"] for guard in told["rules"]["guards"]
    )
    desk.owed("plan-payments", number, "--withdraw")
    told = desk.json("explain", number)
    assert all(guard["passed"] for guard in told["rules"]["guards"] if guard["title"] == "payment plan")


def test_a_payment_plan_that_makes_no_sense(desk: Desk) -> None:
    number = str(overdue(desk)["number"])
    for word, why in [
        ("2027-01-15", "write DAY=AMOUNT"),
        ("2020-01-15=5.00", "is over"),
        ("2027-01-15=5.00 XXQ", "XXQ"),
        ("2027-01-15=-5.00", "more than nothing"),
    ]:
        assert why in desk.owed("plan-payments", number, "--instalment", word, code=2).err


def test_who_has_a_debt_now_is_the_reason_of_its_hold(desk: Desk) -> None:
    number = str(overdue(desk)["number"])
    assert "expected insolvent, agency or lawyer" in desk.owed("hold", number, "--cause", "bankrupt", code=2).err
    assert "leave --until out" in desk.owed("hold", number, "--cause", "agency", "--until", "2027-01-01", code=2).err
    desk.owed("hold", number, "--cause", "agency", "--reason", "handed over")
    guards = desk.json("explain", number)["rules"]["guards"]
    reasons = [reason["code"] for guard in guards for reason in guard["reasons"]]
    assert "agency" in reasons
    desk.owed("hold", number, "--lift")
    guards = desk.json("explain", number)["rules"]["guards"]
    assert "agency" not in [reason["code"] for guard in guards for reason in guard["reasons"]]


def behind(desk: Desk) -> dict[str, str]:
    """By connection: what is said about its books."""
    return {
        one["invoices"][0]["connection"]: reason["text"]
        for one in desk.json("plan")["decisions"]
        for reason in one["reasons"]
        if reason["code"] == "books_behind"
    }


def test_books_without_receipts_wait_for_a_word(desk: Desk) -> None:
    """Going live says that they are complete; weeks later, with nothing recorded since, somebody is asked."""
    desk.go_live()
    desk.now += dt.timedelta(days=14)
    held = behind(desk)
    assert held
    connection = next(iter(held))
    assert f"owed confirm-receipts {connection}" in held[connection]
    assert "no such connection" in desk.owed("confirm-receipts", "nobody", code=2).err
    desk.owed("confirm-receipts", connection)
    assert connection not in behind(desk)
