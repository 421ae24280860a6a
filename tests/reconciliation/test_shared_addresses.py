"""One address of two debtors: nobody is written to until a person has said who they are."""

from typing import Any

from receivables.local_facts import SameDebtor
from receivables.open_items import OpenItem
from reconciliation.shared_addresses import with_shared_addresses
from tests.builders import customer
from tests.rules.given import debt


def of(identifier: str, debtor: str, email: str, **changes: Any) -> OpenItem:
    owner = customer(id=debtor, name=f"{debtor} Ltd")
    return debt(identifier, debtor=f"books:customer:{debtor}", customer=owner, email=email, **changes)


def blocked(items: list[OpenItem], *local: SameDebtor) -> dict[str, list[str]]:
    found = with_shared_addresses(items, local)
    return {item.invoice.id: [blocker.code for blocker in item.blockers] for item in found}


def test_two_debtors_with_one_address_wait() -> None:
    items = [
        of("i1", "brick", "ap@acme.example"),
        of("i2", "stone", "AP@acme.example"),
        of("i3", "wood", "x@y.example"),
    ]
    assert blocked(items) == {"i1": ["shared_address"], "i2": ["shared_address"], "i3": []}


def test_it_is_told_whose_address_it_is_too() -> None:
    items = [of("i1", "brick", "ap@acme.example"), of("i2", "stone", "ap@acme.example")]
    first = with_shared_addresses(items, ())[0]
    assert "ap@acme.example is also the address of stone Ltd" in first.blockers[0].text


def test_one_debtor_with_two_invoices_shares_with_itself() -> None:
    assert blocked([of("i1", "brick", "a@b.example"), of("i2", "brick", "a@b.example")]) == {"i1": [], "i2": []}


def test_a_settled_debt_shares_nothing() -> None:
    items = [of("i1", "brick", "a@b.example"), of("i2", "stone", "a@b.example", status="paid", amount=0)]
    assert blocked(items) == {"i1": [], "i2": []}


def test_a_person_s_word_that_they_are_two_is_enough() -> None:
    items = [of("i1", "brick", "a@b.example"), of("i2", "stone", "a@b.example")]
    said = SameDebtor(
        connection="local", id="1", subject="books:customer:stone", other="books:customer:brick", same=False
    )
    assert blocked(items, said) == {"i1": [], "i2": []}
