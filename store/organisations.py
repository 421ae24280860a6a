"""One row an organisation: when it went live, and whether its emergency stop is pulled."""

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from store.engine import Transaction
from store.tables import organisation


@dataclass(frozen=True, slots=True)
class Standing:
    """`live_at` None: nothing is sent yet. `stopped_at`: nothing leaves until the stop is lifted. `review_until`: after
    a backup was restored, a person approves every message until then."""

    live_at: dt.datetime | None
    stopped_at: dt.datetime | None
    review_until: dt.datetime | None = None


def declare(tx: Transaction, name: str, now: dt.datetime) -> None:
    insert = (postgresql.insert if tx.is_postgresql else sqlite.insert)(organisation)
    values = insert.values(organisation=tx.organisation, name=name, created_at=now)
    tx.execute(values.on_conflict_do_update(index_elements=["organisation"], set_={"name": name}))


def standing(tx: Transaction) -> Standing:
    row = tx.execute(sa.select(organisation).where(tx.mine(organisation))).one_or_none()
    return Standing(row.live_at, row.stopped_at, row.review_until) if row else Standing(None, None)


def go_live(tx: Transaction, now: dt.datetime) -> None:
    """The first go-live counts: the ramp starts there."""
    tx.execute(organisation.update().where(tx.mine(organisation), organisation.c.live_at.is_(None)).values(live_at=now))


def stop(tx: Transaction, at: dt.datetime | None) -> None:
    """Pull the emergency stop, or lift it with None."""
    tx.execute(organisation.update().where(tx.mine(organisation)).values(stopped_at=at))


def review(tx: Transaction, until: dt.datetime) -> None:
    """Messages planned before `until` wait for a person."""
    tx.execute(organisation.update().where(tx.mine(organisation)).values(review_until=until))
