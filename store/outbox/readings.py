"""What stands in the outbox. Nothing here changes it."""

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from store import codec
from store.engine import Transaction
from store.outbox.effect import MAY_HAVE_LEFT, Effect, effect_of
from store.tables import outbox

#: Effects that are looked up in one statement.
_CHUNK = 500


def get(tx: Transaction, identifier: str) -> Effect | None:
    return _one(tx, "id", identifier)


class Frozen(NamedTuple):
    """The payload's own text, and the digest that the journal holds: of an erased one only that is left."""

    text: str
    digest: str

    @property
    def is_whole(self) -> bool:
        return codec.digest(self.text) == self.digest


def frozen(tx: Transaction, identifier: str) -> Frozen:
    """Raises sqlalchemy's NoResultFound when there is no such row."""
    query = sa.select(outbox.c.payload, outbox.c.payload_digest).where(tx.mine(outbox), outbox.c.id == identifier)
    row = tx.execute(query).one()
    return Frozen(row.payload, row.payload_digest)


def by_intent(tx: Transaction, intent: str) -> Effect | None:
    return _one(tx, "intent", intent)


def by_intents(tx: Transaction, intents: Collection[str]) -> dict[str, Effect]:
    """Those of them that are there."""
    return {effect.intent: effect for effect in _these(tx, outbox.c.intent, intents)}


def by_ids(tx: Transaction, identifiers: Collection[str]) -> dict[str, Effect]:
    """Those of them that are there."""
    return {effect.id: effect for effect in _these(tx, outbox.c.id, identifiers)}


def listed(tx: Transaction, states: Sequence[str] = ()) -> list[Effect]:
    """Effects in planning order; all states when none are named."""
    query = sa.select(outbox).where(tx.mine(outbox))
    if states:
        query = query.where(outbox.c.state.in_(states))
    return [effect_of(row) for row in tx.execute(query.order_by(outbox.c.planned_at, outbox.c.id))]


def counts(tx: Transaction) -> dict[str, int]:
    number = sa.func.count().label("number")
    query = sa.select(outbox.c.state, number).where(tx.mine(outbox)).group_by(outbox.c.state)
    return {row.state: row.number for row in tx.execute(query)}


def sent_since(tx: Transaction, since: dt.datetime, verbs: Sequence[str]) -> int:
    """Messages that left, or may have left, since an instant: for daily caps and the ramp."""
    given = {"organisation": tx.organisation, "since": since}
    return int(tx.execute(_sent_since(tuple(verbs)), given).scalar_one())


@lru_cache(maxsize=4)
def _sent_since(verbs: tuple[str, ...]) -> sa.Select[Any]:
    """Asked before each message. Without lists: SQLAlchemy writes a statement with a list anew each time it runs."""
    return sa.select(sa.func.count()).where(
        outbox.c.organisation == sa.bindparam("organisation"),
        outbox.c.started_at >= sa.bindparam("since"),
        sa.or_(*(outbox.c.verb == verb for verb in verbs)),
        sa.or_(*(outbox.c.state == state for state in MAY_HAVE_LEFT)),
    )


@lru_cache(maxsize=4)
def _one_by(column: str) -> sa.Select[Any]:
    mine = outbox.c.organisation == sa.bindparam("organisation")
    return sa.select(outbox).where(mine, outbox.c[column] == sa.bindparam("wanted"))


def _one(tx: Transaction, column: str, wanted: str) -> Effect | None:
    row = tx.execute(_one_by(column), {"organisation": tx.organisation, "wanted": wanted}).one_or_none()
    return effect_of(row) if row else None


def _these(tx: Transaction, column: sa.Column[str], values: Collection[str]) -> Iterator[Effect]:
    wanted = sorted(values)
    for start in range(0, len(wanted), _CHUNK):
        query = sa.select(outbox).where(tx.mine(outbox), column.in_(wanted[start : start + _CHUNK]))
        yield from (effect_of(row) for row in tx.execute(query))
