"""What holds for any debts, any history, and any clock."""

import datetime as dt
import random
from collections import Counter
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from receivables.decisions import REACHING, Decision
from receivables.history import Contacted, History
from receivables.local_facts import Dispute, Instalment, OptOut, PaymentPlan, Promise
from receivables.open_items import OpenItem, Receipt
from rules.evaluate import evaluate
from rules.recheck import recheck
from tests.builders import business
from tests.rules.given import LADDER, NOW, books, debt, rulebook, told

PER_INVOICE = LADDER.replace('name = "standard"', 'name = "standard"\nper = "invoice"').replace(
    'name = "friendly"', 'name = "friendly"\nchannel = "platform"'
)
#: Every kind of step and timing at once.
EVERYTHING = """
[[policy]]
name = "standard"
[[policy.step]]
name = "upcoming"
days_before_due = 3
[[policy.step]]
name = "tell me"
days_after_due = 1
action = "alert"
[[policy.step]]
name = "friendly"
days_after_due = 3
fallback = "letter"
[[policy.step]]
name = "call"
days_after_due = 14
action = "call"
[[policy.step]]
name = "note"
days_after_due = 20
action = "note"
[[policy.step]]
name = "reminder"
days_after_previous = 7
[[policy.step]]
name = "letter"
days_after_due = 45
action = "letter"
template = "final"
[[policy.step]]
name = "broken"
on_event = "promise_broken"
[[policy.step]]
name = "missed"
on_event = "instalment_missed"
[[policy.step]]
name = "resolved"
on_event = "dispute_resolved"
[[policy.step]]
name = "thanks"
on_event = "payment_received"
[[policy.step]]
name = "statement"
monthly_on = 1
"""
RULES = [rulebook(LADDER), rulebook(PER_INVOICE), rulebook(EVERYTHING)]
DEMANDS = {"remind", "call", "letter"}
STATES: Any = ["planned", "approved", "sending", "sent", "uncertain", "needs_human", "failed", "cancelled"]

blocks = st.fixed_dictionaries(
    {},
    optional={
        "dispute": st.just(Dispute(connection="local", id="1")),
        "opt_outs": st.just((OptOut(connection="local", id="1"),)),
        "in_flight": st.integers(0, 20_000),
        "matched": st.integers(0, 20_000),
        "status": st.sampled_from(["draft", "open", "paid", "void"]),
        "sent": st.sampled_from([True, False, None]),
        "currency": st.sampled_from(["GBP", "EUR"]),
        "country": st.sampled_from(["GB", "DE", "US", ""]),
    },
)
days = st.integers(-30, 30).map(lambda number: (NOW + dt.timedelta(days=number)).date())
happenings = st.fixed_dictionaries(
    {},
    optional={
        "promise": st.builds(Promise, connection=st.just("local"), id=st.just("p"), promised_on=days),
        "plan": st.builds(
            lambda first, second: PaymentPlan(
                connection="local",
                id="plan",
                currency="GBP",
                agreed_open=20_000,
                instalments=tuple(sorted((Instalment(first, 10_000), Instalment(second, 10_000)))),
            ),
            days,
            days,
        ),
        "receipt": st.builds(Receipt, st.sampled_from(["r1", "r2"]), days, st.integers(1, 20_000)),
        "resolved": days.map(
            lambda on: Dispute(connection="local", id="old", resolved_at=dt.datetime.combine(on, dt.time(9), dt.UTC))
        ),
        "email": st.sampled_from(["", "pay@acme.example"]),
    },
)


@st.composite
def eventful(draw: st.DrawFn) -> list[OpenItem]:
    return [
        debt(
            f"i{number}",
            overdue=draw(st.integers(-10, 90)),
            amount=draw(st.integers(0, 20_000)),
            debtor=draw(st.sampled_from(["acme", "brick"])),
            **{**draw(blocks), **draw(happenings)},
        )
        for number in range(draw(st.integers(1, 6)))
    ]


@st.composite
def items(draw: st.DrawFn) -> list[OpenItem]:
    count = draw(st.integers(1, 8))
    return [
        debt(
            f"i{number}",
            overdue=draw(st.integers(-10, 90)),
            amount=draw(st.integers(-100, 20_000)),
            debtor=draw(st.sampled_from(["acme", "brick"])),
            **draw(blocks),
        )
        for number in range(count)
    ]


contacts = st.builds(
    told,
    st.integers(0, 8).map(lambda number: f"i{number}"),
    step=st.sampled_from(["upcoming", "friendly", "reminder", "firm", "final", "gone"]),
    ago=st.floats(0, 60),
    state=st.sampled_from(STATES),
    policy=st.sampled_from(["standard", "other"]),
    debtor=st.sampled_from(["acme", "brick"]),
)
histories = st.lists(contacts, max_size=12)
nows = st.integers(-72, 24 * 40).map(lambda hours: NOW + dt.timedelta(hours=hours))


def run(debts: list[OpenItem], history: list[Contacted], now: dt.datetime, rules: int = 0) -> list[Decision]:
    return evaluate(RULES[rules], debts, business(), books(synced_at=now), History(history), now)


@given(items(), histories, nows, st.integers(0, 1), st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_the_order_of_items_and_history_does_not_matter(
    debts: list[OpenItem], history: list[Contacted], now: dt.datetime, rules: int, chance: random.Random
) -> None:
    first = run(debts, history, now, rules)
    chance.shuffle(debts)
    chance.shuffle(history)
    assert run(debts, history, now, rules) == first


@given(items(), histories, nows, st.integers(0, 1))
@settings(max_examples=300, deadline=None)
def test_every_item_is_in_one_decision_and_no_act_is_wrong(
    debts: list[OpenItem], history: list[Contacted], now: dt.datetime, rules: int
) -> None:
    decisions = run(debts, history, now, rules)
    told_about = Counter(str(ref) for decision in decisions for ref in decision.invoices)
    assert told_about == Counter(str(item.invoice.ref) for item in debts)
    found = {str(item.invoice.ref): item for item in debts}
    acts = [decision for decision in decisions if decision.verdict == "act"]
    assert all(reason.text for decision in decisions for reason in decision.reasons)
    assert all(decision.reasons for decision in decisions)
    for act in acts:
        concerned = [found[str(ref)] for ref in act.invoices]
        assert {item.debtor for item in concerned} == {act.debtor}
        assert {item.invoice.currency for item in concerned} == {act.currency}
        assert act.demand is not None
        assert act.demand.minor == sum(item.demandable for item in concerned)
        for item in concerned:
            assert item.demandable > 0
            assert item.invoice.status == "open"
            assert item.dispute is None
            assert item.invoice.sent is not False
        assert not any(item.opt_outs for item in debts if item.debtor == act.debtor)
    assert max(Counter(act.debtor for act in acts).values(), default=0) <= 1


@given(items(), histories, nows, st.integers(0, 1))
@settings(max_examples=150, deadline=None)
def test_what_was_just_planned_may_leave_at_once(
    debts: list[OpenItem], history: list[Contacted], now: dt.datetime, rules: int
) -> None:
    for act in run(debts, history, now, rules):
        if act.verdict == "act":
            rows = History([*history, _left(act, now, "approved")])
            assert recheck(act, RULES[rules], debts, business(), books(synced_at=now), rows, now) == ()


@given(items(), histories, nows)
@settings(max_examples=200, deadline=None)
def test_nothing_is_asked_for_while_the_same_debtor_was_just_written_to(
    debts: list[OpenItem], history: list[Contacted], now: dt.datetime
) -> None:
    recent = {
        contact.debtor
        for contact in history
        if contact.pending or (contact.counts and now - contact.at < dt.timedelta(days=2))
    }
    assert not [act for act in run(debts, history, now) if act.verdict == "act" and act.debtor in recent]


@pytest.mark.parametrize("rules", [0, 1])
@given(
    debts=items(),
    ticks=st.lists(st.integers(1, 24 * 9), min_size=5, max_size=40),
    fates=st.lists(st.sampled_from(["sent", "sent", "sent", "uncertain", "failed"]), min_size=1, max_size=10),
)
@settings(max_examples=60, deadline=None)
def test_no_step_is_ever_sent_twice_and_the_caps_hold(
    rules: int, debts: list[OpenItem], ticks: list[int], fates: list[str]
) -> None:
    """The clock moves on in any steps; every act leaves, fails, or gets lost."""
    now, history = NOW, list[Contacted]()
    for tick, hours in enumerate(ticks):
        now += dt.timedelta(hours=hours)
        for act in run(debts, history, now, rules):
            if act.verdict == "act":
                history.append(_left(act, now, fates[tick % len(fates)]))
    _check_steps(history)
    _check_caps(history)


@given(eventful(), histories, nows)
@settings(max_examples=200, deadline=None)
def test_whatever_happens_a_paid_or_disputed_debt_is_never_demanded(
    debts: list[OpenItem], history: list[Contacted], now: dt.datetime
) -> None:
    found = {str(item.invoice.ref): item for item in debts}
    decisions = run(debts, history, now, 2)
    assert Counter(str(ref) for one in decisions for ref in one.invoices) == Counter(list(found))
    for act in decisions:
        if act.verdict == "act" and act.action in DEMANDS and act.stage > 0:
            concerned = [found[str(ref)] for ref in act.invoices]
            assert all(item.invoice.status == "open" and item.demandable > 0 for item in concerned)
            assert all(item.dispute is None for item in concerned)
        if act.verdict == "act" and act.action in REACHING:
            assert not any(item.opt_outs for item in debts if item.debtor == act.debtor)


@given(
    debts=eventful(),
    ticks=st.lists(st.integers(1, 24 * 9), min_size=5, max_size=40),
    fates=st.lists(
        st.sampled_from(["sent", "sent", "sent", "uncertain", "failed", "refused"]), min_size=1, max_size=10
    ),
)
@settings(max_examples=80, deadline=None)
def test_no_event_is_answered_twice_and_the_caps_hold(
    debts: list[OpenItem], ticks: list[int], fates: list[str]
) -> None:
    now, history = NOW, list[Contacted]()
    for tick, hours in enumerate(ticks):
        now += dt.timedelta(hours=hours)
        for act in run(debts, history, now, 2):
            if act.verdict == "act":
                history.append(_left(act, now, fates[tick % len(fates)]))
    reached = [contact for contact in history if contact.state != "failed"]
    done = [(contact.step, contact.occasion, invoice) for contact in reached for invoice in contact.invoices]
    assert len(done) == len(set(done))
    _check_caps([contact for contact in reached if contact.reaches and contact.counts])
    for invoice in {invoice for contact in reached for invoice in contact.invoices}:
        stages = [contact.step_of(invoice)[1] for contact in reached if invoice in contact.invoices]
        demanded = [stage for stage in stages if stage > 0]
        assert demanded == sorted(demanded)
        assert demanded[:1] in ([], [1])


def _left(act: Decision, now: dt.datetime, state: Any) -> Contacted:
    return Contacted(
        key=act.key,
        debtor=act.debtor,
        invoices=tuple(map(str, act.invoices)),
        policy=act.policy,
        step=act.step,
        stage=act.stage,
        channel=act.channel,
        state=state,
        at=now,
        alongside=act.alongside,
        action=act.action,
        occasion=act.occasion,
    )


def _check_steps(history: list[Contacted]) -> None:
    """For each invoice: every step once, demanding stages without a gap, at least five days apart."""
    reached = [contact for contact in history if contact.state != "failed"]
    for invoice in {invoice for contact in reached for invoice in contact.invoices}:
        about = [contact for contact in reached if invoice in contact.invoices]
        steps = [contact.step_of(invoice) for contact in about]
        assert len(steps) == len(set(steps))
        demands = [(stage, contact.at.date()) for contact in about if (stage := contact.step_of(invoice)[1]) > 0]
        assert [stage for stage, _ in demands] == list(range(1, len(demands) + 1))
        assert all((later - before).days >= 5 for (_, before), (_, later) in pairwise(demands))


def _check_caps(history: list[Contacted]) -> None:
    for debtor in {contact.debtor for contact in history}:
        days = sorted(c.at.date() for c in history if c.debtor == debtor and c.state != "failed")
        assert all((later - before).days >= 3 for before, later in pairwise(days))
        for index, day in enumerate(days):
            month = [other for other in days[index:] if (other - day).days < 30]
            assert len(month) <= 10
            assert len([other for other in month if (other - day).days < 7]) <= 3
