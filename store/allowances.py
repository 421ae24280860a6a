"""Calls spent against a platform's limits, shared by every process that talks to the same tenant."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from store.engine import Transaction
from store.tables import allowance


def spend(
    tx: Transaction, scope: str, limit: int, window: dt.timedelta, now: dt.datetime, calls: int = 1
) -> dt.datetime | None:
    """Take `calls` from a fixed window; None when granted, else the instant to come back. `now` is real time."""
    row = tx.execute(sa.select(allowance).where(tx.mine(allowance), allowance.c.scope == scope)).one_or_none()
    if row and row.paused_until and row.paused_until > now:
        return row.paused_until  # type: ignore[no-any-return]  # the column's type decorator makes it a datetime
    fresh = row is None or row.window_at + window <= now
    used = 0 if fresh or row is None else row.used
    if used + calls > limit and used:
        assert row is not None
        return row.window_at + window  # type: ignore[no-any-return]  # as above
    _put(tx, scope, {"window_at": now if fresh or row is None else row.window_at, "used": used + calls})
    return None


def pause(tx: Transaction, scope: str, until: dt.datetime, note: str, now: dt.datetime) -> None:
    """The platform said so: nobody calls before `until`."""
    row = tx.execute(sa.select(allowance).where(tx.mine(allowance), allowance.c.scope == scope)).one_or_none()
    kept = {"window_at": row.window_at, "used": row.used} if row else {"window_at": now, "used": 0}
    _put(tx, scope, {**kept, "paused_until": until, "note": note})


def used(tx: Transaction, scope: str, window: dt.timedelta, now: dt.datetime) -> int:
    """Calls spent in the window that is running now."""
    row = tx.execute(sa.select(allowance).where(tx.mine(allowance), allowance.c.scope == scope)).one_or_none()
    return row.used if row and row.window_at + window > now else 0


def _put(tx: Transaction, scope: str, values: dict[str, object]) -> None:
    insert = (postgresql.insert if tx.is_postgresql else sqlite.insert)(allowance)
    row = {"organisation": tx.organisation, "scope": scope}
    tx.execute(
        insert.values(**{"note": "", **row, **values}).on_conflict_do_update(index_elements=list(row), set_=values)
    )
