"""Finds in the rows what is due, for many organisations at once, and sends a hint for each.

Any number of dispatchers may run. With a queue that they share one hint is sent for a slot, and again when it was not
heard for a while; with a queue of its own each process sends all of them to itself, and the slot's claim decides.
"""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from connectors.protocol import Clock
from store import roster
from store.engine import Store
from store.roster import Due
from sync.actors import Actors
from sync.broker import BrokerAway
from sync.installation import Processes
from sync.schedule import AGAIN_AFTER, HOURLY, slot_of

#: A hint that was not followed for so long is sent again.
_HEARD_WITHIN = dt.timedelta(minutes=10)
_LISTEN_AGAIN = dt.timedelta(minutes=1)

#: Hints that are promised and sent together: so many at most wait for nothing when a dispatcher dies.
_AT_ONCE = 500

#: How far back the order of the last rounds is looked up.
_RECENT = dt.timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class Group:
    """The organisations of one database. `store` belongs to nobody (roster.NOBODY)."""

    store: Store
    organisations: tuple[str, ...]


@dataclass(slots=True)
class Dispatcher:
    """`clock` is owed's, `wall` real time. `is_shared`: other processes take hints from the same queue."""

    actors: Actors
    clock: Clock
    wall: Clock
    processes: Processes
    is_shared: bool
    _opened: dict[str, dt.datetime] = field(default_factory=dict)
    #: What this process has sent: organisation -> (the slot or "", real time).
    _rounds: dict[str, tuple[dt.datetime, dt.datetime]] = field(default_factory=dict)
    _listening: dict[str, dt.datetime] = field(default_factory=dict)

    def dispatch(self, group: Group) -> int:
        """Send hints for the rounds that are due now; how many. Raises BrokerAway."""
        slot = slot_of(self.clock())
        new = [one for one in group.organisations if self._opened.get(one) != slot]
        again = self.actors.work.to_begin_again(group.organisations)
        with group.store.write() as tx:
            roster.open_slots(tx, new, HOURLY, slot, self.wall())
            roster.take_back_hints(tx, sorted(again), HOURLY, slot, self.wall())
            due = roster.due(tx, group.organisations, HOURLY, slot)
            gone = [one for one in due if self._is_abandoned(one, again)]
            roster.give_back(tx, gone, HOURLY, slot, self.wall())
            last = roster.last_finished(tx, [one.organisation for one in due], HOURLY, slot - _RECENT)
        self.actors.work.begins_again(again)
        abandoned = {one.organisation for one in gone}
        for organisation in abandoned | again:
            self._rounds.pop(organisation, None)  # its hint was heard, and came to nothing
        self._opened.update(dict.fromkeys(new, slot))
        beginning = dt.datetime.min.replace(tzinfo=dt.UTC)
        waiting = [one.organisation for one in due if not one.owner or one.organisation in abandoned]
        waiting.sort(key=lambda one: (last.get(one, beginning), one))
        return self._send_shared(group, waiting, slot) if self.is_shared else self._send_own(waiting, slot)

    def listen(self, group: Group) -> int:
        """Send hints for what waits between the rounds; how many. Raises BrokerAway."""
        wall = self.wall()
        with group.store.read() as tx:
            found = roster.listening(tx, group.organisations, self.clock() - AGAIN_AFTER)
        late = [one for one in sorted(found) if self._listening.get(one, wall - _LISTEN_AGAIN) <= wall - _LISTEN_AGAIN]
        for organisation in late:
            self.actors.listen(organisation)
            self._listening[organisation] = wall
        return len(late)

    def _is_abandoned(self, slot: Due, again: Collection[str]) -> bool:
        """Its worker is dead, or has not been heard of for a whole lease, or is this one, where it broke off."""
        if slot.owner == self.processes.name and slot.organisation in again:
            return True
        gone = slot.lease_until < self.wall() or self.processes.is_alive(slot.owner) is False
        return bool(slot.owner) and gone

    def _send_own(self, waiting: Iterable[str], slot: dt.datetime) -> int:
        wall, count = self.wall(), 0
        for organisation in waiting:
            sent_for, sent_at = self._rounds.get(organisation, (None, wall))
            if sent_for != slot or sent_at <= wall - _HEARD_WITHIN:
                self.actors.round(organisation, slot.isoformat())
                self._rounds[organisation] = slot, wall
                count += 1
        return count

    def _send_shared(self, group: Group, waiting: list[str], slot: dt.datetime) -> int:
        return sum(
            self._promise_and_send(group, waiting[start : start + _AT_ONCE], slot)
            for start in range(0, len(waiting), _AT_ONCE)
        )

    def _promise_and_send(self, group: Group, some: list[str], slot: dt.datetime) -> int:
        wall = self.wall()
        with group.store.write() as tx:
            mine = set(roster.promise_a_hint(tx, some, HOURLY, slot, wall, wall + _HEARD_WITHIN))
        unsent = [one for one in some if one in mine]
        try:
            while unsent:
                self.actors.round(unsent[0], slot.isoformat())
                unsent.pop(0)
        except BrokerAway:
            with group.store.write() as tx:
                roster.take_back_hints(tx, unsent, HOURLY, slot, wall)
            raise
        return len(mine)
