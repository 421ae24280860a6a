"""owed breaks and owed customers: a person's word, remembered with who and why."""

import datetime as dt
from typing import Any

import pytest

from receivables.facts import Payment, Refund
from store import ingest
from tests.owed.conftest import MORNING, Desk


def received(desk: Desk, identifier: str, amount: int, **changes: Any) -> None:
    """As if the processor had told of a payment by somebody whom nobody knows."""
    standard = {
        "connection": "cards",
        "id": identifier,
        "currency": "GBP",
        "amount": amount,
        "paid_on": MORNING.date() - dt.timedelta(days=3),
    }
    with desk.installation.store.write() as tx:
        ingest.state(tx, MORNING, Payment(**{**standard, **changes}))
    desk.owed("reconcile")


def breaks(desk: Desk, *options: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = desk.json("breaks", *options)
    return found


def the(desk: Desk, kind: str) -> str:
    (one,) = breaks(desk, "--kind", kind)
    return str(one["short_key"])


def held(desk: Desk, number: str) -> bool:
    return bool(desk.json("explain", number)["rules"]["decision"]["verdict"] == "hold")


def journal(desk: Desk) -> list[tuple[str, str]]:
    return [(entry["event"], entry["actor"]) for entry in desk.json("journal", "list")]


def test_a_break_is_shown_with_its_age_cause_and_next_step(desk: Desk) -> None:
    received(desk, "ch_1", 123_456)
    (one,) = breaks(desk)
    assert (one["break"]["kind"], one["age_days"], one["state"]) == ("unmatched payment", 3, "open")
    shown = desk.owed("breaks").out
    assert all(word in shown for word in (one["short_key"], "3 days", "1,234.56 GBP", "1 breaks open"))


def test_an_accepted_break_is_gone_from_the_list_and_not_from_memory(desk: Desk) -> None:
    received(desk, "ch_1", 123_456)
    desk.owed("breaks", "accept", the(desk, "unmatched payment"), "--reason", "a counter sale")
    assert breaks(desk) == []
    (one,) = breaks(desk, "--all")
    assert (one["state"], one["break"]["reason"]) == ("accepted", "a counter sale")
    assert desk.json("status")["breaks"] == 0
    assert "break accepted" in [event for event, _ in journal(desk)]
    assert all(who not in ("", "owed") for event, who in journal(desk) if event == "break accepted")


def test_a_refused_match_releases_its_invoice_and_is_never_proposed_again(desk: Desk) -> None:
    desk.go_live()
    received(desk, "ch_1", 120_000)
    assert held(desk, "A-100")
    desk.owed("breaks", "refuse", the(desk, "proposed match"), "--reason", "another Acme")
    assert not held(desk, "A-100")
    desk.owed("reconcile")
    assert [one["break"]["kind"] for one in breaks(desk)] == ["unmatched payment"]


def test_a_confirmed_match_is_certain_and_lowers_the_debt(desk: Desk) -> None:
    received(desk, "ch_1", 120_000)
    desk.owed("breaks", "accept", the(desk, "proposed match"))
    (match,) = desk.json("reconcile")["matches"]
    assert match["band"] == "certain"
    assert desk.json("explain", "A-100")["demandable"]["amount"] == "0.00"


def test_money_given_back_waits_for_a_word_about_the_debt(desk: Desk) -> None:
    desk.go_live()
    received(desk, "ch_1", 120_000, refunded=120_000, reference="A-100")
    refund = Refund(connection="cards", id="re_1", payment_id="ch_1", currency="GBP", amount=120_000)
    with desk.installation.store.write() as tx:
        ingest.state(tx, MORNING, refund)
    desk.owed("reconcile")
    key = the(desk, "refunded")
    assert held(desk, "A-100")
    assert "--debt-stands or --debt-is-settled" in desk.owed("breaks", "accept", key, code=2).err
    desk.owed("breaks", "accept", key, "--debt-stands")
    assert not held(desk, "A-100")
    desk.owed("breaks", "accept", key, "--debt-is-settled")
    assert held(desk, "A-100")


def test_a_break_is_assigned_to_somebody_and_back(desk: Desk) -> None:
    received(desk, "ch_1", 123_456)
    key = the(desk, "unmatched payment")
    desk.owed("breaks", "assign", key, "--to", "Ben")
    assert breaks(desk)[0]["break"]["assigned_to"] == "Ben"
    desk.owed("breaks", "assign", key)
    assert breaks(desk)[0]["break"]["assigned_to"] == ""


def test_a_break_that_is_mended_is_closed_at_once(desk: Desk) -> None:
    received(desk, "ch_1", 123_456)
    received(desk, "ch_1", 123_456, status="void")
    assert breaks(desk) == []
    assert [one["state"] for one in breaks(desk, "--all")] == ["closed"]


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (("breaks", "accept", "zzzz"), "no break has this key"),
        (("breaks", "accept", "a"), "give at least the first 4 letters of the key"),
        (("breaks", "refuse", "KEY"), "only a match can be refused"),
        (("breaks", "accept", "KEY", "--debt-stands"), "answer refunds and lost chargebacks alone"),
        (("breaks", "--kind", "odd"), "--kind odd: expected one of"),
        (("customers", "confirm", "Acme Ltd", "Delta Dental"), "ambiguous"),
        (("customers", "refuse", "Delta Dental", "Delta Dental"), "are the same record"),
        (("customers", "confirm", "Delta Dental", "A-100"), "is no customer"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_not_recorded(desk: Desk, command: tuple[str, ...], says: str) -> None:
    received(desk, "ch_1", 123_456)
    key = the(desk, "unmatched payment")
    before = len(journal(desk))
    told = desk.owed(*(key if word == "KEY" else word for word in command), code=2)
    assert says in told.err
    assert len(journal(desk)) == before


def test_two_records_are_one_debtor_once_confirmed_and_two_once_refused(desk: Desk) -> None:
    before = len(desk.json("customers"))
    desk.owed("customers", "confirm", "Delta Dental", "Brook & Sons", "--reason", "one owner")
    assert len(desk.json("customers")) == before - 1
    desk.owed("customers", "refuse", "Brook & Sons", "Delta Dental")
    assert len(desk.json("customers")) == before
    assert [e for e, _ in journal(desk) if e.startswith("customers")] == ["customers joined", "customers kept apart"]


def test_likely_pairs_are_proposed_with_what_speaks_for_them(desk: Desk) -> None:
    """Acme Ltd stands in Xero and in QuickBooks, with two e-mail domains."""
    (pair,) = desk.json("customers", "proposals")
    assert (pair["name"], pair["other_name"], pair["evidence"]) == ("Acme Ltd", "Acme Ltd", "the same name")
    desk.owed("customers", "refuse", pair["one"], pair["other"])
    assert desk.json("customers", "proposals") == []
    assert "0 pairs" in desk.owed("customers", "proposals").out
