"""Every difference has a name, keeps its key, and stays what a person said of it until its amount changes."""

import datetime as dt
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivables.breaks import Break
from receivables.facts import Fact
from receivables.local_facts import Assignment
from receivables.refs import LOCAL, Ref
from tests.builders import NOW, applied, credit_note, customer, days_ago, invoice, payment
from tests.reconciliation.given import CARDS, answered, held, item, journal, kinds, only, run

CHARGE = "ch_3OxyzABCDEF123"
GUID = "6a539484-eff4-4b8a-a52a-5b2cf4c4b6bd"


def stranger(**changes: Any) -> Fact:
    """A payment of an unknown payer: its match is only proposed."""
    return payment("ch_1", **{**CARDS, **changes})


# -- answers ----------------------------------------------------------------------------------------------------------


def test_an_accepted_break_stays_accepted_until_its_amount_changes() -> None:
    one = only(run(customer(), payment(unapplied=4_000)), "unapplied cash")
    found = run(customer(), payment(unapplied=4_000), answered(one, reason="kept for spring"))
    accepted = only(found, "unapplied cash")
    assert (accepted.answer, accepted.answered_by, accepted.reason) == ("accepted", "Ann", "kept for spring")
    assert kinds(run(customer(), payment(unapplied=3_999), answered(one))) == ["unapplied cash"]


def test_a_break_that_persists_has_the_same_key_whatever_its_words_and_its_amount() -> None:
    before = only(run(customer(), payment(unapplied=4_000)), "unapplied cash")
    after = only(run(customer(name="Acme Renamed"), payment(unapplied=10, paid_on=days_ago(9))), "unapplied cash")
    assert (before.key, before.short_key) == (after.key, after.short_key)


def test_a_refused_match_is_never_proposed_again() -> None:
    one = only(run(customer(), invoice(), stranger()), "proposed match")
    found = run(customer(), invoice(), stranger(), answered(one, "refused"))
    assert (found.matches, held(found), kinds(found)) == ((), [], ["unmatched payment"])
    assert not run(
        customer(), invoice(), stranger(amount=9_000, description="INV-i1"), answered(one, "refused")
    ).matches


def test_a_confirmed_match_is_certain_and_goes_before_every_guess() -> None:
    one = only(run(customer(), invoice(), stranger()), "proposed match")
    rival = payment("ch_0", **CARDS, metadata={"owed_invoice": "books:invoice:i1"})
    found = run(customer(), invoice(), stranger(), rival, answered(one))
    assert [(match.payment.id, match.band) for match in found.matches] == [("ch_1", "certain")]


def test_of_two_answers_the_newer_counts() -> None:
    one = only(run(customer(), invoice(), stranger()), "proposed match")
    later = NOW + dt.timedelta(minutes=1)
    found = run(customer(), invoice(), stranger(), answered(one, id="1"), answered(one, "refused", at=later, id="0"))
    assert not found.matches


def test_who_looks_after_a_break_is_told_with_it() -> None:
    one = only(run(customer(), payment(unapplied=4_000)), "unapplied cash")
    given = Assignment(connection=LOCAL, id="1", subject=one.key, assigned_to="Ben", stated_at=NOW)
    assigned = only(run(customer(), payment(unapplied=4_000), given), "unapplied cash")
    assert (assigned.assigned_to, assigned.is_open) == ("Ben", True)


def test_a_blocking_difference_releases_its_invoice_once_accepted() -> None:
    facts = [customer(), invoice(open=10_000), payment(allocations=(applied("p1", "i1", 5_000),), amount=5_000)]
    one = only(run(*facts), "balance differs")
    assert held(run(*facts)) == ["balance_differs"]
    assert held(run(*facts, answered(one))) == []


# -- money that found no invoice ----------------------------------------------------------------------------------------


def test_money_of_a_known_payer_that_fits_nothing_is_never_demanded_again() -> None:
    """Two invoices of one amount and one payment without a word: whichever it was for, it was paid."""
    charge = stranger(payer_email="ap@acme.example")
    found = run(customer(), invoice("i1", due_on=days_ago(40)), invoice("i2"), charge)
    assert kinds(found) == ["unmatched payment"]
    assert (item(found, "i1").demandable, item(found, "i2").demandable) == (0, 10_000)


def test_once_a_person_has_looked_it_lowers_nothing_any_more() -> None:
    facts = [customer(), invoice("i1"), invoice("i2"), stranger(payer_email="ap@acme.example")]
    one = only(run(*facts), "unmatched payment")
    found = run(*facts, answered(one, reason="a counter sale"))
    assert [item(found, name).demandable for name in ("i1", "i2")] == [10_000, 10_000]


def test_what_exceeds_the_open_balance_stays_with_its_payer() -> None:
    charge = stranger(amount=12_500, payer_email="ap@acme.example", metadata={"owed_invoice": "books:invoice:i1"})
    found = run(customer(), invoice("i1"), invoice("i2", open=6_000), charge)
    assert only(found, "overpayment").amount.minor == 2_500
    assert item(found, "i2").demandable == 3_500


def test_a_payment_for_what_is_settled_already_was_made_twice() -> None:
    first = payment(allocations=(applied("p1", "i1", 10_000),), paid_on=days_ago(40))
    found = run(customer(), invoice(open=0, number="INV-0042"), first, stranger(description="INV-0042"))
    assert kinds(found) == ["duplicate payment"]


def test_a_payment_in_another_currency_holds_the_invoice_that_it_names() -> None:
    found = run(customer(), invoice(number="INV-0042"), stranger(currency="EUR", description="INV-0042"))
    assert (kinds(found), held(found)) == (["other currency"], ["other_currency"])


def test_a_short_payment_leaves_the_rest_owed_and_is_named() -> None:
    charge = stranger(amount=9_750, metadata={"owed_invoice": "books:invoice:i1"})
    found = run(customer(), invoice(), charge)
    assert only(found, "short payment").amount.minor == 250
    assert item(found).demandable == 250


amounts = st.integers(min_value=1, max_value=20_000)


@given(
    opens=st.lists(amounts, min_size=1, max_size=5),
    paid=st.lists(st.tuples(amounts, st.sampled_from(["", "INV-0000", "INV-0001", "INV-0000 INV-0001"])), max_size=5),
    given_back=st.integers(min_value=0, max_value=20_000),
)
def test_every_cent_that_a_debtor_paid_is_taken_off_what_is_demanded(
    opens: list[int], paid: list[tuple[int, str]], given_back: int
) -> None:
    """Whatever the payments say, and whichever invoice they are taken for."""
    facts: list[Fact] = [customer()]
    facts += [invoice(f"i{n}", number=f"INV-{n:04}", open=one, total=one) for n, one in enumerate(opens)]
    kept = 0
    for number, (amount, said) in enumerate(paid):
        back = min(given_back, amount) if number == 0 else 0
        kept += amount - back
        about = {"amount": amount, "refunded": back, "description": said, "payer_email": "ap@acme.example"}
        facts.append(stranger(id=f"ch_{number}", **about))
    found = run(*facts)
    assert sum(one.demandable for one in found.items) == max(0, sum(opens) - kept)


def test_a_payment_for_an_invoice_of_the_processors_own_is_nothing_to_record_in_the_books() -> None:
    found = run(customer("cus_1", "cards"), invoice("in_1", "cards", number="HJ-0042"), stranger(description="HJ-0042"))
    missing = [one for one in found.breaks if one.kind == "missing counterpart"]
    assert [one.next_step.partition(":")[0] for one in missing] == ["settle the invoice with this payment at cards"]


# -- one money at two places ----------------------------------------------------------------------------------------------


def booked(amount: int, identifier: str = "p1", reference: str = CHARGE) -> Fact:
    return payment(identifier, amount=amount, reference=reference, allocations=(applied(identifier, "i1", amount),))


def test_what_is_booked_net_of_the_fee_is_not_demanded_from_who_paid_it() -> None:
    charge = payment(CHARGE, **CARDS, fee=290)
    found = run(customer(), invoice(open=290), booked(9_710), charge)
    assert (kinds(found), held(found), found.matches) == (["fee"], ["fee"], ())


def test_booked_net_without_a_reference_it_is_the_same_money_still() -> None:
    charge = payment("ch_1", **CARDS, fee=290, description="INV-0042")
    found = run(customer(), invoice(open=290, number="INV-0042"), booked(9_710, reference=""), charge)
    assert (kinds(found), held(found)) == (["fee"], ["fee"])


def test_a_posting_made_twice_is_a_duplicate() -> None:
    found = run(
        customer(), invoice(open=0), invoice("i2"), booked(10_000), booked(10_000, "p2"), payment(CHARGE, **CARDS)
    )
    one = only(found, "duplicate payment")
    assert (one.refs, one.amount.minor) == ((Ref("books", "payment", "p1"), Ref("books", "payment", "p2")), -10_000)


def test_a_posting_in_two_parts_is_one_money() -> None:
    found = run(customer(), invoice(open=0), booked(6_000), booked(4_000, "p2"), payment(CHARGE, **CARDS))
    assert (kinds(found), len(found.sightings)) == ([], 1)


def test_what_is_booked_in_part_leaves_the_rest_received_and_is_not_posted_unasked() -> None:
    """Two invoices paid at once, of which the books have one: the other was paid too."""
    facts = [customer(), invoice("i1", open=0, total=6_000), invoice("i2", open=4_000, number="INV-0002")]
    found = run(*facts, booked(6_000), payment(CHARGE, **CARDS, metadata={"owed_invoice": "books:invoice:i2"}))
    assert [(match.invoice.id, match.amount, match.band) for match in found.matches] == [("i2", 4_000, "auto")]
    assert item(found, "i2").demandable == 0


def test_a_payment_that_was_made_larger_in_the_books_is_named() -> None:
    found = run(customer(), invoice(open=0, total=12_000), booked(12_000), payment(CHARGE, **CARDS))
    assert only(found, "amount differs").amount.minor == -2_000


# -- mirrors ------------------------------------------------------------------------------------------------------------


def mirror(**changes: Any) -> Fact:
    return invoice("in_1", "cards", **{"number": "INV-0042", **changes})


def test_a_document_cancelled_in_the_books_leaves_no_mirror_asking_for_it() -> None:
    found = run(customer(), invoice(number="INV-0042", status="void"), mirror())
    assert only(found, "deleted there").amount.minor == -10_000


def test_a_document_edited_on_one_side_is_one_debt_still_and_waits() -> None:
    edited = mirror(number="X", open=9_000, total=9_000, metadata={"xero_invoice_id": GUID})
    found = run(customer(), invoice(GUID, number="INV-0042"), edited)
    assert [one.invoice.connection for one in found.items] == ["books"]
    assert (kinds(found), held(found, GUID)) == (["edited there"], ["edited_there"])


# -- journals and balances at the processor --------------------------------------------------------------------------------


def test_credit_by_journal_lowers_what_may_be_demanded() -> None:
    found = run(customer("7", "ledger"), invoice("9", "ledger", customer_id="7"), journal(-4_000))
    assert (item(found, "9").demandable, kinds(found)) == (6_000, ["unapplied credit"])


def test_what_a_journal_was_applied_to_is_not_counted_twice() -> None:
    tie = payment("z", "ledger", amount=0, customer_id="7", allocations=(applied("1", "9", 3_000, "other"),))
    found = run(customer("7", "ledger"), invoice("9", "ledger", open=7_000, customer_id="7"), journal(-4_000), tie)
    assert only(found, "unapplied credit").amount.minor == 1_000
    assert item(found, "9").demandable == 6_000


def test_a_journal_line_without_a_customer_is_named_and_counts_for_nobody() -> None:
    found = run(customer("7", "ledger"), invoice("9", "ledger", customer_id="7"), journal(-4_000, customer_id=""))
    assert (item(found, "9").demandable, kinds(found)) == (10_000, ["journal without customer"])


def test_a_debt_by_journal_is_named_and_not_demanded() -> None:
    found = run(customer("7", "ledger"), invoice("9", "ledger", customer_id="7"), journal(4_000))
    assert (item(found, "9").demandable, kinds(found)) == (10_000, ["debt without invoice"])


@pytest.mark.parametrize(
    ("balance", "demanded", "kind"), [(-2_500, 7_500, "unapplied credit"), (2_500, 10_000, "debt without invoice")]
)
def test_a_negative_balance_at_the_processor_is_the_customers_credit(balance: int, demanded: int, kind: str) -> None:
    held_there = customer("cus_1", "cards", currency="GBP", balance=balance)
    found = run(customer(), held_there, invoice())
    assert (item(found).demandable, kinds(found)) == (demanded, [kind])


# -- every break ----------------------------------------------------------------------------------------------------------


def test_every_break_says_why_and_what_to_do() -> None:
    facts = [
        customer(),
        invoice(),
        invoice("i2", open=0),
        credit_note(),
        payment(unapplied=50),
        stranger(),
        journal(-1),
    ]
    for one in run(*facts).breaks:
        assert one.cause
        assert one.next_step
        assert one.amount.minor
        assert msgspec.json.decode(msgspec.json.encode(one), type=Break) == one
