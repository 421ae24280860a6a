"""One row an organisation: when it went live, and whether its emergency stop is pulled."""

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from store.engine import Transaction
from store.tables import organisation

#: Of a review whose end is not known yet.
STILL_OPEN = dt.datetime(9000, 1, 1, tzinfo=dt.UTC)

_OURS = sa.select(organisation).where(organisation.c.organisation == sa.bindparam("ours"))


@dataclass(frozen=True, slots=True)
class Standing:
    """`live_at` None: nothing is sent yet. `stopped_at`: nothing leaves until the stop is lifted. `review_until`: a
    backup was restored, and what came due until then may have been done already: a person approves it."""

    live_at: dt.datetime | None
    stopped_at: dt.datetime | None
    review_until: dt.datetime | None = None


def declare(tx: Transaction, name: str, now: dt.datetime) -> None:
    insert = (postgresql.insert if tx.is_postgresql else sqlite.insert)(organisation)
    values = insert.values(organisation=tx.organisation, name=name, created_at=now)
    tx.execute(values.on_conflict_do_update(index_elements=["organisation"], set_={"name": name}))


def standing(tx: Transaction) -> Standing:
    row = tx.execute(_OURS, {"ours": tx.organisation}).one_or_none()
    return Standing(row.live_at, row.stopped_at, row.review_until) if row else Standing(None, None)


def go_live(tx: Transaction, now: dt.datetime) -> None:
    """The first go-live counts: the ramp starts there."""
    tx.execute(organisation.update().where(tx.mine(organisation), organisation.c.live_at.is_(None)).values(live_at=now))


def stop(tx: Transaction, at: dt.datetime | None) -> None:
    """Pull the emergency stop. None: it is not pulled; see `lift`."""
    tx.execute(organisation.update().where(tx.mine(organisation)).values(stopped_at=at))


def review(tx: Transaction) -> None:
    """A backup was restored: another store may still be at work for this business, until the stop is lifted."""
    tx.execute(organisation.update().where(tx.mine(organisation)).values(review_until=STILL_OPEN))


def lift(tx: Transaction, now: dt.datetime) -> None:
    """Lift the emergency stop. From now on this store is the only one, so what comes due later was never done."""
    stop(tx, None)
    still_open = sa.and_(tx.mine(organisation), organisation.c.review_until > now)
    tx.execute(organisation.update().where(still_open).values(review_until=now))


def facts_changed(tx: Transaction) -> None:
    """To be called in every transaction that writes a version of a fact, ends one, or rewrites one."""
    tx.execute(_NEXT_VERSION, {"ours": tx.organisation})


def facts_version(tx: Transaction) -> int | None:
    """The same as before: no fact has changed. None while the organisation is not declared: nobody can tell."""
    version: int | None = tx.execute(_VERSION, {"ours": tx.organisation}).scalar_one_or_none()
    return version


_VERSION = sa.select(organisation.c.facts_version).where(organisation.c.organisation == sa.bindparam("ours"))
_NEXT_VERSION = (
    organisation.update()
    .where(organisation.c.organisation == sa.bindparam("ours"))
    .values(facts_version=organisation.c.facts_version + 1)
)
