"""Reading facts back: as they are now, or as they were known at a past instant."""

import datetime as dt
from collections.abc import Iterator
from typing import TypeVar

import sqlalchemy as sa

from receivables.facts import PLATFORM_FACTS, Fact
from receivables.local_facts import LOCAL_FACTS
from store import codec
from store.engine import Transaction
from store.tables import FACTS, STATEMENT

F = TypeVar("F", bound=Fact)

KINDS: dict[str, type[Fact]] = {fact.kind: fact for fact in (*PLATFORM_FACTS, *LOCAL_FACTS)}


def load_facts(tx: Transaction, known_at: dt.datetime | None = None) -> Iterator[Fact]:
    """Every fact of the organisation, as known at `known_at` (None: now)."""
    for table in (*FACTS.values(), STATEMENT):
        query = sa.select(table.c.kind, table.c.body).where(tx.mine(table), _known(table, known_at))
        for row in tx.execute(query.order_by(table.c.connection, table.c.id)):
            yield codec.decode(row.body, KINDS[row.kind])


def current(tx: Transaction, kind: type[F]) -> list[F]:
    """All current facts of one kind of platform fact."""
    table = FACTS[kind.kind]
    query = sa.select(table.c.body).where(tx.mine(table), table.c.known_to.is_(None))
    return [codec.decode(row.body, kind) for row in tx.execute(query.order_by(table.c.connection, table.c.id))]


def stated(tx: Transaction, kind: type[F], subject: str) -> list[F]:
    """What was stated of one kind about one subject, as it is now."""
    here = sa.and_(tx.mine(STATEMENT), STATEMENT.c.known_to.is_(None), STATEMENT.c.subject == subject)
    query = sa.select(STATEMENT.c.body).where(here, STATEMENT.c.kind == kind.kind)
    return [codec.decode(row.body, kind) for row in tx.execute(query.order_by(STATEMENT.c.id))]


def all_stated(tx: Transaction, kind: type[F]) -> list[F]:
    """What was stated of one kind about anything, as it is now."""
    here = sa.and_(tx.mine(STATEMENT), STATEMENT.c.known_to.is_(None), STATEMENT.c.kind == kind.kind)
    query = sa.select(STATEMENT.c.body).where(here).order_by(STATEMENT.c.id)
    return [codec.decode(row.body, kind) for row in tx.execute(query)]


def _known(table: sa.Table, at: dt.datetime | None) -> sa.ColumnElement[bool]:
    if at is None:
        return table.c.known_to.is_(None)
    return sa.and_(table.c.known_from <= at, sa.or_(table.c.known_to.is_(None), table.c.known_to > at))


def first_known_at(tx: Transaction) -> dt.datetime | None:
    """When the oldest platform fact was learned: days before it cannot be rebuilt from what was known."""
    first = [
        tx.execute(sa.select(sa.func.min(table.c.known_from)).where(tx.mine(table))).scalar_one()
        for table in FACTS.values()
    ]
    known = [instant for instant in first if instant is not None]
    return min(known, default=None)


def every_version(tx: Transaction) -> Iterator[tuple[dt.datetime, dt.datetime | None, Fact]]:
    """Every version of every fact, with the instants from which and until which (None: still) it was what was known."""
    for table in (*FACTS.values(), STATEMENT):
        query = sa.select(table.c.known_from, table.c.known_to, table.c.kind, table.c.body).where(tx.mine(table))
        for row in tx.execute(query.order_by(table.c.connection, table.c.id, table.c.known_from)):
            yield row.known_from, row.known_to, codec.decode(row.body, KINDS[row.kind])


def versions(tx: Transaction, kind: str, connection: str, identifier: str) -> list[tuple[dt.datetime, Fact]]:
    """Every version of one fact with the instant it became known, oldest first."""
    table = FACTS.get(kind, STATEMENT)
    query = sa.select(table.c.known_from, table.c.kind, table.c.body).where(
        tx.mine(table), table.c.connection == connection, table.c.id == identifier
    )
    return [
        (row.known_from, codec.decode(row.body, KINDS[row.kind]))
        for row in tx.execute(query.order_by(table.c.known_from))
    ]
