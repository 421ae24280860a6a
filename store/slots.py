"""Schedule slots: each hour of each job is done by exactly one worker, with a lease, and without a leader.

    waiting ──claim──▶ claimed ──▶ done | failed
       │                  └─ its worker died: waiting again, for whoever claims it next
       └──▶ skipped (the hour passed, and a newer one does its work)

Leases are in real time, everything else by owed's clock.
"""

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from store.engine import Transaction
from store.tables import slot


@dataclass(frozen=True, slots=True)
class Claimed:
    """A slot that a worker has begun."""

    slot_at: dt.datetime
    owner: str
    lease_until: dt.datetime


def claim(tx: Transaction, job: str, slot_at: dt.datetime, owner: str, now: dt.datetime, lease: dt.timedelta) -> bool:
    """True for the one who may do this slot. `now` is real time; a lease that ran out may be taken over."""
    row = {"organisation": tx.organisation, "job": job, "slot_at": slot_at}
    insert = (postgresql.insert if tx.is_postgresql else sqlite.insert)(slot)
    values = insert.values(**row, state="claimed", owner=owner, lease_until=now + lease, note="")
    first = values.on_conflict_do_nothing(index_elements=list(row)).returning(slot.c.job)
    if tx.execute(first).one_or_none() is not None:  # an insert's row count is not reliable on every driver
        return True
    stale = sa.and_(slot.c.state == "claimed", slot.c.lease_until < now)
    free = _one(tx, job, slot_at).where(sa.or_(slot.c.state == "waiting", stale))
    return tx.execute(free.values(state="claimed", owner=owner, lease_until=now + lease)).rowcount == 1


def claimed(tx: Transaction, job: str) -> list[Claimed]:
    """What was begun and is not finished, by whomever."""
    query = sa.select(slot.c.slot_at, slot.c.owner, slot.c.lease_until)
    mine = query.where(tx.mine(slot), slot.c.job == job, slot.c.state == "claimed")
    return [Claimed(row.slot_at, row.owner, row.lease_until) for row in tx.execute(mine.order_by(slot.c.slot_at))]


def renew(tx: Transaction, job: str, slot_at: dt.datetime, owner: str, until: dt.datetime) -> bool:
    """A living worker keeps what it has begun; false when it was taken over."""
    mine = _one(tx, job, slot_at).where(slot.c.owner == owner, slot.c.state == "claimed")
    return tx.execute(mine.values(lease_until=until)).rowcount == 1


def give_back(tx: Transaction, job: str, slot_at: dt.datetime, owner: str) -> bool:
    """A begun slot of a worker that is known to be dead: it waits again."""
    theirs = _one(tx, job, slot_at).where(slot.c.owner == owner, slot.c.state == "claimed")
    return tx.execute(theirs.values(state="waiting", owner="")).rowcount == 1


def finish(
    tx: Transaction, job: str, slot_at: dt.datetime, owner: str, state: str, now: dt.datetime, note: str
) -> bool:
    """done or failed; false when the lease was lost to another."""
    mine = _one(tx, job, slot_at).where(slot.c.owner == owner, slot.c.state == "claimed")
    return tx.execute(mine.values(state=state, finished_at=now, note=note)).rowcount == 1


def newest(tx: Transaction, job: str) -> dt.datetime | None:
    query = sa.select(sa.func.max(slot.c.slot_at)).where(tx.mine(slot), slot.c.job == job)
    found: dt.datetime | None = tx.execute(query).scalar_one()
    return found


def forget(tx: Transaction, job: str, before: dt.datetime) -> None:
    """What was done long ago."""
    tx.execute(slot.delete().where(tx.mine(slot), slot.c.job == job, slot.c.slot_at < before))


def _one(tx: Transaction, job: str, slot_at: dt.datetime) -> sa.Update:
    return slot.update().where(tx.mine(slot), slot.c.job == job, slot.c.slot_at == slot_at)
