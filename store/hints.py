"""What platforms told us by webhooks: kept once, until the records were read again."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from store.engine import Transaction
from store.tables import connection as connections
from store.tables import hint

#: Followed hints are kept this long, to know a late repeat of the same event.
_MEMORY = dt.timedelta(days=35)


@dataclass(frozen=True, slots=True)
class Told:
    """One record that a platform says has changed, by its event."""

    stream: str
    id: str
    event: str


def keep(tx: Transaction, connection: str, told: Iterable[Told], now: dt.datetime) -> int:
    """Keep what is new and return how many that was. Marks the connection as one that tells by itself."""
    insert = (postgresql.insert if tx.is_postgresql else sqlite.insert)(hint).on_conflict_do_nothing()
    new = 0
    for one in told:
        row = {"connection": connection, "event": one.event, "stream": one.stream, "id": one.id, "received_at": now}
        found = tx.execute(insert.values(organisation=tx.organisation, **row).returning(hint.c.event)).first()
        new += found is not None
    tx.execute(connections.update().where(tx.mine(connections), connections.c.name == connection).values(hinted_at=now))
    return new


def waiting(tx: Transaction, connection: str) -> dict[str, list[str]]:
    """Ids by stream that are to be read again, each once, in the order in which they came."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    query = sa.select(hint.c.stream, hint.c.id).where(_open(tx, connection)).order_by(hint.c.received_at)
    for row in tx.execute(query):
        found[row.stream][row.id] = None
    return {stream: list(ids) for stream, ids in found.items()}


def connections_waiting(tx: Transaction) -> list[str]:
    """The connections that have something to read again."""
    query = sa.select(hint.c.connection).where(tx.mine(hint), hint.c.followed_at.is_(None)).distinct()
    return list(tx.execute(query.order_by(hint.c.connection)).scalars())


def follow(tx: Transaction, connection: str, until: dt.datetime, now: dt.datetime) -> None:
    """Everything that was told up to `until` has been read again. Forgets very old ones."""
    here = sa.and_(_open(tx, connection), hint.c.received_at <= until)
    tx.execute(hint.update().where(here).values(followed_at=now))
    old = sa.and_(tx.mine(hint), hint.c.connection == connection, hint.c.followed_at < now - _MEMORY)
    tx.execute(hint.delete().where(old))


def _open(tx: Transaction, connection: str) -> sa.ColumnElement[bool]:
    return sa.and_(tx.mine(hint), hint.c.connection == connection, hint.c.followed_at.is_(None))
