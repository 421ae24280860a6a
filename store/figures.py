"""Counts for a monitor: what waits, and since when. One organisation at a time, and nothing about anybody."""

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from store import outbox
from store.engine import Transaction
from store.tables import difference, hint, problem, slot
from store.tables import outbox as effects


@dataclass(frozen=True, slots=True)
class Figures:
    """`oldest_slot_at` is the oldest hour that nobody has finished; `oldest_effect_at` the oldest approved one."""

    outbox: dict[str, int]
    breaks_open: int
    problems_open: int
    hints_waiting: int
    slots: dict[str, int]
    oldest_slot_at: dt.datetime | None
    oldest_effect_at: dt.datetime | None


def figures(tx: Transaction) -> Figures:
    waiting = sa.and_(tx.mine(slot), slot.c.state.in_(("waiting", "claimed")))
    by_state = sa.select(slot.c.state, sa.func.count().label("number")).where(tx.mine(slot)).group_by(slot.c.state)
    approved = sa.and_(tx.mine(effects), effects.c.state == "approved")
    return Figures(
        outbox=outbox.counts(tx),
        breaks_open=_count(tx, difference, difference.c.closed_at.is_(None)),
        problems_open=_count(tx, problem, problem.c.mended_at.is_(None)),
        hints_waiting=_count(tx, hint, hint.c.followed_at.is_(None)),
        slots={row.state: row.number for row in tx.execute(by_state)},
        oldest_slot_at=tx.execute(sa.select(sa.func.min(slot.c.slot_at)).where(waiting)).scalar_one(),
        oldest_effect_at=tx.execute(sa.select(sa.func.min(effects.c.approved_at)).where(approved)).scalar_one(),
    )


def _count(tx: Transaction, table: sa.Table, condition: sa.ColumnElement[bool]) -> int:
    return int(tx.execute(sa.select(sa.func.count()).select_from(table).where(tx.mine(table), condition)).scalar_one())
