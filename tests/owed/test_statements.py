"""What a person knows and no platform does: it holds messages, and ends when it is said to end."""

import pytest

from tests.owed.conftest import Desk


def verdict(desk: Desk, number: str) -> tuple[str, str]:
    decision = desk.json("explain", number)["rules"]["decision"]
    return decision["verdict"], decision["reasons"][0]["code"]


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        (("dispute", "A-100", "--reason", "two boards short"), ("dispute", "A-100", "--resolve")),
        (("promise", "A-100", "--on", "2026-11-27"), ("promise", "A-100", "--withdraw")),
        (("promise", "A-100", "--on", "2026-11-27", "--amount", "50.00 GBP"), ("promise", "A-100", "--withdraw")),
        (("hold", "A-100"), ("hold", "A-100", "--lift")),
        (("hold", "A-100", "--until", "2026-12-24"), ("hold", "A-100", "--lift")),
        (("opt-out", "A-100"), ("opt-out", "A-100", "--withdraw")),
    ],
)
def test_it_holds_until_it_ends(desk: Desk, begin: tuple[str, ...], end: tuple[str, ...]) -> None:
    desk.go_live()
    assert verdict(desk, "A-100")[0] == "act"
    assert "no " in desk.owed(*end, code=2).err
    assert "recorded for A-100 (books:invoice:" in desk.owed(*begin).out
    assert verdict(desk, "A-100")[0] != "act"
    assert verdict(desk, "D-100")[0] == "act", "it is about one invoice"
    assert "ended for A-100" in desk.owed(*end).out
    assert verdict(desk, "A-100")[0] == "act"


def test_a_hold_on_a_customer_holds_all_its_invoices(desk: Desk) -> None:
    desk.go_live()
    desk.owed("hold", "Delta Dental")
    assert verdict(desk, "D-100")[0] == "hold"
    desk.owed("hold", "Delta Dental", "--lift")
    assert verdict(desk, "D-100")[0] == "act"


def test_a_hold_ends_on_its_day(desk: Desk) -> None:
    desk.go_live()
    desk.owed("hold", "A-100", "--until", "2026-11-19")
    assert verdict(desk, "A-100")[0] == "hold"
    rules = desk.json("explain", "A-100", "--now", "2026-11-19T10:00:00Z")["rules"]
    assert "on_hold" not in str(rules["decision"]["reasons"])


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (("dispute", "Z-9"), "no invoice or customer"),
        (("dispute", "Acme Ltd"), "ambiguous"),
        (("promise", "A-100"), "promise needs --on DAY"),
        (("promise", "A-100", "--on", "soon"), "--on soon: not a day"),
        (("promise", "A-100", "--on", "2025-11-27"), "--on 2025-11-27: is over"),
        (("promise", "A-100", "--on", "2026-11-27", "--amount", "50"), "--amount 50: not money"),
        (("promise", "A-100", "--on", "2026-11-27", "--amount", "-5 GBP"), "more than nothing"),
        (("promise", "A-100", "--on", "2026-11-27", "--amount", "5 XXX"), "unknown currency"),
        (("hold", "A-100", "--until", "2026-02-30"), "not a day"),
        (("hold", "A-100", "--until", "2026-11-17"), "is over"),
        (("opt-out", "A-100", "--channel", "pigeon"), "--channel pigeon"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_not_recorded(desk: Desk, command: tuple[str, ...], says: str) -> None:
    entries = desk.json("journal", "verify")["entries"]
    told = desk.owed(*command, code=2)
    assert says in told.err
    assert told.err.count("\n") == 1
    assert desk.json("journal", "verify")["entries"] == entries
