"""Who pays for whom: what a person has confirmed once is known from then on."""

from typing import Any

from receivables.breaks import Break
from receivables.facts import Fact
from reconciliation.results import Reconciliation
from tests.builders import customer, days_ago, invoice, payment
from tests.reconciliation.given import CARDS, answered, item, kinds, only, run
from tests.reconciliation.test_bank_lines import line

ACME = customer(name="Acme Joinery Ltd")
BIRCH = customer("c2", name="Birch Foods Ltd", email="pay@birch.example")
OPEN = (ACME, BIRCH, invoice("i1", open=12_345), invoice("i2", open=9_900), invoice("i9", open=7_777, customer_id="c2"))
PARENT = "Northern Holdings"


def paid(identifier: str, amount: int, name: str = PARENT, **changes: Any) -> Fact:
    return payment(identifier, amount=amount, payer_name=name, **CARDS, **changes)


def proposed(*facts: Fact) -> Break:
    return only(run(*facts), "proposed match")


def match_of(found: Reconciliation, identifier: str) -> tuple[str, str]:
    (one,) = [one for one in found.matches if one.payment.id == identifier]
    return one.invoice.id, one.band


def test_the_next_payment_of_a_confirmed_payer_is_matched_by_itself() -> None:
    first = paid("ch_1", 12_345, paid_on=days_ago(9))
    said = answered(proposed(*OPEN, first))
    again = paid("ch_2", 9_900, "NORTHERN HOLDINGS LIMITED")
    assert match_of(run(*OPEN, first, again), "ch_2") == ("i2", "propose")
    found = run(*OPEN, first, again, said)
    assert match_of(found, "ch_2") == ("i2", "auto")
    evidence = next(one.evidence for one in found.matches if one.payment.id == "ch_2")
    assert "a person confirmed that this payer pays for the customer" in evidence
    assert item(found, "i2").demandable == 0


def test_the_payers_account_is_remembered_too() -> None:
    first = line("b1", 12_345, payer_account="GB11 NORT 0000 0001 2345 67", days=9)
    said = answered(proposed(*OPEN, first))
    again = line("b2", 9_900, payer_account="GB11NORT00000001234567", payer_name="N H TREASURY")
    assert match_of(run(*OPEN, first, again, said), "b2") == ("i2", "auto")


def test_money_for_nothing_by_a_confirmed_payer_lowers_what_its_customer_is_asked_for() -> None:
    first = paid("ch_1", 12_345, paid_on=days_ago(9))
    said = answered(proposed(*OPEN, first))
    found = run(*OPEN, first, paid("ch_2", 500), said)
    assert item(found, "i2").demandable == 9_400
    assert item(found, "i9").demandable == 7_777


def test_a_refusal_teaches_no_payer_and_a_later_one_takes_the_word_back() -> None:
    first = paid("ch_1", 12_345, paid_on=days_ago(9))
    one = proposed(*OPEN, first)
    found = run(*OPEN, first, paid("ch_2", 9_900), answered(one, "refused"))
    assert [match.payment.id for match in found.matches] == ["ch_2"]
    assert match_of(found, "ch_2") == ("i2", "propose")


def test_a_payer_that_was_confirmed_for_two_customers_says_nothing() -> None:
    first, other = paid("ch_1", 12_345, paid_on=days_ago(9)), paid("ch_3", 7_777, paid_on=days_ago(8))
    both = [answered(one) for one in run(*OPEN, first, other).breaks if one.kind == "proposed match"]
    assert len(both) == 2
    found = run(*OPEN, first, other, paid("ch_2", 9_900), *both)
    assert match_of(found, "ch_2")[1] == "propose"


def test_a_customer_that_paid_for_another_once_still_pays_for_itself() -> None:
    first = line("b1", 12_345, payer_name="BIRCH FOODS LTD", reference="INV-i1", days=9)
    said = [answered(one) for one in run(*OPEN, first).breaks if one.kind == "missing counterpart"]
    assert len(said) == 1
    found = run(*OPEN, first, line("b2", 7_777, payer_name="BIRCH FOODS LTD"), *said)
    assert match_of(found, "b2") == ("i9", "auto")
    assert "short payment" not in kinds(found)
