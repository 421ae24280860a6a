"""Balances recomputed: of each invoice from its parts, of each customer from its documents."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivables.facts import Fact
from tests.builders import NOW, applied, credit_note, customer, invoice, payment
from tests.reconciliation.given import held, journal, kinds, only, run

EARLIER, LATER = NOW - dt.timedelta(hours=1), NOW + dt.timedelta(hours=1)


def owner(balance: int, identifier: str = "7", **changes: Any) -> Fact:
    return customer(identifier, "ledger", currency="GBP", balance=balance, **changes)


def owes(amount: int = 10_000, identifier: str = "9", of: str = "7", **changes: Any) -> Fact:
    return invoice(identifier, "ledger", open=amount, customer_id=of, **{"updated_at": EARLIER, **changes})


@pytest.mark.parametrize("balance", [10_000, 4_000, 15_000])
def test_a_customer_balance_must_be_the_sum_of_its_documents(balance: int) -> None:
    found = run(owner(balance), owes())
    assert kinds(found) == ([] if balance == 10_000 else ["customer balance differs"])
    if balance != 10_000:
        assert only(found, "customer balance differs").amount.minor == 10_000 - balance


def test_a_customer_who_owes_less_by_the_platforms_word_is_not_chased_before_a_person_looked() -> None:
    assert held(run(owner(4_000), owes()), "9") == ["customer_balance_differs"]
    assert held(run(owner(15_000), owes()), "9") == []


def test_credit_cash_and_journals_are_part_of_the_sum() -> None:
    facts = [
        owes(),
        credit_note("3", "ledger", open=1_000, customer_id="7"),
        payment("4", "ledger", unapplied=500, customer_id="7"),
        journal(-200),
    ]
    assert "customer balance differs" not in kinds(run(owner(8_300), *facts))
    assert "customer balance differs" in kinds(run(owner(8_500), *facts))


def test_what_is_billed_with_the_parent_may_stand_in_either_balance() -> None:
    child = owner(10_000, "8", parent_id="7", billed_with_parent=True)
    for stated in (0, 10_000):
        assert "customer balance differs" not in kinds(run(owner(stated), child, owes(of="8")))
    assert "customer balance differs" in kinds(run(owner(5_000), child, owes(of="8")))


def test_a_job_that_is_billed_by_itself_is_no_part_of_its_parent() -> None:
    child = owner(10_000, "8", parent_id="7")
    assert "customer balance differs" in kinds(run(owner(10_000), child, owes(of="8")))


def test_a_figure_older_than_a_document_is_timing_and_no_break() -> None:
    assert kinds(run(owner(0), owes(updated_at=LATER))) == []
    assert kinds(run(owner(0), owes(), counted_at=None)) == []


def test_xeros_contact_balances_are_no_truth() -> None:
    assert kinds(run(customer(balance=1, currency="GBP"), invoice())) == []


def test_an_invoice_to_which_too_much_was_applied_is_named() -> None:
    found = run(customer(), invoice(open=0), payment(amount=12_000, allocations=(applied("p1", "i1", 12_000),)))
    assert only(found, "over-allocated").amount.minor == -2_000


def test_a_payment_that_settles_more_than_it_is_worth_is_named() -> None:
    found = run(customer(), invoice(open=0), payment(amount=9_000, allocations=(applied("p1", "i1", 10_000),)))
    assert only(found, "over-allocated").amount.minor == -1_000


@pytest.mark.parametrize(("paid", "left"), [(5_000, 0), (2_000, 3_000)])
def test_a_debt_by_journal_that_a_payment_settles_is_owed_no_more(paid: int, left: int) -> None:
    """The payment names the journal, and no invoice: the customer's balance there and here stay one."""
    settles = payment("9", "ledger", paid, customer_id="7", journals=(("1", paid),), updated_at=EARLIER)
    found = run(owner(left), journal(5_000, updated_at=EARLIER), settles)
    assert [(one.kind, one.amount.minor) for one in found.breaks] == [("debt without invoice", left)] * bool(left)


def test_a_parents_payment_settles_the_journal_of_its_job() -> None:
    job = owner(0, "8", parent_id="7", billed_with_parent=True)
    settles = payment("9", "ledger", 5_000, customer_id="7", journals=(("1", 5_000),), updated_at=EARLIER)
    assert kinds(run(owner(0), job, journal(5_000, "8", updated_at=EARLIER), settles)) == []


def test_a_void_payment_settles_no_journal() -> None:
    gone = payment("9", "ledger", 5_000, customer_id="7", status="void", journals=(("1", 5_000),), updated_at=EARLIER)
    found = run(owner(5_000), journal(5_000, updated_at=EARLIER), gone)
    assert kinds(found) == ["debt without invoice"]


amounts = st.integers(min_value=1, max_value=10**9)


@given(opens=st.lists(amounts, max_size=5), notes=st.lists(amounts, max_size=3), drift=st.integers(-3, 3))
def test_the_sum_is_right_to_the_cent(opens: list[int], notes: list[int], drift: int) -> None:
    facts: list[Fact] = [owes(amount, f"{place}", total=amount) for place, amount in enumerate(opens)]
    facts += [credit_note(f"{place}", "ledger", open=one, customer_id="7") for place, one in enumerate(notes)]
    found = run(owner(sum(opens) - sum(notes) + drift), *facts)
    assert [one.amount.minor for one in found.breaks if one.kind == "customer balance differs"] == [-drift] * bool(
        drift
    )
