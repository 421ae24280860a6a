"""The one place beside `store.figures` that looks over organisations: whose hour is due, and where something waits to
be read.

It touches slots, and looks at hints and at the state of connections: never at facts, messages or credentials. Every
statement names the organisations that this worker serves; what others keep in the same database is not touched.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from store.engine import Transaction
from store.tables import connection, hint, slot

#: The transactions of a roster belong to nobody: `Store(engine, NOBODY)`.
NOBODY = ""

#: Organisations in one statement.
_CHUNK = 500
_HOUR = dt.timedelta(hours=1)

#: An outage is recorded hour by hour, up to this many.
_MOST_HOURS = 31 * 24

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Due:
    """A slot that nobody has finished. `owner` is "" while it waits."""

    organisation: str
    owner: str
    lease_until: dt.datetime


def open_slots(tx: Transaction, organisations: Sequence[str], job: str, slot_at: dt.datetime, now: dt.datetime) -> int:
    """Make sure that each has its slot of this hour; how many are new. `now` is real time.

    Hours that nobody did are recorded as skipped: a round brings everything up to date, so only the newest counts.
    """
    opened = 0
    for some in _chunks(organisations):
        last = _newest(tx, some, job)
        missing = [one for one in some if one not in last or last[one] < slot_at]
        _close_older(tx, missing, job, slot_at, now)
        rows = [_row(one, job, at, "skipped", now) for one in missing for at in _between(last.get(one), slot_at)]
        _insert(tx, rows)
        _insert(tx, [_row(one, job, slot_at, "waiting", now) for one in missing])
        opened += len(missing)
    return opened


def due(tx: Transaction, organisations: Sequence[str], job: str, slot_at: dt.datetime) -> list[Due]:
    """Slots of this hour that wait, or that somebody has begun."""
    found = []
    for some in _chunks(organisations):
        query = sa.select(slot.c.organisation, slot.c.owner, slot.c.lease_until).where(
            slot.c.organisation.in_(some),
            slot.c.job == job,
            slot.c.slot_at == slot_at,
            slot.c.state.in_(("waiting", "claimed")),
        )
        found += [Due(row.organisation, row.owner, row.lease_until) for row in tx.execute(query)]
    return found


def last_finished(
    tx: Transaction, organisations: Sequence[str], job: str, since: dt.datetime
) -> dict[str, dt.datetime]:
    """When each one's newest round ended, of the slots since an hour: who has waited longest is served first."""
    found: dict[str, dt.datetime] = {}
    for some in _chunks(organisations):
        query = sa.select(slot.c.organisation, sa.func.max(slot.c.finished_at).label("at")).where(
            slot.c.organisation.in_(some), slot.c.job == job, slot.c.slot_at >= since, slot.c.state == "done"
        )
        found |= {row.organisation: row.at for row in tx.execute(query.group_by(slot.c.organisation))}
    return found


def promise_a_hint(
    tx: Transaction, organisations: Sequence[str], job: str, slot_at: dt.datetime, now: dt.datetime, until: dt.datetime
) -> list[str]:
    """Of the waiting slots those for which no other dispatcher has sent a hint that may still arrive; from now until
    then (real time) they are ours to send."""
    mine: list[str] = []
    for some in _chunks(organisations):
        free = slot.update().where(
            slot.c.organisation.in_(some),
            slot.c.job == job,
            slot.c.slot_at == slot_at,
            slot.c.state == "waiting",
            slot.c.lease_until <= now,
        )
        mine += tx.execute(free.values(lease_until=until).returning(slot.c.organisation)).scalars()
    return mine


def take_back_hints(
    tx: Transaction, organisations: Sequence[str], job: str, slot_at: dt.datetime, now: dt.datetime
) -> None:
    """The broker did not take them: they may be sent again at once."""
    for some in _chunks(organisations):
        here = sa.and_(slot.c.organisation.in_(some), slot.c.job == job, slot.c.slot_at == slot_at)
        tx.execute(slot.update().where(here, slot.c.state == "waiting").values(lease_until=now))


def give_back(tx: Transaction, slots: Sequence[Due], job: str, slot_at: dt.datetime, now: dt.datetime) -> None:
    """Begun slots whose workers are dead: they wait again."""
    owners = sorted({one.owner for one in slots})
    for some in _chunks([one.organisation for one in slots]):
        here = sa.and_(slot.c.organisation.in_(some), slot.c.job == job, slot.c.slot_at == slot_at)
        theirs = slot.update().where(here, slot.c.state == "claimed", slot.c.owner.in_(owners))
        tx.execute(theirs.values(state="waiting", owner="", lease_until=now))


def listening(tx: Transaction, organisations: Sequence[str], tried_before: dt.datetime) -> set[str]:
    """Who has records that a platform told of, at a connection that works, or a connection that failed a while ago."""
    found: set[str] = set()
    for some in _chunks(organisations):
        failed = sa.select(connection.c.organisation).where(
            connection.c.organisation.in_(some),
            connection.c.state == "failing",
            connection.c.tried_at <= tried_before,
        )
        same = sa.and_(hint.c.organisation == connection.c.organisation, hint.c.connection == connection.c.name)
        told = (
            sa.select(hint.c.organisation)
            .join(connection, same)
            .where(hint.c.organisation.in_(some), hint.c.followed_at.is_(None), connection.c.state == "ok")
        )
        found |= {*tx.execute(failed).scalars(), *tx.execute(told.distinct()).scalars()}
    return found


def _newest(tx: Transaction, some: Sequence[str], job: str) -> dict[str, dt.datetime]:
    query = sa.select(slot.c.organisation, sa.func.max(slot.c.slot_at).label("at"))
    wanted = query.where(slot.c.organisation.in_(some), slot.c.job == job).group_by(slot.c.organisation)
    return {row.organisation: row.at for row in tx.execute(wanted)}


def _between(last: dt.datetime | None, slot_at: dt.datetime) -> Iterator[dt.datetime]:
    """The hours that passed since the last one; none for whoever is new."""
    at = max(last + _HOUR, slot_at - _MOST_HOURS * _HOUR) if last else slot_at
    while at < slot_at:
        yield at
        at += _HOUR


def _close_older(tx: Transaction, some: Sequence[str], job: str, slot_at: dt.datetime, now: dt.datetime) -> None:
    older = sa.and_(slot.c.organisation.in_(some), slot.c.job == job, slot.c.slot_at < slot_at)
    waiting = slot.update().where(older, slot.c.state == "waiting")
    tx.execute(waiting.values(state="skipped", finished_at=now, note="no worker had time"))
    dead = slot.update().where(older, slot.c.state == "claimed", slot.c.lease_until < now)
    tx.execute(dead.values(state="failed", finished_at=now, note="its worker died"))


def _row(organisation: str, job: str, slot_at: dt.datetime, state: str, now: dt.datetime) -> dict[str, object]:
    skipped = state == "skipped"
    done = {"finished_at": now if skipped else None, "note": "nobody worked" if skipped else ""}
    row = {"organisation": organisation, "job": job, "slot_at": slot_at, "state": state, "owner": ""}
    return {**row, "lease_until": now, **done}


def _insert(tx: Transaction, rows: list[dict[str, object]]) -> None:
    insert = (postgresql.insert if tx.is_postgresql else sqlite.insert)(slot)
    for some in _chunks(rows):
        tx.execute(insert.on_conflict_do_nothing(), list(some))


def _chunks(many: Sequence[T]) -> Iterator[Sequence[T]]:
    return (many[start : start + _CHUNK] for start in range(0, len(many), _CHUNK))
