"""When the hourly round is due. Slots are rows: whoever inserts one may do it, and nobody else."""

import datetime as dt

from store import slots
from sync.installation import Installation

HOURLY = "hourly"

#: A slot whose worker died may be taken over after this long.
LEASE = dt.timedelta(minutes=50)


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


def finish(installation: Installation, slot: dt.datetime, *, done: bool, note: str) -> None:
    with installation.store.write() as tx:
        state = "done" if done else "failed"
        slots.finish(tx, HOURLY, slot, installation.processes.name, state, installation.clock(), note)
