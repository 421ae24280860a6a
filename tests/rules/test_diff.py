"""What a change of the rules would change today."""

from receivables.history import History
from rules.diff import Difference, diff
from tests.builders import business
from tests.rules.given import LADDER, NOW, books, debt, rulebook, told

DEBTS = [debt("i1", 5, debtor="a"), debt("i2", 10, debtor="b"), debt("i3", 20, debtor="c"), debt("i4", -9, debtor="d")]
SENT = (told("i3", ago=15, debtor="c"),)


def between(before: str, after: str) -> Difference:
    return diff(rulebook(before), rulebook(after), DEBTS, business(), books(), History(SENT), NOW)


def test_the_same_rules_change_nothing() -> None:
    assert between(LADDER, "# another comment\n" + LADDER) == Difference((), {})


def test_a_later_first_step_takes_messages_away() -> None:
    found = between(LADDER, LADDER.replace("days_after_due = 3", "days_after_due = 7"))
    assert [(change.invoice.id, change.text) for change in found.changes] == [
        ("i1", "standard/friendly by email → suppress (not_due_yet)")
    ]
    assert found.messages == {"standard/friendly": (2, 1)}


def test_a_draft_holds_what_was_sent_before() -> None:
    found = between(LADDER, LADDER.replace('name = "standard"', 'name = "standard"\nstatus = "draft"'))
    assert {change.invoice.id for change in found.changes} == {"i1", "i2", "i3"}
    assert found.messages == {"standard/friendly": (2, 0), "standard/reminder": (1, 0)}


def test_an_approval_is_a_change() -> None:
    found = between(LADDER, LADDER.replace('name = "reminder"', 'name = "reminder"\napproval = true'))
    assert [change.text for change in found.changes] == [
        "standard/reminder by email → standard/reminder by email for approval"
    ]


def test_a_day_that_moves_for_what_is_not_yet_due_is_no_change() -> None:
    assert between(LADDER, LADDER.replace("days_after_due = 45", "days_after_due = 60")).changes == ()
