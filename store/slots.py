"""Schedule slots: each hour of each job is claimed by exactly one scheduler, with a lease, and without a leader."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from store.engine import Transaction
from store.tables import slot


def claim(tx: Transaction, job: str, slot_at: dt.datetime, owner: str, now: dt.datetime, lease: dt.timedelta) -> bool:
    """True for the one who may do this slot. `now` is real time; a lease that ran out may be taken over."""
    row = {"organisation": tx.organisation, "job": job, "slot_at": slot_at}
    insert = (postgresql.insert if tx.is_postgresql else sqlite.insert)(slot)
    values = insert.values(**row, state="claimed", owner=owner, lease_until=now + lease, note="")
    first = values.on_conflict_do_nothing(index_elements=list(row)).returning(slot.c.job)
    if tx.execute(first).one_or_none() is not None:  # an insert's row count is not reliable on every driver
        return True
    stale = _one(tx, job, slot_at).where(slot.c.state == "claimed", slot.c.lease_until < now)
    return tx.execute(stale.values(owner=owner, lease_until=now + lease)).rowcount == 1


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


def skip(tx: Transaction, job: str, slot_at: dt.datetime, now: dt.datetime) -> None:
    """Record a slot that passed while nobody worked."""
    row = {"organisation": tx.organisation, "job": job, "slot_at": slot_at}
    insert = (postgresql.insert if tx.is_postgresql else sqlite.insert)(slot)
    values = insert.values(**row, state="skipped", owner="", lease_until=now, finished_at=now, note="nobody worked")
    tx.execute(values.on_conflict_do_nothing(index_elements=list(row)))


def _one(tx: Transaction, job: str, slot_at: dt.datetime) -> sa.Update:
    return slot.update().where(tx.mine(slot), slot.c.job == job, slot.c.slot_at == slot_at)
