"""What holds for every ledger: money is neither made nor lost, and the order of the input does not matter."""

import random
from collections import defaultdict
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciliation.matching.engine import match
from reconciliation.matching.items import Knowledge, OpenDocument, PaymentLine
from reconciliation.matching.results import Conclusion
from tests.reconciliation.small_ledger import CUSTOMERS, on, owed, paid

Ledger = tuple[list[OpenDocument], list[PaymentLine]]

_AMOUNTS = st.sampled_from([1, 99, 1_000, 5_000, 9_900, 9_901, 10_000, 12_345, 20_000, 24_690, 100_000])
_CURRENCIES = st.sampled_from(["GBP", "GBP", "GBP", "EUR"])
_NAMES = st.sampled_from(["Acme Joinery Ltd", "BIRCH FOODS", "CEDAR OPTICS GMBH", "J Smith", ""])
_WORDS = [
    "INV-0001",
    "INV-0002",
    "0003",
    "INV 1-4",
    "CN-0001",
    "INV-0005, 6",
    "statement",
    "deposit",
    "C200",
    "PO501",
    "",
]


@st.composite
def ledgers(draw: st.DrawFn) -> Ledger:
    documents = []
    for number in range(1, draw(st.integers(0, 7)) + 1):
        note = draw(st.integers(0, 6)) == 0
        documents.append(
            owed(
                f"{'CN' if note else 'INV'}-{number:04}",
                draw(_AMOUNTS),
                draw(st.sampled_from(["C100", "C100", "C200", "C300"])),
                kind="credit_note" if note else "invoice",
                currency=draw(_CURRENCIES),
                due_on=on(draw(st.integers(-60, 20))),
                purchase_order=f"PO50{number}" if number % 3 == 0 else "",
            )
        )
    payments = [
        paid(
            draw(_AMOUNTS) * draw(st.sampled_from([1, 1, 1, -1])),
            draw(st.sampled_from(_WORDS)),
            draw(_NAMES),
            id=f"p{number}",
            paid_on=on(draw(st.integers(-10, 10))),
            currency=draw(_CURRENCIES),
        )
        for number in range(draw(st.integers(0, 7)))
    ]
    return documents, payments


RATES = {(on(day), currency): rate for day in range(-10, 11) for currency, rate in (("GBP", 1.25), ("EUR", 1.0))}


def concluded(ledger: Ledger, **known: Any) -> list[Conclusion]:
    return match(*ledger, CUSTOMERS, RATES, Knowledge(**known))


@settings(max_examples=200, deadline=None)
@given(ledgers())
def test_allocations_exceed_neither_the_payment_nor_what_is_open(ledger: Ledger) -> None:
    documents = {one.id: one for one in ledger[0]}
    payments = {one.id: one for one in ledger[1]}
    taken: dict[str, int] = defaultdict(int)
    for one in concluded(ledger):
        payment = payments[one.payment]
        same = all(documents[link.document].currency == payment.currency for link in one.links)
        total = sum(link.amount for link in one.links)
        assert not same or abs(total) <= abs(payment.amount)
        assert not one.links or (total > 0) == (payment.amount > 0)
        for link in one.links:
            assert (link.amount < 0) == (documents[link.document].kind == "credit_note")
            taken[link.document] += abs(link.amount)
    assert all(amount <= documents[name].open for name, amount in taken.items())


@settings(max_examples=150, deadline=None)
@given(ledgers(), st.integers(0, 10**6))
def test_the_order_of_the_input_does_not_matter(ledger: Ledger, seed: int) -> None:
    shuffled = ([*ledger[0]], [*ledger[1]])
    chance = random.Random(seed)
    chance.shuffle(shuffled[0])
    chance.shuffle(shuffled[1])
    assert concluded(shuffled) == concluded(ledger)


@settings(max_examples=100, deadline=None)
@given(ledgers())
def test_every_payment_has_one_conclusion_with_a_reason(ledger: Ledger) -> None:
    found = concluded(ledger)
    assert sorted(one.payment for one in found) == sorted(one.id for one in ledger[1])
    for one in found:
        assert one.reason
        assert (one.band == "") == (not one.links)
        assert 0 <= one.confidence <= 1


@settings(max_examples=100, deadline=None)
@given(ledgers())
def test_matching_twice_changes_nothing(ledger: Ledger) -> None:
    before = [*ledger[0]], [*ledger[1]]
    assert concluded(ledger) == concluded(ledger)
    assert ledger == before


@settings(max_examples=100, deadline=None)
@given(ledgers())
def test_money_in_one_currency_is_placed_to_the_last_cent_or_left_as_it_is(ledger: Ledger) -> None:
    """A payment's links add up to it, unless more came than all of its documents had open."""
    documents = {one.id: one for one in ledger[0]}
    payments = {one.id: one for one in ledger[1]}
    left = {one.id: one.open for one in ledger[0]}
    for one in concluded(ledger):
        for link in one.links:
            left[link.document] -= abs(link.amount)
    for one in concluded(ledger):
        payment = payments[one.payment]
        if one.links and all(documents[link.document].currency == payment.currency for link in one.links):
            unplaced = payment.amount - sum(link.amount for link in one.links)
            assert unplaced == 0 or all(left[link.document] == 0 for link in one.links)


@settings(max_examples=100, deadline=None)
@given(ledgers())
def test_a_payment_that_shares_nothing_with_others_changes_no_other(ledger: Ledger) -> None:
    stranger = paid(31_337, "zzz", "Quite Unrelated SA", id="stranger", currency="NOK")
    alone = [one for one in concluded(ledger) if one.payment != "stranger"]
    beside = [one for one in concluded((ledger[0], [*ledger[1], stranger])) if one.payment != "stranger"]
    assert beside == alone


@settings(max_examples=100, deadline=None)
@given(ledgers())
def test_a_refused_pair_stays_away(ledger: Ledger) -> None:
    pairs = frozenset((one.payment, link.document) for one in concluded(ledger) for link in one.links)
    again = {(one.payment, link.document) for one in concluded(ledger, refused=pairs) for link in one.links}
    assert not again & pairs
