"""The replay of a rulebook on past days: its own messages are history, and what it leaves out it need not ask."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from receivables.history import Contacted, History
from receivables.local_facts import Dispute, Hold, Instalment, OptOut, PaymentPlan, Promise
from receivables.open_items import OpenItem, Receipt
from rules.evaluate import evaluate
from rules.replay import Look, Replayed, contact_of, in_force, in_working_hours, just_read, replay
from rules.schema import Rulebook
from tests.builders import business
from tests.rules.given import LADDER, NOW, books, debt, rulebook, told

#: Conditions that turn with the days, guards that concern some steps only, events, overrides and amounts.
VARIED = """
[[override]]
customer = "c2"
policy = "gentle"
[[policy]]
name = "old"
when = { any_of = [ { days_past_due = { gte = 40 } }, { not = { days_since_issue = { lt = 75 } } } ] }
min_balance = "60.00 GBP"
[[policy.step]]
name = "firm"
days_after_due = 10
action = "call"
[[policy.step]]
name = "last"
days_after_previous = 9
[[policy.step]]
name = "thanks"
on_event = "payment_received"
[[policy]]
name = "gentle"
status = "draft"
[[policy.step]]
name = "upcoming"
days_before_due = 6
[[policy.step]]
name = "noted"
days_before_due = 2
action = "note"
[[policy.step]]
name = "on the day"
on_due = true
[[policy.step]]
name = "friendly"
days_after_due = 2
fallback = "call"
[[policy.step]]
name = "reminder"
days_after_due = 9
[[policy.step]]
name = "broken"
on_event = "promise_broken"
days_after_event = 1
[[policy.step]]
name = "missed"
on_event = "instalment_missed"
[[policy.step]]
name = "resolved"
on_event = "dispute_resolved"
[[policy.step]]
name = "statement"
monthly_on = 12
"""
RULES = [rulebook(LADDER), rulebook(LADDER.replace('"standard"', '"standard"\nper = "invoice"')), rulebook(VARIED)]
DAYS = 45
LENGTH = dt.timedelta(days=1)


def moments(count: int = DAYS) -> list[dt.datetime]:
    return [NOW + number * LENGTH for number in range(count)]


def looks(changes: dict[int, dict[str, tuple[OpenItem, ...]]], receipts: Sequence[int] = ()) -> list[Look]:
    """`changes` by day: the debts of each debtor that are others from then on. `receipts`: days with a receipt."""
    found = []
    for number, at in enumerate(moments()):
        before = [day for day in receipts if day <= number]
        newest = at.date() - dt.timedelta(days=number - before[-1]) if before else None
        states = books(synced_at=None, newest_receipt_on=newest)
        found.append(Look(at, changes.get(number, {}), states))
    return found


def day_by_day(rules: Rulebook, days: Sequence[Look], real: Sequence[Contacted] = ()) -> list[Replayed]:
    """The plainest replay: on each day everybody is asked about."""
    book, found, history = in_force(rules), list[Replayed](), list[Contacted]()
    debts: dict[str, tuple[OpenItem, ...]] = {}
    for look in days:
        debts |= look.debts
        asked = [(look.at, set(debts))]
        while asked:
            at, debtors = asked.pop(0)
            items = [item for debtor in debtors for item in debts[debtor]]
            known = History([*history, *(one for one in real if one.at <= look.at)])
            decisions = evaluate(book, items, business(), just_read(look.connections, at), known, at)
            acts = [one for one in decisions if one.verdict == "act"]
            history += [contact_of(act, at) for act in acts]
            found += [Replayed(at, act, look.basis) for act in acts]
            if at == look.at:
                asked = sorted(in_working_hours(decisions, book.guards, at).items())
    return found


def brief(found: Sequence[Replayed]) -> list[str]:
    return [
        f"{one.at:%m-%d %H:%M} {one.decision.step} {'+'.join(ref.id for ref in one.decision.invoices)}" for one in found
    ]


local: dict[str, Any] = {"connection": "local", "id": "1"}
instants = st.integers(-10, DAYS).map(lambda number: NOW + number * LENGTH + dt.timedelta(hours=3))
days = st.integers(-10, DAYS).map(lambda number: (NOW + number * LENGTH).date())
never = st.none()
happenings = st.fixed_dictionaries(
    {},
    optional={
        "dispute": st.builds(lambda end: Dispute(**local, resolved_at=end), never | instants),
        "promise": st.builds(
            lambda on, end: Promise(**local, promised_on=on, withdrawn_at=end), days, never | instants
        ),
        "hold": st.builds(lambda on, end: Hold(**local, until_on=on, lifted_at=end), never | days, never | instants),
        "opt_outs": st.builds(lambda end: (OptOut(**local, withdrawn_at=end),), never | instants),
        "plan": st.builds(
            lambda one, two: PaymentPlan(
                **local,
                currency="GBP",
                agreed_open=20_000,
                instalments=tuple(sorted((Instalment(one, 9_000), Instalment(two, 11_000)))),
            ),
            days,
            days,
        ),
        "receipt": st.builds(Receipt, st.sampled_from(["r1", "r2"]), days, st.integers(1, 20_000)),
        "resolved": instants.map(lambda at: Dispute(connection="local", id="old", resolved_at=at)),
        "in_flight": st.integers(0, 20_000),
        "status": st.sampled_from(["open", "open", "paid", "draft"]),
        "sent": st.sampled_from([True, False]),
        "currency": st.sampled_from(["GBP", "EUR"]),
        "country": st.sampled_from(["GB", "NZ", "JP", "US", ""]),
        "contacts": st.just(()),
        "customer_id": st.sampled_from(["c1", "c2"]),
    },
)


@st.composite
def debts(draw: st.DrawFn, debtor: str) -> tuple[OpenItem, ...]:
    return tuple(
        debt(
            f"{debtor}-{number}",
            overdue=draw(st.integers(-40, 45)),
            amount=draw(st.integers(1, 20_000)),
            debtor=debtor,
            **{"read_at": None, **draw(happenings)},
        )
        for number in range(draw(st.integers(0, 3)))
    )


@st.composite
def pasts(draw: st.DrawFn) -> dict[int, dict[str, tuple[OpenItem, ...]]]:
    """Two debtors whose debts change on a few days."""
    changes: dict[int, dict[str, tuple[OpenItem, ...]]] = {0: {}}
    for debtor in ("acme", "brick"):
        for number in {0, *draw(st.lists(st.integers(1, DAYS - 1), max_size=3))}:
            changes.setdefault(number, {})[debtor] = draw(debts(debtor))
    return changes


contacts = st.builds(
    told,
    st.sampled_from(["acme-0", "acme-1", "brick-0"]),
    step=st.sampled_from(["upcoming", "friendly", "reminder"]),
    ago=st.floats(-DAYS, 20),
    state=st.sampled_from(["sent", "uncertain", "refused"]),
    policy=st.sampled_from(["standard", "gentle"]),
    debtor=st.sampled_from(["acme", "brick", "another"]),
)


@pytest.mark.parametrize("rules", [0, 1, 2])
@given(past=pasts(), receipts=st.lists(st.integers(0, DAYS), max_size=6), real=st.lists(contacts, max_size=3))
@settings(max_examples=150, deadline=None)
def test_asking_only_those_for_whom_a_day_has_come_gives_what_asking_everybody_gives(
    rules: int, past: dict[int, dict[str, tuple[OpenItem, ...]]], receipts: list[int], real: list[Contacted]
) -> None:
    days = looks(past, sorted(receipts))
    quick = list(replay(RULES[rules], business(), days, real))
    plain = day_by_day(RULES[rules], days, real)
    assert [(one.at, one.decision) for one in quick] == [(one.at, one.decision) for one in plain]
