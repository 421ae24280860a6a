"""What another rulebook would change today: the same debts and history, decided by both."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from receivables.business import Business, ConnectionState
from receivables.decisions import Decision
from receivables.history import History
from receivables.open_items import OpenItem
from receivables.refs import Ref
from rules.evaluate import evaluate
from rules.schema import Rulebook


class Change(msgspec.Struct, frozen=True):
    """One invoice that the two rulebooks decide on differently."""

    invoice: Ref
    debtor: str
    before: Decision
    after: Decision

    @property
    def text(self) -> str:
        return f"{_words(self.before)} → {_words(self.after)}"


class Difference(msgspec.Struct, frozen=True):
    """`messages` counts the acts by step, before and after, where the two differ."""

    changes: tuple[Change, ...]
    messages: dict[str, tuple[int, int]]


def diff(
    before: Rulebook,
    after: Rulebook,
    items: Iterable[OpenItem],
    business: Business,
    connections: Mapping[str, ConnectionState],
    history: History,
    now: dt.datetime,
) -> Difference:
    """Compare what both rulebooks say at one instant; texts and the time until something changes do not matter."""
    everything = list(items)
    first = evaluate(before, everything, business, connections, history, now)
    second = evaluate(after, everything, business, connections, history, now)
    old, new = _by_invoice(first), _by_invoice(second)
    changes = [
        Change(ref, old[ref].debtor, old[ref], new[ref])
        for ref in sorted(old)
        if _essence(old[ref]) != _essence(new[ref])
    ]
    was, will = _acts(first), _acts(second)
    messages = {step: (was[step], will[step]) for step in sorted({*was, *will}) if was[step] != will[step]}
    return Difference(tuple(changes), messages)


def _by_invoice(decisions: Iterable[Decision]) -> dict[Ref, Decision]:
    return {ref: decision for decision in decisions for ref in decision.invoices}


def _essence(decision: Decision) -> tuple[object, ...]:
    """What the debtor or the owner would notice."""
    reasons = () if decision.verdict == "act" else tuple(reason.code for reason in decision.reasons)
    step = decision.step if decision.verdict != "suppress" else ""
    return decision.verdict, step, decision.channel, decision.template, decision.approval, reasons


def _acts(decisions: Iterable[Decision]) -> Counter[str]:
    return Counter(f"{decision.policy}/{decision.step}" for decision in decisions if decision.verdict == "act")


def _words(decision: Decision) -> str:
    if decision.verdict == "act":
        asks = " for approval" if decision.approval else ""
        return f"{decision.policy}/{decision.step} by {decision.channel}{asks}"
    step = f" {decision.step}" if decision.verdict == "hold" and decision.step else ""
    return f"{decision.verdict}{step} ({', '.join(reason.code for reason in decision.reasons)})"
