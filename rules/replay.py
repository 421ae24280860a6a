"""What a rulebook would have sent on past days. The messages of one day are the history of the days after it.

One look a day is taken, and one more where a customer's working hours begin before the next day's look. Nobody stands
in the way: drafts count as active, every message leaves when it is due, approved or not, and each connection counts as
just read. A debtor about whom nothing has changed, and for whom no day has come, is not asked about again; the result
is the same as if everybody were asked about on every day.
"""

import bisect
import dataclasses
import datetime as dt
from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from receivables.business import Business, ConnectionState
from receivables.decisions import Decision
from receivables.history import Contacted, History
from receivables.open_items import OpenItem
from rules.evaluate import evaluate
from rules.schema import Guards, Rulebook
from rules.situation import Situation
from rules.wakes import Turns, wakes_on

Basis = Literal["known", "documents"]
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Look:
    """The business looks once a day; `at` is aware. `debts` are all debts of each debtor about whom anything changed
    since the look before (empty: none is left). `basis` says how the day was rebuilt."""

    at: dt.datetime
    debts: Mapping[str, tuple[OpenItem, ...]]
    connections: Mapping[str, ConnectionState]
    basis: Basis = "known"


class Replayed(msgspec.Struct, frozen=True):
    """Something that would have been done: `decision` is an act, taken at `at`."""

    at: dt.datetime
    decision: Decision
    basis: Basis = "known"


class Diary(History):
    """A history that grows while it is read."""

    def add(self, contact: Contacted) -> None:
        for contacts in (
            self.contacts,
            self._by_debtor[contact.debtor],
            *(self._by_invoice[invoice] for invoice in contact.invoices),
        ):
            bisect.insort(contacts, contact, key=lambda one: (one.at, one.key))


def replay(
    rulebook: Rulebook, business: Business, looks: Iterable[Look], real: Iterable[Contacted] = ()
) -> Iterator[Replayed]:
    """What would have been done, look by look, in the order of time. `real` are messages that did leave in those days,
    where they are to count as well."""
    run = _Replay(in_force(rulebook), business, sorted(real, key=lambda one: (one.at, one.key)))
    for look in looks:
        yield from run.look(look)


def in_force(rulebook: Rulebook) -> Rulebook:
    """The rulebook with its drafts active: a replay is where they are tried."""
    policies = tuple(
        dataclasses.replace(one, status="active") if one.status == "draft" else one for one in rulebook.policies
    )
    return dataclasses.replace(rulebook, policies=policies)


def contact_of(act: Decision, at: dt.datetime) -> Contacted:
    """An act as the history tells of it once it has left."""
    return Contacted(
        key=act.key,
        debtor=act.debtor,
        invoices=tuple(map(str, act.invoices)),
        policy=act.policy,
        step=act.step,
        stage=act.stage,
        channel=act.channel,
        state="sent",
        at=at,
        alongside=act.alongside,
        action=act.action,
        occasion=act.occasion,
    )


def just_read(connections: Mapping[str, ConnectionState], at: dt.datetime) -> dict[str, ConnectionState]:
    return {name: msgspec.structs.replace(state, synced_at=at) for name, state in connections.items()}


def in_working_hours(decisions: Iterable[Decision], guards: Guards, at: dt.datetime) -> dict[dt.datetime, set[str]]:
    """Debtors for whom a message only waits for working hours that begin and end before the next day's look, by the
    instant at which they begin."""
    opens, closes = (dt.datetime.combine(at, hour) for hour in (guards.send_from, guards.send_until))
    latest = at + _DAY - (closes - opens)
    found: dict[dt.datetime, set[str]] = defaultdict(set)
    for decision in decisions:
        for reason in decision.reasons:
            if reason.code == "outside_hours" and reason.until and at < reason.until <= latest:
                found[reason.until].add(decision.debtor)
    return found


@dataclass(slots=True)
class _Replay:
    """What is known on the day that was reached."""

    rulebook: Rulebook
    business: Business
    real: list[Contacted]
    diary: Diary = field(default_factory=Diary)
    debts: dict[str, tuple[OpenItem, ...]] = field(default_factory=dict)
    #: Debtors by the day on which they are to be asked about again; a debtor may stand at several.
    waking: dict[dt.date, set[str]] = field(default_factory=lambda: defaultdict(set))
    behind: frozenset[str] = frozenset()
    told: int = 0
    turns: Turns = field(init=False)

    def __post_init__(self) -> None:
        self.turns = Turns.of(self.rulebook)

    def look(self, look: Look) -> Iterator[Replayed]:
        for debtor, items in look.debts.items():
            if items:
                self.debts[debtor] = items
            else:
                self.debts.pop(debtor, None)
        situation = self._situation(look, look.at)
        asked = {*look.debts, *self._woken(situation.today), *self._reached(look.at)}
        if frozenset(situation.behind) != self.behind:
            self.behind = frozenset(situation.behind)
            asked = set(self.debts)
        decisions = yield from self._ask(asked, look, situation)
        for instant, waiting in sorted(in_working_hours(decisions, self.rulebook.guards, look.at).items()):
            yield from self._ask(waiting, look, self._situation(look, instant))

    def _situation(self, look: Look, at: dt.datetime) -> Situation:
        return Situation.of(self.business, just_read(look.connections, at), self.rulebook.guards, at)

    def _woken(self, today: dt.date) -> set[str]:
        days = [day for day in self.waking if day <= today]
        return {debtor for day in days for debtor in self.waking.pop(day)}

    def _reached(self, at: dt.datetime) -> set[str]:
        """Debtors whom a real message reached since the look before, by the keys that they have now."""
        new = []
        while self.told < len(self.real) and self.real[self.told].at <= at:
            new.append(self.real[self.told])
            self.told += 1
        owners = {str(item.invoice.ref): item.debtor for items in self.debts.values() for item in items} if new else {}
        found = {contact.debtor for contact in new}
        for contact in new:
            self.diary.add(contact)
            found |= {owners[invoice] for invoice in contact.invoices if invoice in owners}
        return found

    def _ask(
        self, debtors: Iterable[str], look: Look, situation: Situation
    ) -> Generator[Replayed, None, list[Decision]]:
        """Decide about these debtors, note what is done, and when to ask about each of them again."""
        present = {debtor: self.debts[debtor] for debtor in sorted(debtors) if debtor in self.debts}
        items = [item for debts in present.values() for item in debts]
        at = situation.now
        decisions = evaluate(self.rulebook, items, self.business, situation.connections, self.diary, at)
        by_debtor: dict[str, list[Decision]] = defaultdict(list)
        for decision in decisions:
            by_debtor[decision.debtor].append(decision)
            if decision.verdict == "act":
                self.diary.add(contact_of(decision, at))
                yield Replayed(at, decision, look.basis)
        for debtor, debts in present.items():
            day = wakes_on(by_debtor[debtor], debts, self.rulebook, self.turns, self.diary, situation)
            if day:
                self.waking[day].add(debtor)
        return decisions
