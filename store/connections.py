"""What the store remembers of each connection: where its pulls stand, how it is doing, what could not be read."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from receivables.problems import Problem
from store.engine import Transaction
from store.tables import connection, cursor, problem


@dataclass(frozen=True, slots=True)
class Known:
    """One row of `connection`. `state` is ok, reconnect or failing."""

    name: str
    platform: str
    account: str
    title: str
    state: str
    problem: str
    synced_at: dt.datetime | None
    tried_at: dt.datetime | None
    checked_at: dt.datetime | None
    reminds_by_itself: bool | None
    posted_by_others: bool | None
    verified_at: dt.datetime | None = None
    hinted_at: dt.datetime | None = None
    locked_until: dt.date | None = None


def _insert(tx: Transaction, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    return postgresql.insert(table) if tx.is_postgresql else sqlite.insert(table)


def declare(tx: Transaction, name: str, platform: str, account: str) -> None:
    """Make sure that a connection of owed.toml has its row. An account that the file does not name stays as learned."""
    row = {"organisation": tx.organisation, "name": name, "platform": platform, "account": account}
    insert = _insert(tx, connection).values(**row, title="", state="ok", problem="")
    stated = {"platform": platform} | ({"account": account} if account else {})
    tx.execute(insert.on_conflict_do_update(index_elements=["organisation", "name"], set_=stated))


def update(tx: Transaction, name: str, **changes: object) -> None:
    tx.execute(connection.update().where(tx.mine(connection), connection.c.name == name).values(**changes))


def lease(tx: Transaction, name: str, owner: str, now: dt.datetime, until: dt.datetime) -> bool:
    """True for the one who may read this connection until then, or may go on reading it. `now` is real time."""
    free = sa.or_(connection.c.pulled_by.in_(("", owner)), connection.c.pulled_until < now)
    mine = connection.update().where(tx.mine(connection), connection.c.name == name, free)
    return tx.execute(mine.values(pulled_by=owner, pulled_until=until)).rowcount == 1


def holder(tx: Transaction, name: str) -> str:
    """Who reads it, or ""."""
    query = sa.select(connection.c.pulled_by).where(tx.mine(connection), connection.c.name == name)
    return tx.execute(query).scalar_one_or_none() or ""


def release(tx: Transaction, name: str, owner: str) -> None:
    mine = sa.and_(tx.mine(connection), connection.c.name == name, connection.c.pulled_by == owner)
    tx.execute(connection.update().where(mine).values(pulled_by="", pulled_until=None))


def known(tx: Transaction) -> dict[str, Known]:
    query = sa.select(connection).where(tx.mine(connection)).order_by(connection.c.name)
    return {
        row.name: Known(
            row.name,
            row.platform,
            row.account,
            row.title,
            row.state,
            row.problem,
            row.synced_at,
            row.tried_at,
            row.checked_at,
            _answer(row.reminds_by_itself),
            _answer(row.posted_by_others),
            row.verified_at,
            row.hinted_at,
            row.locked_until,
        )
        for row in tx.execute(query)
    }


def _answer(value: int | None) -> bool | None:
    return None if value is None else bool(value)


def load_cursor(tx: Transaction, name: str, stream: str) -> str:
    """Where the next pull of a stream goes on; "" before the first one."""
    query = sa.select(cursor.c.cursor).where(tx.mine(cursor), cursor.c.connection == name, cursor.c.stream == stream)
    return tx.execute(query).scalar_one_or_none() or ""


def save_cursor(tx: Transaction, name: str, stream: str, value: str, now: dt.datetime) -> None:
    """In the same transaction as the page that the cursor follows."""
    row = {"organisation": tx.organisation, "connection": name, "stream": stream}
    insert = _insert(tx, cursor).values(**row, cursor=value, moved_at=now)
    tx.execute(insert.on_conflict_do_update(index_elements=list(row), set_={"cursor": value, "moved_at": now}))


def reset_cursors(tx: Transaction, name: str) -> None:
    """The next pull reads everything."""
    tx.execute(cursor.delete().where(tx.mine(cursor), cursor.c.connection == name))


def report(tx: Transaction, name: str, now: dt.datetime, problems: Iterable[tuple[Problem, str]]) -> None:
    """Remember problems, each with the digest of the raw record (or "")."""
    for found, raw in problems:
        row = {"organisation": tx.organisation, "connection": name, "place": found.where}
        said = {"what": found.what, "hint": found.hint, "raw": raw, "last_seen_at": now, "mended_at": None}
        insert = _insert(tx, problem).values(**row, **said, first_seen_at=now)
        tx.execute(insert.on_conflict_do_update(index_elements=list(row), set_=said))


def mend(tx: Transaction, name: str, now: dt.datetime, places: Iterable[str]) -> None:
    """These records could be read this time. Costs next to nothing while nothing is broken."""
    here = sa.and_(tx.mine(problem), problem.c.connection == name, problem.c.mended_at.is_(None))
    broken = set(tx.execute(sa.select(problem.c.place).where(here)).scalars())
    if broken and (mended := broken.intersection(places)):
        tx.execute(problem.update().where(here, problem.c.place.in_(sorted(mended))).values(mended_at=now))


def open_problems(tx: Transaction) -> list[tuple[str, Problem]]:
    """(connection, problem) for all that is not mended."""
    query = sa.select(problem).where(tx.mine(problem), problem.c.mended_at.is_(None))
    return [
        (row.connection, Problem(row.place, row.what, row.hint))
        for row in tx.execute(query.order_by(problem.c.connection, problem.c.place))
    ]
