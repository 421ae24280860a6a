"""Ids, versions and balances of what the store holds now: what a census of a platform is compared with."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from receivables.facts import Fact
from store import codec
from store.engine import Transaction
from store.snapshots import KINDS
from store.tables import FACTS

_PAGE = 5_000


@dataclass(frozen=True, slots=True)
class Held:
    """`open` in minor units, of a customer its balance; None for kinds that have none, and `status` is "" for those."""

    id: str
    version: str
    open: int | None
    status: str

    @property
    def is_over(self) -> bool:
        """Closed already: some lists of a platform leave such records out."""
        return self.status in {"void", "deleted", "failed"}


def of_ids(tx: Transaction, kind: str, connection: str, ids: Sequence[str]) -> dict[str, Held]:
    """The current records among `ids`."""
    table = FACTS[kind]
    found: dict[str, Held] = {}
    for start in range(0, len(ids), _PAGE):
        wanted = table.c.id.in_(ids[start : start + _PAGE])
        query = sa.select(table.c.id, table.c.body).where(_current(tx, table, connection), wanted)
        found.update((row.id, _held(row.body, KINDS[kind])) for row in tx.execute(query))
    return found


def pages(tx: Transaction, kind: str, connection: str, known_before: dt.datetime) -> Iterator[list[Held]]:
    """All current records that were known before an instant, ordered by id, a page at a time."""
    table = FACTS[kind]
    after = ""
    while True:
        query = sa.select(table.c.id, table.c.body).where(
            _current(tx, table, connection), table.c.known_from < known_before, table.c.id > after
        )
        rows = tx.execute(query.order_by(table.c.id).limit(_PAGE)).all()
        if not rows:
            return
        yield [_held(row.body, KINDS[kind]) for row in rows]
        after = rows[-1].id


def is_empty(tx: Transaction, kind: str, connection: str) -> bool:
    """Nothing of this kind is known of the connection."""
    table = FACTS[kind]
    return tx.execute(sa.select(table.c.id).where(_current(tx, table, connection)).limit(1)).first() is None


def last_learned_at(tx: Transaction, kind: str, connection: str) -> dt.datetime | None:
    """When the newest version of a record of this kind became known."""
    table = FACTS[kind]
    query = sa.select(sa.func.max(table.c.known_from)).where(_current(tx, table, connection))
    found: dt.datetime | None = tx.execute(query).scalar_one()
    return found


def _current(tx: Transaction, table: sa.Table, connection: str) -> sa.ColumnElement[bool]:
    return sa.and_(tx.mine(table), table.c.connection == connection, table.c.known_to.is_(None))


def _held(body: str, kind: type[Fact]) -> Held:
    fact = codec.decode(body, kind)
    return Held(
        fact.id, fact.version, getattr(fact, "open", getattr(fact, "balance", None)), getattr(fact, "status", "")
    )
