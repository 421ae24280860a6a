"""Calls spent against a platform's limits, shared by every process that talks to the same tenant."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from store.engine import Transaction
from store.tables import allowance


@dataclass(frozen=True, slots=True)
class Spending:
    """Calls to be taken from one window of `limit` calls. `begins` is where a new window would begin; `ends` tells
    where one ends that began at an instant."""

    scope: str
    calls: int
    limit: int
    begins: dt.datetime
    ends: Callable[[dt.datetime], dt.datetime]


def spend(tx: Transaction, wanted: Sequence[Spending], now: dt.datetime) -> dt.datetime | None:
    """Take the calls from every window, or from none: then the instant to come back. `now` is real time."""
    rows = _rows(tx, [spending.scope for spending in wanted])
    used = {spending.scope: _used(rows[spending.scope], spending, now) for spending in wanted}
    waits = [wait for one in wanted if (wait := _wait(rows[one.scope], one, used[one.scope], now))]
    if waits:
        return max(waits)
    spent = []
    for one in wanted:
        row = rows[one.scope]
        begins = row.window_at if row is not None and used[one.scope] else one.begins
        spent.append({"scope": one.scope, "window_at": begins, "used": used[one.scope] + one.calls})
    _put(tx, spent)
    return None


def _used(row: Any, spending: Spending, now: dt.datetime) -> int:
    return row.used if row is not None and spending.ends(row.window_at) > now else 0


def _wait(row: Any, spending: Spending, used: int, now: dt.datetime) -> dt.datetime | None:
    if row is None:
        return None
    paused: dt.datetime | None = row.paused_until
    if paused and paused > now:
        return paused
    return spending.ends(row.window_at) if used and used + spending.calls > spending.limit else None


def pause(tx: Transaction, scope: str, until: dt.datetime, note: str, now: dt.datetime) -> None:
    """The platform said so: nobody calls before `until`."""
    row = _rows(tx, [scope])[scope]
    kept = {"window_at": row.window_at, "used": row.used} if row else {"window_at": now, "used": 0}
    _put(tx, [{"scope": scope, **kept, "paused_until": until, "note": note}])


def used(tx: Transaction, scope: str, ends: Callable[[dt.datetime], dt.datetime], now: dt.datetime) -> int:
    """Calls spent in the window that is running now."""
    row = _rows(tx, [scope])[scope]
    return row.used if row and ends(row.window_at) > now else 0


def _rows(tx: Transaction, scopes: Sequence[str]) -> dict[str, Any]:
    """None for a scope of which nothing was spent yet. An organisation has a handful: all are read, which costs less
    than a list of those that are wanted."""
    found = {row.scope: row for row in tx.execute(_MINE, {"organisation": tx.organisation})}
    return {scope: found.get(scope) for scope in scopes}


_MINE = sa.select(allowance).where(allowance.c.organisation == sa.bindparam("organisation"))


def _put(tx: Transaction, rows: Sequence[dict[str, object]]) -> None:
    """All with the same columns."""
    if rows:
        statement = _upsert(tuple(rows[0]), postgres=tx.is_postgresql)
        tx.execute(statement, [{"organisation": tx.organisation, "note": "", **row} for row in rows])


@lru_cache(maxsize=8)
def _upsert(columns: tuple[str, ...], *, postgres: bool) -> Any:
    """Built once: a call is spent with every call of a platform."""
    insert = (postgresql.insert if postgres else sqlite.insert)(allowance)
    changed = {name: insert.excluded[name] for name in columns if name != "scope"}
    return insert.on_conflict_do_update(index_elements=["organisation", "scope"], set_=changed)
