"""The seeded company: plausible, and true to its own books."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from sandbox.serve import Sandbox
from sandbox.truth import truth


@pytest.mark.parametrize(("platform", "count"), [("xero", 2000), ("quickbooks", 1500), ("stripe", 500)])
def test_most_invoices_are_paid_and_every_age_is_there(seeded: Sandbox, platform: str, count: int) -> None:
    rows = truth(seeded.platforms)["open"][platform]
    assert 0.05 < len(rows) / count < 0.16
    today = seeded.clock.now().date()
    late = Counter(max(0, (today - date.fromisoformat(one["due_on"])).days + 29) // 30 for one in rows if one["due_on"])
    assert all(late[bucket] for bucket in (0, 1, 2, 3))
    assert sum(late.values()) > sum(late[bucket] for bucket in (0, 1, 2, 3))


def test_charges_know_what_they_pay(seeded: Sandbox) -> None:
    told = truth(seeded.platforms)
    paying = [one for one in told["charges"] if one["pays"]]
    unposted = [one for one in paying if not one["posted"]]
    assert len(paying) > 120
    assert len(unposted) == 18
    left = {(name, one["id"]): one["amount"] for name, rows in told["open"].items() for one in rows}
    for one in unposted:
        assert left[(one["pays"]["platform"], one["pays"]["id"])] == one["amount"]
    for one in paying:
        if one["posted"]:
            key = (one["pays"]["platform"], one["pays"]["id"])
            assert left.get(key, 0) < one["amount"] or one["invoice"]


def test_mirrors_and_twins_exist_on_both_sides(seeded: Sandbox) -> None:
    told = truth(seeded.platforms)
    assert len(told["mirrors"]) == 30
    numbers = {one["number"] for one in seeded.xero.books.invoices} | {
        one["number"] for one in seeded.quickbooks.books["Invoice"]
    }
    for one in told["mirrors"]:
        assert one["of"]["number"] in numbers
        assert seeded.stripe.ledger["invoice"][one["stripe"]]["metadata"] == {"invoice_number": one["of"]["number"]}
    for pair in told["same_debtor"]:
        assert pair[0]["platform"] != pair[1]["platform"]


def test_the_odd_cases_are_there(seeded: Sandbox) -> None:
    books, company, ledger = seeded.xero.books, seeded.quickbooks.books, seeded.stripe.ledger
    assert {"DRAFT", "SUBMITTED", "AUTHORISED", "PAID", "VOIDED", "DELETED"} == {
        books.status(one) for one in books.invoices
    }
    assert any(one["type"] == "ACCPAY" for one in books.invoices)
    assert any(not one["email"] for one in books.contacts)
    assert any(one["due_date"] is None for one in company["Invoice"])
    assert any(one["voided"] for one in company["Invoice"])
    assert any(company.unapplied(one) for one in company["Payment"])
    assert any(one["total"] == 0 and one["lines"] for one in company["Payment"])
    assert {one["status"] for one in ledger["charge"]} == {"succeeded", "pending"}
    assert {"won", "lost", "needs_response"} <= {one["status"] for one in ledger["dispute"]}
    assert {"paid", "open", "void", "draft", "uncollectible"} == {one["status"] for one in ledger["invoice"]}
    assert {"gbp", "eur", "usd"} == {one["currency"] for one in ledger["invoice"]}
