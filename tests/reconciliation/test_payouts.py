"""Payouts: the sum of their parts at the processor, and a deposit in the books."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from receivables.facts import Fact
from tests.builders import days_ago
from tests.reconciliation.given import kinds, movement, only, payout, run


def deposit(amount: int = 9_700, identifier: str = "d1", days: int = 19, **changes: Any) -> Fact:
    return payout(identifier, amount, "books", arrives_on=days_ago(days), **changes)


def test_a_payout_that_is_the_sum_of_its_parts_and_was_deposited_is_no_break() -> None:
    own = movement(-9_700, category="payout", source_id="po_1")
    assert kinds(run(payout(), movement(10_000, 300), own, deposit())) == []


def test_a_payout_that_is_not_the_sum_of_its_parts_is_named() -> None:
    one = only(run(payout(), movement(10_000, 290), deposit()), "payout differs")
    assert one.amount.minor == -10


def test_the_parts_of_a_manual_payout_are_not_told_and_nothing_is_compared() -> None:
    assert kinds(run(payout(), deposit())) == []


def test_a_part_in_another_currency_is_not_added() -> None:
    found = run(payout(), movement(10_000, 300), movement(5, id="txn_x", currency="EUR"), deposit())
    assert only(found, "payout differs").amount.minor == 0


def test_a_negative_payout_is_money_taken_from_the_bank() -> None:
    taken = payout("po_2", -1_500, arrives_on=days_ago(30))
    refunded = movement(-1_500, of="po_2", category="refund")
    known = (payout("po_0", 50, arrives_on=days_ago(40)), deposit(50, "d0", 40))
    found = run(taken, refunded, *known)
    assert "withdrawal of -15.00 GBP" in only(found, "deposit missing").cause
    assert kinds(run(taken, refunded, *known, deposit(-1_500, "d1", 29))) == []


def test_a_failed_payout_is_back_at_the_processor_and_no_deposit_is_looked_for() -> None:
    assert kinds(run(payout(status="failed"), deposit())) == ["payout failed"]


def test_a_payout_on_its_way_or_just_arrived_is_timing_and_no_break() -> None:
    assert kinds(run(payout(status="pending", arrives_on=days_ago(-2)))) == []
    assert kinds(run(payout(arrives_on=days_ago(7)))) == []


def test_a_payout_that_the_books_lack_while_they_show_others_is_missing() -> None:
    other = payout("po_2", 5_000, arrives_on=days_ago(12))
    assert only(run(payout(), deposit(), other), "deposit missing").amount.minor == 5_000


def test_books_that_show_no_payout_at_all_are_told_once() -> None:
    found = run(payout(), payout("po_2", 5_000, arrives_on=days_ago(12)))
    assert only(found, "deposits not seen").amount.minor == 14_700


def test_what_was_paid_out_before_the_books_began_to_show_it_is_no_break() -> None:
    assert kinds(run(payout("po_0", 123, arrives_on=days_ago(300)), payout(), deposit())) == []


def test_a_deposit_booked_before_fees_is_found_and_named() -> None:
    one = only(run(payout(), movement(10_000, 300), deposit(10_000)), "deposit differs")
    assert one.amount.minor == -300


def test_a_deposit_of_another_currency_or_week_is_another_one() -> None:
    for other in (deposit(currency="EUR"), deposit(days=60)):
        assert "deposits not seen" in kinds(run(payout(), other))


def test_one_deposit_is_one_payout() -> None:
    found = run(payout(), payout("po_2"), deposit())
    assert only(found, "deposit missing").amount.minor == 9_700


@given(
    parts=st.lists(st.tuples(st.integers(-10_000, 10_000), st.integers(0, 500)), min_size=1, max_size=8),
    off=st.integers(-2, 2),
)
def test_parts_add_up_to_the_cent(parts: list[tuple[int, int]], off: int) -> None:
    facts = [
        movement(amount, fee, id=f"txn_{place}", source_id=f"ch_{place}") for place, (amount, fee) in enumerate(parts)
    ]
    total = sum(amount - fee for amount, fee in parts)
    found = run(payout(amount=total + off, status="pending"), *facts)
    assert [one.amount.minor for one in found.breaks] == [off] * bool(off)
