"""Money that was given back: nothing is demanded before a person has said whether the debt stands."""

from typing import Any

from receivables.facts import Fact
from tests.builders import applied, customer, days_ago, invoice, payment
from tests.reconciliation.given import CARDS, answered, chargeback, held, item, kinds, only, refund, run

LINK = {"owed_invoice": "books:invoice:i1"}


def paid(**changes: Any) -> Fact:
    return payment("ch_1", **{**CARDS, "metadata": LINK, **changes})


def test_a_refund_never_reopens_chasing_by_itself() -> None:
    found = run(customer(), invoice(), paid(refunded=10_000), refund("ch_1"))
    assert kinds(found) == ["refunded"]
    assert held(found) == ["refunded"]


def test_the_debt_is_chased_again_once_a_person_says_that_it_stands() -> None:
    facts = [customer(), invoice(), paid(refunded=10_000), refund("ch_1")]
    one = only(run(*facts), "refunded")
    found = run(*facts, answered(one, choice="debt stands"))
    assert (held(found), item(found).demandable, kinds(found)) == ([], 10_000, [])


def test_a_debt_that_is_settled_is_never_demanded_though_the_books_show_it_open() -> None:
    facts = [customer(), invoice(), paid(refunded=10_000), refund("ch_1")]
    one = only(run(*facts), "refunded")
    found = run(*facts, answered(one, choice="debt is settled"))
    assert (held(found), kinds(found)) == (["refunded"], [])


def test_a_second_refund_asks_anew() -> None:
    facts = [customer(), invoice(), paid(refunded=10_000)]
    one = only(run(*facts, refund("ch_1", 4_000)), "refunded")
    found = run(*facts, refund("ch_1", 4_000), refund("ch_1", 6_000, "re_2"), answered(one, choice="debt stands"))
    assert held(found) == ["refunded"]


def test_a_part_given_back_holds_the_rest_of_the_invoice() -> None:
    found = run(customer(), invoice(), paid(refunded=3_000), refund("ch_1", 3_000))
    assert (item(found).matched, item(found).demandable, held(found)) == (7_000, 3_000, ["refunded"])


def test_a_refund_of_a_mirror_holds_the_books_own_invoice() -> None:
    mirror = invoice("in_1", "cards", open=0, number="INV-i1", allocations=(applied("pi_1", "in_1", 10_000),))
    charge = payment("ch_1", **CARDS, group_id="pi_1", refunded=10_000)
    facts = [customer(), invoice(), mirror, charge, refund("ch_1")]
    assert (kinds(run(*facts)), held(run(*facts))) == (["refunded"], ["refunded"])
    found = run(*facts, answered(only(run(*facts), "refunded"), choice="debt stands"))
    assert (held(found), item(found).demandable) == ([], 10_000)


def test_a_refunded_mirror_whose_payment_the_books_show_is_no_further_difference() -> None:
    mirror = invoice("in_1", "cards", open=0, number="INV-i1", allocations=(applied("pi_1", "in_1", 10_000),))
    charge = payment("ch_3OxyzABCDEF123", **CARDS, group_id="pi_1", refunded=10_000)
    booked = payment("p1", reference="ch_3OxyzABCDEF123", allocations=(applied("p1", "i1", 10_000),))
    found = run(customer(), invoice(open=0), mirror, charge, booked, refund("ch_3OxyzABCDEF123"))
    assert kinds(found) == ["refunded"]


def test_a_refund_that_says_nothing_holds_what_it_may_have_been_for() -> None:
    """A known payer, no reference, and an open invoice of just this amount."""
    charge = payment("ch_1", **CARDS, payer_email="ap@acme.example", refunded=10_000)
    found = run(customer(), invoice(), invoice("i2", open=500), charge, refund("ch_1"))
    assert (held(found, "i1"), held(found, "i2")) == (["refunded"], [])


def test_a_refund_named_by_its_payment_intent_is_understood() -> None:
    found = run(customer(), invoice(), paid(refunded=10_000, group_id="pi_9"), refund("pi_9"))
    assert held(found) == ["refunded"]


def test_a_failed_refund_gave_nothing_back() -> None:
    found = run(customer(), invoice(), paid(), refund("ch_1", status="failed"))
    assert kinds(found) == ["missing counterpart"]


def test_credit_paid_back_out_of_the_books_own_overpayment_asks_nothing() -> None:
    over = payment("op_1", amount=15_000, refunded=5_000, allocations=(applied("op_1", "i1", 10_000),))
    back = refund("op_1", 5_000, connection="books")
    assert kinds(run(customer(), invoice(open=0), over, back)) == []


def test_an_open_chargeback_holds_and_a_won_one_releases() -> None:
    assert held(run(customer(), invoice(), paid(), chargeback("ch_1", "open"))) == ["chargeback"]
    found = run(customer(), invoice(), paid(), chargeback("ch_1", "won"))
    assert (held(found), item(found).demandable) == ([], 0)


def test_an_open_chargeback_that_was_accepted_holds_until_it_is_decided() -> None:
    facts = [customer(), invoice(), paid()]
    one = only(run(*facts, chargeback("ch_1", "open")), "chargeback")
    assert held(run(*facts, chargeback("ch_1", "open"), answered(one))) == ["chargeback"]
    assert held(run(*facts, chargeback("ch_1", "won"), answered(one))) == []


def test_a_lost_chargeback_asks_and_is_demanded_only_when_the_debt_stands() -> None:
    facts = [customer(), invoice(), paid(), chargeback("ch_1", "lost")]
    found = run(*facts)
    assert held(found) == ["chargeback_lost"]
    one = only(found, "chargeback lost")
    found = run(*facts, answered(one, choice="debt stands"))
    assert (held(found), item(found).demandable) == ([], 10_000)
    found = run(*facts, answered(one, choice="debt is settled"))
    assert held(found) == ["chargeback_lost"]


def test_an_answer_to_an_open_chargeback_is_none_to_a_lost_one() -> None:
    facts = [customer(), invoice(), paid()]
    one = only(run(*facts, chargeback("ch_1", "open")), "chargeback")
    assert held(run(*facts, chargeback("ch_1", "lost"), answered(one))) == ["chargeback_lost"]


def test_an_inquiry_takes_no_money_yet() -> None:
    assert kinds(run(customer(), invoice(), paid(), chargeback("ch_1", "inquiry"))) == ["missing counterpart"]


def test_a_bank_debit_that_failed_after_all_is_demanded_again() -> None:
    assert item(run(customer(), invoice(), paid(status="pending"))).demandable == 0
    found = run(customer(), invoice(), paid(status="failed"))
    assert (item(found).demandable, kinds(found)) == (10_000, [])


def test_a_failed_debit_that_the_books_still_show_is_named() -> None:
    booked = payment("p1", reference="ch_3OxyzABCDEF123", allocations=(applied("p1", "i1", 10_000),))
    failed = payment("ch_3OxyzABCDEF123", **CARDS, status="failed", paid_on=days_ago(5))
    one = only(run(customer(), invoice(open=0), booked, failed), "payment failed")
    assert one.amount.minor == -10_000
