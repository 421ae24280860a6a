"""Reconciliation as small ledgers: what is given, and what is concluded."""

import datetime as dt
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from receivables.facts import Fact
from receivables.local_facts import Hold, Promise
from receivables.refs import LOCAL, Ref
from reconciliation.engine import reconcile
from reconciliation.results import Reconciliation
from tests.builders import NOW, applied, credit_note, customer, days_ago, invoice, payment, snapshot


def run(*facts: Fact) -> Reconciliation:
    return reconcile(snapshot(*facts))


def kinds(found: Reconciliation) -> list[str]:
    return sorted(one.kind for one in found.breaks)


def demandable(found: Reconciliation, identifier: str = "i1") -> int:
    return next(item.demandable for item in found.items if item.invoice.id == identifier)


CARDS: dict[str, Any] = {"connection": "cards", "customer_id": ""}
GUID = "6a539484-eff4-4b8a-a52a-5b2cf4c4b6bd"


def test_a_payment_through_our_own_link_is_certain() -> None:
    found = run(invoice(), customer(), payment("ch_1", **CARDS, metadata={"owed_invoice": "books:invoice:i1"}))
    (match,) = found.matches
    assert (match.invoice, match.amount, match.band) == (Ref("books", "invoice", "i1"), 10_000, "certain")
    assert demandable(found) == 0
    assert kinds(found) == ["missing counterpart"]


def test_the_books_own_id_in_the_metadata_is_certain() -> None:
    found = run(invoice(GUID), customer(), payment("ch_1", **CARDS, metadata={"xero_invoice_id": GUID}))
    assert [match.band for match in found.matches] == ["certain"]


def test_a_stated_number_matches_by_reference() -> None:
    found = run(
        customer(),
        invoice("i1", number="INV-0042"),
        payment("ch_1", **CARDS, description="Payment for inv 0042", payer_email="ap@acme.example"),
    )
    (match,) = found.matches
    assert (match.matcher, match.band) == ("reference", "auto")


def test_one_payment_for_several_stated_invoices_consumes_each_once() -> None:
    found = run(
        customer(),
        invoice("i1", number="INV-0001", open=6_000),
        invoice("i2", number="INV-0002", open=4_000),
        payment("ch_1", **CARDS, description="INV-0001, INV-0002"),
    )
    assert sorted((match.invoice.id, match.amount) for match in found.matches) == [("i1", 6_000), ("i2", 4_000)]


def test_the_only_invoice_of_exactly_this_amount_of_a_known_payer() -> None:
    found = run(
        customer(),
        invoice("i1", open=12_345, total=12_345),
        invoice("i2", open=9_999),
        payment("ch_1", amount=12_345, **CARDS, payer_email="AP@acme.example"),
    )
    assert [(match.invoice.id, match.band) for match in found.matches] == [("i1", "auto")]


def test_an_unknown_payer_with_a_fitting_amount_is_only_proposed_and_holds_reminders() -> None:
    found = run(customer(), invoice(), payment("ch_1", **CARDS))
    assert [match.band for match in found.matches] == ["propose"]
    (item,) = found.items
    assert item.demandable == 10_000
    assert [blocker.code for blocker in item.blockers] == ["proposed_match"]


def test_two_invoices_of_the_same_amount_are_not_guessed_between() -> None:
    found = run(customer(), invoice("i1"), invoice("i2"), payment("ch_1", **CARDS, payer_email="ap@acme.example"))
    assert not found.matches
    assert kinds(found) == ["unmatched payment"]


def test_a_charge_that_the_books_already_have_is_one_payment() -> None:
    found = run(
        customer(),
        invoice(open=0),
        payment("p1", reference="ch_3OxyzABCDEF123", allocations=(applied("p1", "i1", 10_000),)),
        payment("ch_3OxyzABCDEF123", **CARDS, description="INV-i1"),
    )
    assert not found.matches
    assert [(one.payment.id, one.in_books.id) for one in found.sightings] == [("ch_3OxyzABCDEF123", "p1")]
    assert not found.breaks


def test_the_same_money_is_found_without_any_reference() -> None:
    found = run(
        customer(),
        invoice(open=0),
        payment("p1", paid_on=days_ago(1), allocations=(applied("p1", "i1", 10_000),)),
        payment("ch_1", **CARDS, paid_on=days_ago(3), payer_email="ap@acme.example"),
    )
    assert len(found.sightings) == 1
    assert not found.matches


def test_a_mirror_is_one_document_owned_by_the_books() -> None:
    found = run(
        customer(),
        invoice("i1", number="INV-0042"),
        invoice("in_1", "cards", number="INV-0042", pay_url="https://pay.example/in_1"),
    )
    (item,) = found.items
    assert item.invoice.connection == "books"
    assert item.mirrors == (Ref("cards", "invoice", "in_1"),)
    assert item.link is not None
    assert item.link.url == "https://pay.example/in_1"


def test_a_mirror_paid_at_stripe_stops_the_demand_in_the_books() -> None:
    found = run(
        customer(),
        invoice("i1", number="INV-0042"),
        invoice("in_1", "cards", open=0, number="INV-0042", allocations=(applied("pi_1", "in_1", 10_000),)),
        payment("ch_1", **CARDS, group_id="pi_1"),
    )
    assert demandable(found) == 0
    assert [match.band for match in found.matches] == ["certain"]


def test_a_pending_bank_debit_is_money_in_flight() -> None:
    marks = {"owed_invoice": "books:invoice:i1"}
    found = run(customer(), invoice(), payment("ch_1", **CARDS, status="pending", metadata=marks))
    (item,) = found.items
    assert (item.in_flight, item.matched, item.demandable) == (10_000, 0, 0)


def test_unapplied_credit_lowers_the_oldest_demand_first() -> None:
    found = run(
        customer(),
        invoice("i1", due_on=days_ago(40)),
        invoice("i2", due_on=days_ago(10)),
        credit_note(open=3_000),
        payment("p9", amount=9_000, unapplied=9_000),
    )
    assert (demandable(found, "i1"), demandable(found, "i2")) == (0, 8_000)
    assert kinds(found) == ["unapplied cash", "unapplied credit"]


def test_credit_in_another_currency_is_not_netted() -> None:
    found = run(customer(), invoice(), credit_note(open=3_000, currency="EUR"))
    assert demandable(found) == 10_000


def test_a_balance_that_is_not_the_sum_of_its_parts_is_a_break() -> None:
    found = run(customer(), invoice(open=4_000, total=10_000), payment(allocations=(applied("p1", "i1", 5_000),)))
    (one,) = found.breaks
    assert (one.kind, one.amount.minor) == ("balance differs", 1_000)


def test_the_same_customer_in_two_systems_is_one_debtor() -> None:
    found = run(customer("c1"), customer("7", "ledger", name="ACME Limited"))
    assert len(set(found.debtors.values())) == 1


def test_two_firms_that_share_a_bookkeepers_address_stay_two_debtors() -> None:
    found = run(customer("c1", name="Acme Ltd"), customer("c2", name="Brown & Sons"))
    assert len(set(found.debtors.values())) == 2


amounts = st.integers(min_value=1, max_value=20_000)


@given(
    opens=st.lists(amounts, min_size=1, max_size=6),
    paid=st.lists(st.tuples(amounts, st.integers(min_value=0, max_value=6)), max_size=6),
    seed=st.randoms(use_true_random=False),
)
def test_allocations_exceed_neither_payment_nor_balance_and_order_does_not_matter(
    opens: list[int], paid: list[tuple[int, int]], seed: object
) -> None:
    facts: list[Fact] = [customer()]
    facts += [invoice(f"i{n}", number=f"INV-{n:04}", open=amount, total=amount) for n, amount in enumerate(opens)]
    facts += [
        payment(f"ch_{n}", amount=amount, **CARDS, description=f"INV-{of:04}", payer_email="ap@acme.example")
        for n, (amount, of) in enumerate(paid)
    ]
    found = run(*facts)
    for n, amount in enumerate(opens):
        assert sum(match.amount for match in found.matches if match.invoice.id == f"i{n}") <= amount
    for n, (amount, _) in enumerate(paid):
        assert sum(match.amount for match in found.matches if match.payment.id == f"ch_{n}") <= amount
    seed.shuffle(facts)  # type: ignore[attr-defined]  # Hypothesis' own random stream
    assert run(*facts) == found


def test_the_same_name_and_domain_is_one_debtor_but_a_free_mailer_says_nothing() -> None:
    found = run(
        customer("c1", email="jo@acme.example"), customer("7", "ledger", name="ACME Limited", email="al@acme.example")
    )
    assert len(set(found.debtors.values())) == 1
    found = run(
        customer("c1", email="jo@gmail.com"), customer("7", "ledger", name="ACME Limited", email="al@gmail.com")
    )
    assert len(set(found.debtors.values())) == 2


def test_a_word_about_the_customer_takes_nothing_away_from_one_about_the_invoice() -> None:
    about: dict[str, Any] = {"connection": LOCAL, "stated_at": NOW}
    late = Promise(**about, id="1", subject="books:invoice:i1", promised_on=days_ago(-20))
    early = Promise(**about, id="2", subject="books:customer:c1", promised_on=days_ago(-2))
    endless = Hold(**about, id="3", subject="books:invoice:i1")
    short = Hold(**about, id="4", subject="books:customer:c1", until_on=days_ago(-1))
    (item,) = run(customer(), invoice(), late, early, endless, short).items
    assert item.promise == late
    assert item.hold == endless


def test_a_newer_promise_about_the_same_thing_replaces_the_older() -> None:
    first = Promise(connection=LOCAL, id="1", subject="books:invoice:i1", promised_on=days_ago(-20), stated_at=NOW)
    second = msgspec.structs.replace(first, id="2", promised_on=days_ago(-2), stated_at=NOW + dt.timedelta(hours=1))
    (item,) = run(customer(), invoice(), first, second).items
    assert item.promise == second
