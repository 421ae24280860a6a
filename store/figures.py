"""Counts for a monitor: what waits, and since when. Of many organisations at once, and nothing about anybody.

Like the roster it looks over organisations, and touches no fact, no message's words and no credential: it counts. A
statement names up to 500 organisations, those that the caller serves, so the cost grows with their rows and not with
a statement for each.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from store.engine import Transaction
from store.tables import allowance, connection, difference, hint, journal, organisation, problem, slot
from store.tables import outbox as effects

#: Organisations in one statement.
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Pulled:
    """How a connection is doing. `state` is ok, reconnect or failing."""

    state: str
    synced_at: dt.datetime | None


@dataclass(slots=True)
class Figures:
    """`oldest_slot_at` is the oldest hour that nobody has finished; `oldest_effect_at` the oldest approved one.

    `spent` are calls by scope ("connection/window"), with the instant at which their window began.
    """

    connections: dict[str, Pulled] = field(default_factory=dict)
    spent: dict[str, tuple[dt.datetime, int]] = field(default_factory=dict)
    outbox: dict[str, int] = field(default_factory=dict)
    slots: dict[str, int] = field(default_factory=dict)
    breaks_open: int = 0
    problems_open: int = 0
    hints_waiting: int = 0
    journal_entries: int = 0
    oldest_slot_at: dt.datetime | None = None
    oldest_effect_at: dt.datetime | None = None
    is_live: bool = False
    is_stopped: bool = False


def figures(tx: Transaction, organisations: Sequence[str]) -> dict[str, Figures]:
    """Of each organisation, by its id. The transaction may belong to nobody (roster.NOBODY)."""
    found = {one: Figures() for one in organisations}
    for start in range(0, len(organisations), _CHUNK):
        some = organisations[start : start + _CHUNK]
        for query, note in _QUESTIONS:
            for row in tx.execute(query, {"organisations": some}):
                note(found[row.organisation], row)
    return found


def _of(table: sa.Table, *columns: sa.ColumnElement[Any]) -> sa.Select[Any]:
    return sa.select(table.c.organisation, *columns).where(
        table.c.organisation.in_(sa.bindparam("organisations", expanding=True))
    )


def _counted(table: sa.Table, *by: sa.ColumnElement[Any]) -> sa.Select[Any]:
    return _of(table, *by, sa.func.count().label("number")).group_by(table.c.organisation, *by)


def _note_connection(figures: Figures, row: Any) -> None:
    figures.connections[row.name] = Pulled(row.state, row.synced_at)


def _note_spent(figures: Figures, row: Any) -> None:
    figures.spent[row.scope] = row.window_at, row.used


def _note_outbox(figures: Figures, row: Any) -> None:
    figures.outbox[row.state] = row.number


def _note_slots(figures: Figures, row: Any) -> None:
    figures.slots[row.state] = row.number


def _note_standing(figures: Figures, row: Any) -> None:
    figures.is_live, figures.is_stopped = row.live_at is not None, row.stopped_at is not None
    figures.journal_entries = row.number or 0


def _value(name: str) -> Callable[[Figures, Any], None]:
    return lambda figures, row: setattr(figures, name, row.value)


def _open(table: sa.Table, condition: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return _of(table, sa.func.count().label("value")).where(condition).group_by(table.c.organisation)


def _oldest(column: sa.ColumnElement[Any], table: sa.Table, *states: str) -> sa.Select[Any]:
    query = _of(table, sa.func.min(column).label("value")).where(table.c.state.in_(states))
    return query.group_by(table.c.organisation)


def _questions() -> Iterator[tuple[sa.Select[Any], Callable[[Figures, Any], None]]]:
    """Each with what its rows mean. The newest entry of a journal is found by its key, entry by entry of none."""
    newest = sa.select(sa.func.max(journal.c.number)).where(journal.c.organisation == organisation.c.organisation)
    standing = (organisation.c.live_at, organisation.c.stopped_at, newest.scalar_subquery().label("number"))
    yield _of(organisation, *standing), _note_standing
    yield _of(connection, connection.c.name, connection.c.state, connection.c.synced_at), _note_connection
    yield _of(allowance, allowance.c.scope, allowance.c.window_at, allowance.c.used), _note_spent
    yield _counted(effects, effects.c.state), _note_outbox
    yield _counted(slot, slot.c.state), _note_slots
    yield _open(difference, difference.c.closed_at.is_(None)), _value("breaks_open")
    yield _open(problem, problem.c.mended_at.is_(None)), _value("problems_open")
    yield _open(hint, hint.c.followed_at.is_(None)), _value("hints_waiting")
    yield _oldest(slot.c.slot_at, slot, "waiting", "claimed"), _value("oldest_slot_at")
    yield _oldest(effects.c.approved_at, effects, "approved"), _value("oldest_effect_at")


_QUESTIONS = tuple(_questions())
