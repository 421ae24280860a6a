"""Just before a message leaves, the same question is asked again."""

import datetime as dt

from receivables.decisions import Decision
from receivables.history import Contacted, History
from receivables.local_facts import Dispute, OptOut
from receivables.open_items import OpenItem
from rules.recheck import recheck
from tests.builders import business
from tests.rules.given import LADDER, NOW, books, debt, decide, only, rulebook, told

A, B = debt("i1", 10, 5_000), debt("i2", 9, 2_000)


def again(
    decision: Decision,
    *items: OpenItem,
    rules: str = LADDER,
    history: tuple[Contacted, ...] = (),
    now: dt.datetime = NOW,
) -> list[str]:
    connections = books(synced_at=now)
    reasons = recheck(decision, rulebook(rules), items, business(), connections, History(history), now)
    return [reason.code for reason in reasons]


def planned() -> tuple[Decision, Contacted]:
    return only(decide(A, B)), told("i1", "i2", ago=0, state="approved")


def test_its_own_row_in_the_outbox_does_not_stand_against_it() -> None:
    decision, row = planned()
    assert row.key == decision.key
    assert again(decision, A, B, history=(row,)) == []


def test_invoices_that_became_due_meanwhile_do_not_matter() -> None:
    decision, row = planned()
    assert again(decision, A, B, debt("i3", 3), history=(row,)) == []


def test_an_invoice_that_was_paid_stops_it() -> None:
    decision, row = planned()
    assert again(decision, A, history=(row,)) == ["no_longer_open"]
    assert again(decision, A, debt("i2", 9, 0, status="paid"), history=(row,)) == ["not_open"]


def test_another_amount_stops_it() -> None:
    decision, row = planned()
    assert again(decision, A, debt("i2", 9, 1_999), history=(row,)) == ["demand_changed"]
    assert again(decision, A, debt("i2", 9, 2_000, in_flight=1), history=(row,)) == ["demand_changed"]


def test_a_dispute_about_one_of_its_invoices_stops_it() -> None:
    decision, row = planned()
    dispute = Dispute(connection="local", id="1")
    assert again(decision, A, debt("i2", 9, 2_000, dispute=dispute), history=(row,)) == ["disputed"]


def test_a_refusal_for_another_invoice_of_the_debtor_stops_it() -> None:
    decision, row = planned()
    refused = debt("i3", 1, opt_outs=(OptOut(connection="local", id="1"),))
    assert again(decision, A, B, refused, history=(row,)) == ["opted_out"]


def test_a_message_about_another_invoice_counts_under_whatever_key() -> None:
    decision, row = planned()
    before_the_merger = told("i3", ago=1, debtor="acme before the merger")
    assert again(decision, A, B, debt("i3", 1), history=(row, before_the_merger)) == ["too_soon"]


def test_the_evening_makes_it_wait() -> None:
    decision, row = planned()
    evening = NOW.replace(hour=21)
    later = (debt("i1", 10, 5_000, read_at=evening), debt("i2", 9, 2_000, read_at=evening))
    assert again(decision, *later, history=(row,), now=evening) == ["outside_hours"]


def test_another_message_that_left_meanwhile_makes_it_wait() -> None:
    decision, row = planned()
    assert again(decision, A, B, history=(row, told("i9", ago=0.05))) == ["too_soon"]


def test_the_same_step_that_left_by_another_row_stops_it() -> None:
    decision, row = planned()
    assert again(decision, A, B, history=(row, told("i1", ago=4))) == ["not_due_yet"]


def test_a_message_that_left_already_does_not_leave_again() -> None:
    decision, _ = planned()
    for state in ("sent", "uncertain", "sending", "needs_human"):
        assert again(decision, A, B, history=(told("i1", "i2", ago=20, state=state),)) != []


def test_a_policy_that_became_a_draft_stops_it() -> None:
    decision, row = planned()
    rules = LADDER.replace('name = "standard"', 'name = "standard"\nstatus = "draft"')
    assert again(decision, A, B, rules=rules, history=(row,)) == ["draft_policy"]


def test_other_words_stop_it() -> None:
    decision, row = planned()
    platform = LADDER.replace('name = "friendly"', 'name = "friendly"\nchannel = "platform"')
    assert again(decision, A, B, rules=platform, history=(row,)) == []
    alone = only(decide(A))
    assert again(alone, A, rules=platform) == ["message_changed"]
    one_by_one = LADDER.replace('name = "standard"', 'name = "standard"\nper = "invoice"')
    assert again(decision, A, B, rules=one_by_one, history=(row,)) == ["one_at_a_time"]
