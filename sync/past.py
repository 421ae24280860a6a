"""Past days with what was known then: one look of the business a day, telling of the debtors for whom anything changed.

Days before the first sync are rebuilt from the dates on documents. The debts of a day are worked out as on any day:
reconciled, with assumed terms, shared addresses and the backlog of a business that goes live on the first day. What the
owner answered once for all (sent elsewhere, who is one debtor, whom not to chase) counts on every day.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from receivables.business import BOOKS, Business, ConnectionState
from receivables.facts import Contact, CreditNote, Fact, Invoice, Payment, Refund
from receivables.local_facts import Confirmation, LocalFact, Release, SameDebtor
from receivables.open_items import OpenItem
from receivables.refs import Ref
from receivables.rewind import rewind
from receivables.snapshot import Snapshot, take
from reconciliation.assumed_terms import with_assumed_terms
from reconciliation.engine import reconcile
from reconciliation.policy import MatchPolicy
from reconciliation.shared_addresses import with_shared_addresses
from rules.replay import Basis, Look
from sync.assess import with_backlog
from sync.contacts import with_contacts
from sync.families import COMMON, Families

#: When the business looks, by its own clock.
_LOOKS_AT = dt.time(10)
_DAY = dt.timedelta(days=1)
#: After its settlement a debt is told of for seven days, and counts for its debtor's habit for two years.
_AFTER_PAYMENT = (0, 8, 731)

#: Later than any day that can be asked about.
_NEVER = dt.datetime(9000, 1, 1, tzinfo=dt.UTC)

#: What the owner answers once, for the past as well.
_FOR_ALL_DAYS = (Confirmation, Release, SameDebtor)


class Version(NamedTuple):
    """One version of a fact, and from when until when (None: still) it was what was known. Instants are UTC."""

    known_from: dt.datetime
    known_to: dt.datetime | None
    fact: Fact


@dataclass(frozen=True, slots=True)
class Past:
    """All that was ever known. `first` is when the oldest platform fact was learned (None: nobody noted it, and every
    day is rebuilt from documents); `states` are today's connections."""

    business: Business
    states: Mapping[str, ConnectionState]
    versions: Sequence[Version]
    first: dt.datetime | None
    policy: MatchPolicy = field(default_factory=MatchPolicy)
    contacts: Mapping[str, tuple[Contact, ...]] = field(default_factory=dict)

    def today(self) -> list[Fact]:
        """The facts in force now."""
        return [one.fact for one in self.versions if one.known_to is None]


def looks(past: Past, start: dt.date, end: dt.date, tell: Callable[[], None] = lambda: None) -> Iterator[Look]:
    """A look on each day of the business from `start` to `end`, both included; `tell` is called after each."""
    walk = _Walk(past, _moment(past.business, start))
    day = start
    while day <= end:
        yield walk.look(_moment(past.business, day))
        tell()
        day += _DAY


def _moment(business: Business, day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, _LOOKS_AT, ZoneInfo(business.timezone)).astimezone(dt.UTC)


class _Walk:
    """The days one after the other; its state is what is known on the day that was reached."""

    def __init__(self, past: Past, live_at: dt.datetime) -> None:
        self.past, self.business, self.live_at = past, past.business, live_at
        self.first = past.first or _NEVER
        self.states = {name: _assumed(state) for name, state in past.states.items()}
        self.families = Families((one.fact for one in past.versions), past.states)
        self.facts: dict[str, dict[Ref, Fact]] = defaultdict(dict)
        self.answers: dict[str, list[LocalFact]] = defaultdict(list)
        self.confirmed: dict[str, list[dt.date]] = defaultdict(list)
        self.receipts: dict[str, Counter[dt.date]] = defaultdict(Counter)
        self.debts: dict[str, dict[str, tuple[OpenItem, ...]]] = {}
        #: Families by the day on which they are to be worked out again though no fact is new.
        self.agenda: dict[dt.date, set[str]] = defaultdict(set)
        self.basis: Basis | None = None
        self._hear(past.today())
        self._events = sorted(_events(past.versions), key=lambda event: event[:2])
        self._reached = 0

    def look(self, at: dt.datetime) -> Look:
        basis: Basis = "known" if at >= self.first else "documents"
        today = self.business.day_of(at)
        changed = self._learn(max(at, self.first))
        for day in [day for day in self.agenda if day <= today]:
            changed |= self.agenda.pop(day)
        if basis != self.basis or COMMON in changed:
            changed = {*self.facts, *self.debts}
        self.basis = basis
        debts: dict[str, tuple[OpenItem, ...]] = {}
        for family in sorted(changed - {COMMON}):
            debts |= self._work_out(family, at)
        return Look(at, debts, self._connections(today), basis)

    def _hear(self, facts: Iterable[Fact]) -> None:
        """The owner's answers of today that hold for all days."""
        for fact in facts:
            if isinstance(fact, Confirmation) and fact.question == "receipts_complete":
                if fact.stated_at:
                    self.confirmed[fact.subject].append(self.business.day_of(fact.stated_at))
            elif isinstance(fact, _FOR_ALL_DAYS):
                began = min(filter(None, (fact.stated_at, self.live_at)))
                family = self.families.of(fact)
                self.answers[COMMON if family is None else family].append(
                    msgspec.structs.replace(fact, stated_at=began) if isinstance(fact, Release) else fact
                )

    def _learn(self, at: dt.datetime) -> set[str]:
        """Take in what became known, or ceased to be so, up to an instant; the families concerned."""
        changed: set[str] = set()
        while self._reached < len(self._events) and self._events[self._reached][0] <= at:
            _, begins, _, fact = self._events[self._reached]
            self._reached += 1
            family = self.families.of(fact)
            self._count_receipt(fact, 1 if begins else -1)
            if family is None:
                continue
            changed.add(family)
            if not begins:
                self.facts[family].pop(fact.ref, None)
                continue
            self.facts[family][fact.ref] = fact
            for day in _days(fact, self.business):
                self.agenda[day].add(family)
        return changed

    def _count_receipt(self, fact: Fact, number: int) -> None:
        if isinstance(fact, Payment) and fact.paid_on:
            self.receipts[fact.connection][fact.paid_on] += number

    def _work_out(self, family: str, at: dt.datetime) -> dict[str, tuple[OpenItem, ...]]:
        """The debts of those debtors of a family for whom they are others than before."""
        snapshot = self._snapshot(family, at)
        owed = with_assumed_terms(reconcile(snapshot, self.past.policy).items, self.business)
        known = with_shared_addresses(owed, snapshot.local)
        found: dict[str, list[OpenItem]] = defaultdict(list)
        for item in with_contacts(with_backlog(known, self.business, self.live_at), self.past.contacts):
            found[item.debtor].append(item)
        before = self.debts.get(family, {})
        now = {debtor: tuple(items) for debtor, items in found.items()}
        self.debts[family] = now
        gone: dict[str, tuple[OpenItem, ...]] = {debtor: () for debtor in before if debtor not in now}
        return gone | {debtor: items for debtor, items in now.items() if before.get(debtor) != items}

    def _snapshot(self, family: str, at: dt.datetime) -> Snapshot:
        facts = [*self.facts[family].values(), *(self.facts[COMMON].values() if family != COMMON else ())]
        states = self.states.values()
        if self.basis == "documents":
            found = rewind(take(self.business, self.first, states, facts), at)
        else:
            found = take(self.business, at, states, facts)
        return replace(found, local=(*found.local, *self.answers[family], *self.answers[COMMON]))

    def _connections(self, today: dt.date) -> dict[str, ConnectionState]:
        """As `sync.receipts` has it on a day, of a business that went live on the first day of all. On a day rebuilt
        from documents every receipt is there on its own day: the books are never behind."""
        found = dict(self.states)
        complete_on = today if self.basis == "documents" else self.business.day_of(self.live_at)
        for name, state in found.items():
            if state.platform in BOOKS:
                days = (day for day, count in self.receipts[name].items() if count > 0 and day <= today)
                said = (day for day in self.confirmed[name] if day <= today)
                found[name] = msgspec.structs.replace(
                    state, newest_receipt_on=max(days, default=None), receipts_complete_on=max((complete_on, *said))
                )
        return found


def _assumed(state: ConnectionState) -> ConnectionState:
    """Reminders by the platform itself count as switched off where nobody has told."""
    reminds = bool(state.reminds_by_itself)
    return msgspec.structs.replace(state, synced_at=None, counted_at=None, reminds_by_itself=reminds)


def _events(versions: Iterable[Version]) -> Iterator[tuple[dt.datetime, bool, int, Fact]]:
    """(instant, begins, place, fact): at one instant an old version ends before a new one begins."""
    for place, (known_from, known_to, fact) in enumerate(versions):
        if isinstance(fact, _FOR_ALL_DAYS) or (known_to is not None and known_to <= known_from):
            continue
        yield known_from, True, place, fact
        if known_to is not None:
            yield known_to, False, place, fact


def _days(fact: Fact, business: Business) -> Iterator[dt.date]:
    """Days on which what a fact says comes to count, or counts no longer."""
    if isinstance(fact, LocalFact):
        stated_on = business.day_of(fact.stated_at) if fact.stated_at else None
        yield from (stated_on, stated_on + _DAY) if stated_on else ()
    elif isinstance(fact, Refund):
        yield from (fact.refunded_on,) if fact.refunded_on else ()
    elif isinstance(fact, Invoice | Payment | CreditNote):
        issued = (fact.paid_on,) if isinstance(fact, Payment) else (fact.issue_on,)
        yield from filter(None, issued)
        settled = [one.on for one in fact.allocations]
        if not isinstance(fact, CreditNote):
            settled.append(fact.paid_on)
        for day in filter(None, settled):
            yield from (day + after * _DAY for after in _AFTER_PAYMENT)
