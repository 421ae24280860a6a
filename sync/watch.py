"""Everything as it is now, looked at again before each handful of effects leaves: only what has changed is read again."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from receivables.business import ConnectionState
from receivables.facts import PaymentLink
from receivables.refs import Ref
from receivables.snapshot import Key, Snapshot
from reconciliation.engine import reconcile, with_links
from reconciliation.results import Reconciliation
from store import journal, organisations, outbox
from store.engine import Transaction
from store.outbox import Effect
from sync.assess import Assessment, conclude, connection_states, known_debts, load_snapshot
from sync.debts import Debts
from sync.installation import Installation
from sync.send import OwnFacts


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was concluded, and all that it rests on, beside the day."""

    grounds: "_Grounds"
    snapshot: Snapshot
    found: Reconciliation
    in_flight: Mapping[Ref, int]
    debts: Debts

    def still_holds(self, grounds: "_Grounds", now: dt.datetime) -> bool:
        same_day = self.snapshot.business.day_of(now) == self.snapshot.today and now >= self.snapshot.taken_at
        known = grounds.version is not None and self.snapshot.basis == "known"
        return known and same_day and grounds == self.grounds


class _Grounds(NamedTuple):
    version: int | None
    states: tuple[ConnectionState, ...]
    live_at: dt.datetime | None


class Watch:
    """For one delivery. Its looks decide nothing: the decisions were made when the effects were planned."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._seen: _Seen | None = None
        self._own: list[OwnFacts] = []
        self._effects: dict[str, Effect] = {}
        self._entry = -1

    def wrote(self, own: OwnFacts) -> None:
        """This delivery has saved facts itself: if they are new pay links alone, the next look need not read the rest."""
        self._own.append(own)

    def look(self, in_flight: Mapping[Ref, int]) -> Assessment:
        """`in_flight` as in assess()."""
        with self._installation.store.read() as tx:
            grounds = _Grounds(
                organisations.facts_version(tx),
                tuple(connection_states(tx, self._installation)),
                organisations.standing(tx).live_at,
            )
            self._read_effects(tx)
        if self._seen is not None:
            self._seen = self._with_own(self._seen)
        now = self._installation.clock()
        moving = {ref: amount for ref, amount in in_flight.items() if amount}
        if self._seen is None or not self._seen.still_holds(grounds, now):
            # A fact that changes between the two readings makes the number too old: the next look reads once more.
            snapshot = load_snapshot(self._installation)
            found = reconcile(snapshot, self._installation.match_policy)
            self._seen = self._with_debts(grounds, snapshot, found, moving)
        elif self._seen.in_flight != moving:
            self._seen = self._with_debts(grounds, self._seen.snapshot, self._seen.found, moving)
        seen, snapshot = self._seen, replace(self._seen.snapshot, taken_at=now)
        effects = self._effects.values()
        return conclude(self._installation, snapshot, seen.found, seen.debts, effects, grounds.live_at, decide=False)

    def _with_own(self, seen: _Seen) -> _Seen:
        """With the links of our own, one after the other; as it is where somebody else wrote in between, or where they
        are no links: then the number tells that everything has to be read."""
        version, links = seen.grounds.version, dict[Key, PaymentLink]()
        for own in self._own:
            made = {(fact.connection, fact.id): fact for fact in own.facts if isinstance(fact, PaymentLink)}
            if own.before != version or len(made) != len(own.facts):
                break
            version = own.after
            links |= made
        self._own.clear()
        if not links:
            return seen
        snapshot = replace(seen.snapshot, links=seen.snapshot.links | links)
        found = with_links(seen.found, snapshot)
        grounds = seen.grounds._replace(version=version)
        return self._with_debts(grounds, snapshot, found, seen.in_flight)

    def _with_debts(
        self, grounds: _Grounds, snapshot: Snapshot, found: Reconciliation, in_flight: Mapping[Ref, int]
    ) -> _Seen:
        debts = known_debts(self._installation, snapshot, found, grounds.live_at, in_flight)
        return _Seen(grounds, snapshot, found, in_flight, debts)

    def _read_effects(self, tx: Transaction) -> None:
        """All of them once, then those of which the journal tells something new."""
        newest = journal.head(tx).number
        if self._entry < 0:
            self._effects = {effect.id: effect for effect in outbox.listed(tx)}
        elif newest > self._entry:
            self._effects |= outbox.by_ids(tx, journal.subjects_since(tx, self._entry))
        self._entry = newest
