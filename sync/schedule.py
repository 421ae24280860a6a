"""When the hourly round is due. Slots are rows: whoever claims one may do it, and nobody else."""

import datetime as dt

from store import connections, slots
from store.engine import Store
from sync.installation import Installation, Processes

HOURLY = "hourly"

#: A living worker renews its leases every few seconds: one that ran out has no worker any more.
LEASE = dt.timedelta(minutes=5)

#: After a failure a connection is tried again this often.
AGAIN_AFTER = dt.timedelta(minutes=8)

#: What was done is remembered so long.
_MEMORY = dt.timedelta(days=35)


def slot_of(now: dt.datetime) -> dt.datetime:
    """The hour that `now` lies in, UTC."""
    return now.astimezone(dt.UTC).replace(minute=0, second=0, microsecond=0)


def take(store: Store, processes: Processes, wall: dt.datetime, slot: dt.datetime) -> bool:
    """Claim a slot, to do its round now. False when it is done, skipped or another's, and while a round of this
    organisation is still under way: an organisation's rounds come one after the other. `wall` is real time.

    For who knows that nobody else in this process does one of them: what it has claimed before has broken off."""
    with store.write() as tx:
        newest = slots.newest(tx, HOURLY)
        if newest is not None and newest > slot:
            return False
        for begun in slots.claimed(tx, HOURLY):
            if begun.owner == processes.name or processes.is_alive(begun.owner) is False:
                slots.give_back(tx, HOURLY, begun.slot_at, begun.owner)
            elif begun.lease_until >= wall:
                return False
        slots.forget(tx, HOURLY, slot - _MEMORY)
        return slots.claim(tx, HOURLY, slot, processes.name, wall, LEASE)


def renew(store: Store, worker: str, slot: dt.datetime, wall: dt.datetime) -> None:
    with store.write() as tx:
        slots.renew(tx, HOURLY, slot, worker, wall + LEASE)


def to_try_again(installation: Installation) -> list[str]:
    """Connections that failed a while ago. An answer to a refreshed token that was lost can be asked for again at Xero
    for half an hour only, so they cannot wait for the next hour. A try sets `tried_at` before anything else."""
    now = installation.clock()
    with installation.store.write() as tx:
        known = connections.known(tx)
        due = [
            name
            for name in installation.endpoints
            if known[name].state == "failing" and (known[name].tried_at or now) <= now - AGAIN_AFTER
        ]
        for name in due:
            connections.update(tx, name, tried_at=now)
    return due


def finish(store: Store, worker: str, slot: dt.datetime, now: dt.datetime, *, done: bool, note: str) -> None:
    with store.write() as tx:
        slots.finish(tx, HOURLY, slot, worker, "done" if done else "failed", now, note)
