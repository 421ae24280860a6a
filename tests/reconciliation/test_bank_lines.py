"""A bank's statement beside the books: what they have already is never counted twice, and nothing that they lack is lost."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivables.facts import BankLine, Fact
from receivables.refs import Ref
from tests.builders import applied, customer, days_ago, invoice, payment
from tests.reconciliation.given import CARDS, answered, item, kinds, movement, only, payout, run
from tests.reconciliation.test_payouts import deposit


def line(identifier: str = "b1", amount: int = 10_000, connection: str = "bank", days: int = 2, **changes: Any) -> Fact:
    standard: dict[str, Any] = {
        "connection": connection,
        "id": identifier,
        "account": connection,
        "currency": "GBP",
        "amount": amount,
        "booked_on": days_ago(days),
    }
    return BankLine(**{**standard, **changes})


def settled(identifier: str = "p1", to: str = "i0", amount: int = 10_000, **changes: Any) -> list[Fact]:
    """An invoice that a payment in the books has settled."""
    paid = payment(identifier, amount=amount, allocations=(applied(identifier, to, amount),), **changes)
    return [invoice(to, open=0, total=amount, customer_id=paid.customer_id), paid]


BANK = Ref("bank", "bank_line", "b1")
ACME = customer(name="Acme Joinery Ltd")


def test_a_line_that_the_books_have_is_seen_and_adds_no_cash() -> None:
    found = run(ACME, invoice(), *settled(), line(payer_name="ACME JOINERY LTD"))
    (seen,) = found.banked
    assert (seen.payment, seen.in_books) == (BANK, Ref("books", "payment", "p1"))
    assert (found.matches, kinds(found), item(found).demandable) == ((), [], 10_000)


def test_a_line_without_a_counterpart_is_matched_and_lowers_what_is_demanded() -> None:
    found = run(ACME, invoice(number="INV-0042"), line(reference="INV-0042 thank you", payer_name="ACME JOINERY LTD"))
    (match,) = found.matches
    assert (match.payment, match.invoice.id, match.band) == (BANK, "i1", "auto")
    assert item(found).demandable == 0
    missing = only(found, "missing counterpart")
    assert "received at the bank" in missing.cause
    assert "record it in the books" in missing.next_step


def test_an_opaque_line_of_the_same_amount_and_day_is_the_books_payment() -> None:
    """Two invoices of the very amount are open: taken for new money, the line would be proposed for one of them."""
    found = run(ACME, invoice(), invoice("i2"), *settled(), line(reference="FASTER PAYMENT"))
    assert len(found.banked) == 1
    assert kinds(found) == []


def test_a_line_of_another_known_payer_is_not_the_books_payment() -> None:
    """Nobody who has paid is asked to pay, because somebody else paid as much on the same day."""
    birch = customer("c2", name="Birch Foods Ltd", email="pay@birch.example")
    owes = invoice("i2", number="INV-0002", customer_id="c2")
    found = run(ACME, birch, *settled(), owes, line(payer_name="BIRCH FOODS LTD", reference="INV-0002"))
    assert found.banked == ()
    assert item(found, "i2").demandable == 0


@pytest.mark.parametrize("name", ["ACME JOINERY", "ACME JOINER", "Acme Joinery UK", "PAYMENT FROM ACME JOINERY LTD"])
def test_a_name_as_banks_write_it_is_the_customers(name: str) -> None:
    birch = customer("c2", name="Birch Foods Ltd", email="pay@birch.example")
    theirs = settled("p2", "i9", customer_id="c2")
    found = run(ACME, birch, *settled("p1", "i8"), *theirs, line(payer_name=name, days=5))
    assert [one.in_books.id for one in found.banked] == ["p1"]


def test_a_strangers_money_is_a_customers_payment_only_when_it_was_booked_at_once() -> None:
    """A parent company pays, and is booked for its subsidiary; or somebody else pays as much in the same week."""
    facts = [ACME, invoice(), *settled(paid_on=days_ago(2))]
    assert len(run(*facts, line(payer_name="NORTHERN HOLDINGS", days=5)).banked) == 1
    other = run(*facts, line(payer_name="NORTHERN HOLDINGS", days=6))
    assert other.banked == ()
    assert kinds(other) == ["proposed match"]


def test_money_that_the_books_give_nobody_is_not_what_a_customer_paid_for_an_open_invoice() -> None:
    sale = payment("s1", customer_id="")
    found = run(ACME, invoice(number="INV-0042"), sale, line(payer_name="ACME JOINERY", reference="INV-0042"))
    assert found.banked == ()
    assert item(found).demandable == 0


def test_surer_evidence_goes_before_the_nearer_day() -> None:
    facts = [*settled("p1", "i8"), *settled("p2", "i9", paid_on=days_ago(5))]
    found = run(ACME, *facts, line(reference="for INV-i9 of march"))
    assert [one.in_books.id for one in found.banked] == ["p2"]


def test_one_transfer_that_was_booked_for_each_of_its_invoices_is_one_money() -> None:
    found = run(ACME, invoice(), *settled("p1", "i8", 6_000), *settled("p2", "i9", 4_000), line())
    assert len(found.banked) == 1
    assert kinds(found) == []
    both = run(ACME, *settled("p1", "i8", 6_000), *settled("p2", "i9", 4_000), line(), line("b2", 6_000))
    assert [one.payment.id for one in both.banked] == ["b1"]
    assert kinds(both) == ["unmatched payment"]


def test_two_transfers_of_one_payer_that_were_booked_as_one_payment_are_no_new_money() -> None:
    halves = [line("b1", 6_000, payer_name="ACME JOINERY"), line("b2", 4_000, payer_name="ACME JOINERY")]
    found = run(ACME, invoice(), *settled(), *halves)
    assert [(one.payment.id, one.in_books.id, one.amount) for one in found.banked] == [
        ("b1", "p1", 6_000),
        ("b2", "p1", 4_000),
    ]
    assert item(found).demandable == 10_000
    strangers = [line("b1", 6_000, payer_name="ZETA"), line("b2", 4_000, payer_name="ZETA")]
    assert run(ACME, *settled(), *strangers).banked == ()


def test_a_deposit_of_several_customers_is_one_line_and_its_parts_are_none() -> None:
    birch = customer("c2", name="Birch Foods Ltd", email="pay@birch.example")
    parts = [*settled("p1", "i8", 6_000), *settled("p2", "i9", 4_000, customer_id="c2")]
    banked = payout("d1", 10_000, "books", arrives_on=days_ago(2), payment_ids=("p1", "p2"))
    found = run(ACME, birch, *parts, banked, line(), line("b2", 4_000))
    assert [(one.payment.id, one.in_books.id) for one in found.banked] == [("b1", "d1")]


def test_as_many_lines_find_their_payment_as_can() -> None:
    """By the nearest day alone the second line would take the payment that is the only one for the first."""
    facts = [*settled("p1", "i8", paid_on=days_ago(9)), *settled("p2", "i9", paid_on=days_ago(2))]
    found = run(ACME, *facts, line("b1", days=14), line("b2", days=8))
    assert [(one.payment.id, one.in_books.id) for one in found.banked] == [("b1", "p1"), ("b2", "p2")]


def test_what_a_bank_kept_of_a_transfer_makes_it_no_other_money() -> None:
    found = run(ACME, invoice(), *settled("p1", "i9"), line(amount=9_850, reference="INV-i9"))
    assert [one.in_books.id for one in found.banked] == ["p1"]
    other = run(ACME, *settled("p1", "i9"), line(amount=9_850))
    assert other.banked == ()


def test_a_line_that_the_books_keep_by_itself_is_seen_but_not_where_an_open_invoice_waits_for_it() -> None:
    sale = line("r1", connection="books", account="090", reference="counter sale")
    assert [one.in_books.kind for one in run(ACME, invoice(open=500), sale, line()).banked] == ["bank_line"]
    found = run(ACME, invoice(number="INV-0042"), sale, line(reference="INV-0042"))
    assert found.banked == ()
    assert item(found).demandable == 0


def test_money_out_and_what_came_before_the_first_document_are_nobodys_payment() -> None:
    assert run(ACME, invoice(), line(amount=-10_000), line("b2", days=200)).breaks == ()


def test_a_line_that_belongs_to_nothing_is_a_break_and_no_more() -> None:
    found = run(ACME, invoice(), line(amount=12_345, payer_name="ZETA MUTUAL"))
    assert kinds(found) == ["unmatched payment"]
    assert item(found).demandable == 10_000


def test_owed_never_posts_a_bank_line_not_even_a_confirmed_one() -> None:
    facts = [ACME, invoice(), line()]
    proposed = only(run(*facts), "proposed match")
    found = run(*facts, answered(proposed), clearing_accounts={"GBP": "1"}, posted_by_others=False)
    assert [match.band for match in found.matches] == ["certain"]
    assert "owed posts no bank lines" in only(found, "missing counterpart").next_step


def test_a_payout_is_found_as_a_line_where_the_books_show_none() -> None:
    bank = line(amount=9_700, days=19, reference="STRIPE PAYMENTS UK")
    found = run(ACME, invoice(), payout(), bank)
    assert [one.in_books for one in found.banked] == [Ref("cards", "payout", "po_1")]
    assert kinds(found) == []


def test_a_payout_that_arrived_and_was_not_booked_says_so() -> None:
    bank = line(amount=5_000, days=12, reference="STRIPE")
    found = run(payout(), deposit(), payout("po_2", 5_000, arrives_on=days_ago(12)), bank)
    assert "the bank's statement shows that it arrived" in only(found, "deposit missing").cause


def test_a_transfer_in_the_books_is_the_payouts_deposit() -> None:
    assert kinds(run(payout(), line("t1", 9_700, "books", 19, account="090"))) == []


def test_a_deposit_before_fees_with_its_fees_as_money_spent_is_the_payout() -> None:
    parts = [payout(), movement(10_000, 300), line("t1", 10_000, "books", 19, account="090")]
    assert kinds(run(*parts)) == ["deposit differs"]
    assert kinds(run(*parts, line("t2", -300, "books", 18, account="090"))) == []


def test_a_movement_of_the_clearing_account_is_no_deposit() -> None:
    moved = line("t1", 9_700, "ledger", 19, account="55")
    assert kinds(run(payout(), moved, clearing_accounts={"GBP": "55"})) == ["deposits not seen"]


def test_a_processors_payment_and_its_posting_stay_one_beside_a_bank_line_of_the_same_amount() -> None:
    charge = payment("ch_1234567890", **CARDS)
    posted = settled("p1", "i9", reference="ch_1234567890")
    found = run(ACME, invoice(), *posted, charge, line(payer_name="ZETA MUTUAL", reference="rent"))
    assert len(found.sightings) == 1
    assert found.banked == ()


amounts = st.integers(1, 4).map(lambda units: units * 2_500)
days = st.integers(0, 30)


@given(booked=st.lists(st.tuples(amounts, days), max_size=6), banked=st.lists(st.tuples(amounts, days), max_size=6))
def test_each_line_and_each_payment_is_used_once_whatever_comes(
    booked: list[tuple[int, int]], banked: list[tuple[int, int]]
) -> None:
    """And in any order of the facts: the same."""
    facts: list[Fact] = [ACME, invoice("i0", open=20_000, total=20_000)]
    for place, (amount, day) in enumerate(booked):
        facts += settled(f"p{place}", f"s{place}", amount, paid_on=days_ago(day))
    facts += [line(f"b{place}", amount, days=day) for place, (amount, day) in enumerate(banked)]
    found = run(*facts)
    assert found == run(*reversed(facts))
    assert len({one.payment for one in found.banked}) == len({one.in_books for one in found.banked})
    of = {f"b{place}": amount for place, (amount, _) in enumerate(banked)}
    assert all(of[one.payment.id] == one.amount for one in found.banked)
    received = sum(of.values()) - sum(one.amount for one in found.banked)
    told = sum(one.amount for one in found.matches) + sum(
        one.amount.minor for one in found.breaks if one.kind in ("unmatched payment", "overpayment")
    )
    assert told == received


@given(gaps=st.lists(st.integers(-7, 7), min_size=1, max_size=6))
def test_a_statement_of_what_the_books_hold_adds_nothing(gaps: list[int]) -> None:
    """Each payment once in the books and once at the bank, up to a week apart: no break, and nothing is matched."""
    facts: list[Fact] = [ACME, invoice("i0", open=99_999, total=99_999)]
    for place, gap in enumerate(gaps):
        facts += settled(f"p{place}", f"s{place}", paid_on=days_ago(20 + 3 * place))
        facts.append(line(f"b{place}", days=20 + 3 * place + gap))
    found = run(*facts)
    assert len(found.banked) == len(gaps)
    assert (found.matches, kinds(found)) == ((), [])


def test_the_day_of_a_line_is_the_banks() -> None:
    (seen,) = run(ACME, *settled(paid_on=dt.date(2026, 3, 1)), line(booked_on=dt.date(2026, 3, 8))).banked
    assert seen.amount == 10_000
    assert run(ACME, *settled(paid_on=dt.date(2026, 2, 28)), line(booked_on=dt.date(2026, 3, 8))).banked == ()
