"""One row an organisation: when it went live, and whether its emergency stop is pulled."""

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from store.engine import Transaction
from store.tables import organisation

_OURS = sa.select(organisation).where(organisation.c.organisation == sa.bindparam("ours"))


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
    row = tx.execute(_OURS, {"ours": tx.organisation}).one_or_none()
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
