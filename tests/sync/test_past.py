"""Past days told by what changed are the days that one gets by working out everything anew."""

import datetime as dt
from collections import defaultdict
from dataclasses import replace
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from receivables.business import ConnectionState
from receivables.facts import CreditNote, Fact
from receivables.local_facts import Confirmation, Dispute, Release, SameDebtor
from receivables.open_items import OpenItem
from receivables.rewind import rewind
from receivables.snapshot import take
from reconciliation.assumed_terms import with_assumed_terms
from reconciliation.engine import reconcile
from reconciliation.shared_addresses import with_shared_addresses
from sync.assess import with_backlog
from sync.families import Families
from sync.past import Past, Version, looks
from tests.builders import applied, business, customer, invoice, payment

START = dt.date(2026, 1, 12)
DAYS = 30
FIRST = dt.datetime(2026, 1, 20, 3, tzinfo=dt.UTC)
STATES = {
    "books": ConnectionState(name="books", platform="xero", reminds_by_itself=False),
    "mail": ConnectionState(name="mail", platform="email"),
}

days = st.integers(-70, DAYS).map(lambda number: START + dt.timedelta(days=number))
nights = st.integers(0, DAYS).map(lambda number: FIRST + dt.timedelta(days=number))
#: A statement may be older than the first reading: on days before that, its own day counts.
sayings = st.integers(-8, DAYS).map(lambda number: FIRST + dt.timedelta(days=number))
people = st.sampled_from(["c1", "c2", "c3", "c4"])
addresses = st.sampled_from(["a@one.example", "b@one.example", "c@gmail.com", "ap@two.example", ""])

customers = st.builds(
    lambda who, email, name, parent, place: customer(
        who, email=email, name=name, parent_id=parent, billed_with_parent=bool(parent), postal_code=place
    ),
    people,
    addresses,
    st.sampled_from(["Acme Ltd", "ACME", "Brook", "Cedar"]),
    st.sampled_from(["", "", "c1", "c4"]),
    st.sampled_from(["", "N1 1AA"]),
)
numbers = st.sampled_from(["i1", "i2", "i3", "i4", "i5", "i6"])
invoices = st.builds(
    lambda number, who, left, due, issued, paid, email: invoice(
        number,
        open=left,
        customer_id=who,
        due_on=due,
        issue_on=min(issued, due),
        paid_on=paid if not left else None,
        email=email,
    ),
    numbers,
    people,
    st.sampled_from([0, 0, 4_000, 10_000]),
    days,
    days,
    st.none() | days,
    addresses,
)
payments = st.builds(
    lambda number, who, on, shares, loose: payment(
        number,
        customer_id=who,
        paid_on=on,
        unapplied=loose,
        allocations=tuple(applied(number, to, 6_000, on=on) for to in shares),
    ),
    st.sampled_from(["p1", "p2", "p3"]),
    people,
    days,
    st.sets(numbers, max_size=2).map(sorted),
    st.sampled_from([0, 0, 3_000]),
)
notes = st.builds(
    lambda who, on, left: CreditNote(
        connection="books", id="n1", customer_id=who, currency="GBP", total=5_000, open=left, issue_on=on
    ),
    people,
    days,
    st.sampled_from([0, 5_000]),
)
subjects = st.sampled_from(["books:invoice:i1", "books:customer:c2", "books:customer:c9"])


def stated(kind: type[Any], **fields: Any) -> st.SearchStrategy[Any]:
    return st.builds(
        lambda subject, at, rest: kind(connection="local", id=kind.kind, subject=subject, stated_at=at, **rest),
        subjects,
        sayings,
        st.fixed_dictionaries(fields),
    )


statements = st.one_of(
    stated(Dispute, resolved_at=st.none() | nights),
    stated(Release, chase=st.booleans(), backlog=st.booleans()),
    stated(Confirmation, question=st.just("sent_elsewhere")),
    st.builds(
        lambda at, same: SameDebtor(
            connection="local", id="s", subject="books:customer:c1", other="books:customer:c3", same=same, stated_at=at
        ),
        nights,
        st.booleans(),
    ),
)


@st.composite
def pasts(draw: st.DrawFn) -> Past:
    """Facts that were learned with the first reading or later, and changed on some nights."""
    told: dict[Any, list[Fact]] = defaultdict(list)
    told[customer("c0").ref].append(customer("c0", email="", name="Zebra"))
    for fact in draw(st.lists(st.one_of(customers, invoices, invoices, payments, notes, statements), max_size=14)):
        told[fact.ref].append(fact)
    versions = []
    for facts in told.values():
        begins = sorted({FIRST, *draw(st.lists(nights, max_size=len(facts) - 1))})[: len(facts)]
        ends: list[dt.datetime | None] = [*begins[1:], draw(st.none() | st.just(FIRST + dt.timedelta(days=DAYS + 1)))]
        versions += [Version(*known) for known in zip(begins, ends, facts, strict=False)]
    return Past(business(), STATES, versions, FIRST)


def anew(past: Past, at: dt.datetime, live_at: dt.datetime) -> dict[str, tuple[OpenItem, ...]]:
    """Everything that was known at an instant, worked out in one piece."""
    assert past.first is not None
    seen = max(at, past.first)
    always = (Confirmation, Release, SameDebtor)
    known = [
        one.fact
        for one in past.versions
        if one.known_from <= seen and (one.known_to is None or one.known_to > seen) and not isinstance(one.fact, always)
    ]
    found = take(past.business, seen, past.states.values(), known)
    found = found if at >= past.first else rewind(found, at)
    answers = [
        msgspec.structs.replace(one, stated_at=min(filter(None, (one.stated_at, live_at))))
        if isinstance(one, Release)
        else one
        for one in past.today()
        if isinstance(one, always)
    ]
    found = replace(found, local=(*found.local, *answers))
    items = with_shared_addresses(with_assumed_terms(reconcile(found).items, past.business), found.local)
    debts: dict[str, list[OpenItem]] = defaultdict(list)
    for item in with_backlog(items, past.business, live_at):
        debts[item.debtor].append(item)
    return {debtor: tuple(one) for debtor, one in debts.items()}


@given(pasts())
@settings(max_examples=200, deadline=None)
def test_a_day_told_by_its_changes_is_the_day_worked_out_anew(past: Past) -> None:
    assert not Families([one.fact for one in past.versions], past.states).single
    debts: dict[str, tuple[OpenItem, ...]] = {}
    live_at = None
    for look in looks(past, START, START + dt.timedelta(days=DAYS)):
        live_at = live_at or look.at
        debts = {debtor: items for debtor, items in (debts | dict(look.debts)).items() if items}
        assert debts == anew(past, look.at, live_at), look.at
        assert look.basis == ("known" if look.at >= FIRST else "documents")


def test_who_shares_an_address_is_worked_out_together() -> None:
    """The other's invoice comes two days later: from then on neither may be written to."""
    one, other = customer("c1", email="book@keeper.example"), customer("c2", email="Book@keeper.example", name="Brook")
    versions = [Version(FIRST, None, fact) for fact in (one, other, invoice("i1"))]
    later = Version(FIRST + dt.timedelta(days=2), None, invoice("i2", customer_id="c2"))
    past = Past(business(), STATES, [*versions, later], FIRST)
    told = {look.at.date(): look.debts for look in looks(past, FIRST.date(), FIRST.date() + dt.timedelta(days=3))}
    assert list(told[dt.date(2026, 1, 20)]) == ["books:customer:c1"]
    assert told[dt.date(2026, 1, 21)] == {}
    changed = told[dt.date(2026, 1, 22)]
    assert {debtor: items[0].blockers[0].code for debtor, items in changed.items()} == {
        "books:customer:c1": "shared_address",
        "books:customer:c2": "shared_address",
    }


def test_a_statement_older_than_the_first_reading_counts_from_its_own_day() -> None:
    stated_at = dt.datetime(2026, 1, 14, 9, tzinfo=dt.UTC)
    dispute = Dispute(connection="local", id="d", subject="books:invoice:i1", stated_at=stated_at)
    versions = [Version(FIRST, None, fact) for fact in (customer("c1"), invoice("i1"), dispute)]
    told = list(looks(Past(business(), STATES, versions, FIRST), START, START + dt.timedelta(days=4)))
    seen = {look.at.day: item.dispute is not None for look in told for items in look.debts.values() for item in items}
    assert seen == {12: False, 14: True}


def test_with_a_second_place_where_money_is_seen_everybody_is_worked_out_together() -> None:
    cards = {**STATES, "cards": ConnectionState(name="cards", platform="stripe")}
    books = [customer("c1"), customer("c2", email="b@b.example", name="Brook"), invoice("i1")]
    families = Families(books, cards)
    assert families.of(books[0]) != families.of(books[1])
    assert families.of(books[0]) == families.of(books[2])
    together = Families([*books, payment("ch1", connection="cards")], cards)
    assert len({together.of(fact) for fact in books}) == 1


def test_receipts_of_a_day_are_those_that_were_known_on_it() -> None:
    """Whoever enters payments late has books that were behind on that day, whatever they tell today."""
    late = payment("p1", paid_on=START)
    past = Past(business(), STATES, [Version(FIRST + dt.timedelta(days=3), None, late)], FIRST)
    newest = {
        look.at.date(): look.connections["books"].newest_receipt_on
        for look in looks(past, FIRST.date(), dt.date(2026, 1, 26))
    }
    assert newest[dt.date(2026, 1, 22)] is None
    assert newest[dt.date(2026, 1, 23)] == START
