"""When the hourly round is due. Slots are rows: whoever inserts one may do it, and nobody else."""

import datetime as dt

from store import connections, slots
from sync.installation import Installation

HOURLY = "hourly"

#: A slot whose worker died may be taken over after this long.
LEASE = dt.timedelta(minutes=50)

#: After a failure a connection is tried again this often.
_AGAIN_AFTER = dt.timedelta(minutes=8)


def slot_of(now: dt.datetime) -> dt.datetime:
    """The hour that `now` lies in, UTC."""
    return now.astimezone(dt.UTC).replace(minute=0, second=0, microsecond=0)


def claim_due(installation: Installation) -> dt.datetime | None:
    """Claim this hour's slot; None when somebody has it or has done it. Hours that were missed are recorded as skipped:
    a round brings everything up to date, so only the newest is worth doing."""
    now = installation.clock()
    slot = slot_of(now)
    with installation.store.write() as tx:
        last = slots.newest(tx, HOURLY)
        mine = slots.claim(tx, HOURLY, slot, installation.processes.name, installation.wall(), LEASE)
        if mine and last is not None:
            missed = last + dt.timedelta(hours=1)
            while missed < slot and slot - missed < dt.timedelta(days=31):
                slots.skip(tx, HOURLY, missed, now)
                missed += dt.timedelta(hours=1)
    return slot if mine else None


def to_try_again(installation: Installation) -> list[str]:
    """Connections that failed a while ago. An answer to a refreshed token that was lost can be asked for again at Xero
    for half an hour only, so they cannot wait for the next hour. A try sets `tried_at` before anything else."""
    now = installation.clock()
    with installation.store.write() as tx:
        known = connections.known(tx)
        due = [
            name
            for name in installation.endpoints
            if known[name].state == "failing" and (known[name].tried_at or now) <= now - _AGAIN_AFTER
        ]
        for name in due:
            connections.update(tx, name, tried_at=now)
    return due


def finish(installation: Installation, slot: dt.datetime, *, done: bool, note: str) -> None:
    with installation.store.write() as tx:
        state = "done" if done else "failed"
        slots.finish(tx, HOURLY, slot, installation.processes.name, state, installation.clock(), note)
