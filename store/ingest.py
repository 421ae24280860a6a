"""Saving what a platform said: only what changed, the old version kept, and never an older word over a newer one."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple

import sqlalchemy as sa

from receivables.facts import Fact, Gone
from receivables.refs import Ref
from store import archive, bulk, codec, erased, organisations
from store.columns import DateText, date_text, utc_text
from store.engine import Transaction
from store.tables import FACTS, PROJECTIONS, table_of

#: Ids in one IN list; SQLite takes 32,766 parameters.
_CHUNK = 5_000


@dataclass(slots=True)
class Saved:
    """How many facts were new, changed, the same as before, and gone.

    `stale` names facts that came in an older version than ours, `twice` those that one page showed in two versions:
    they are archived, and the newest counts.
    """

    new: int = 0
    changed: int = 0
    same: int = 0
    gone: int = 0
    stale: list[Ref] = field(default_factory=list)
    twice: list[Ref] = field(default_factory=list)

    def __iadd__(self, other: "Saved") -> "Saved":
        self.new += other.new
        self.changed += other.changed
        self.same += other.same
        self.gone += other.gone
        self.stale += other.stale
        self.twice += other.twice
        return self


class Current(NamedTuple):
    """What the store has of one fact now; instants as text of one fixed width."""

    digest: str
    known_from: str
    updated_at: str | None


#: Columns of every table of facts, before its projections.
_COLUMNS = ("organisation", "connection", "id", "known_from", "updated_at", "digest", "raw", "kind", "body")


def save_rows(
    tx: Transaction, connection: str, stream: str, now: dt.datetime, rows: Iterable[tuple[bytes, Sequence[Fact]]]
) -> Saved:
    """Save records with the facts they tell; bodies whose facts did not change are not archived again."""
    facts: dict[sa.Table, dict[str, tuple[Fact, bytes]]] = defaultdict(dict)
    gone: list[Gone] = []
    saved, unused = Saved(), list[bytes]()
    for body, told in erased.without_words(tx, rows):
        for fact in told:
            if isinstance(fact, Gone):
                gone.append(fact)
                continue
            by_id = facts[table_of(type(fact))]
            known = by_id.get(fact.id)
            if known and known[0] != fact:
                saved.twice.append(fact.ref)
                unused.append(body if _is_newer(known[0], fact) else known[1])
            if known is None or not _is_newer(known[0], fact):
                by_id[fact.id] = (fact, body)
    if stream:
        archive.keep(tx, connection, stream, now, unused)
    for table, by_id in facts.items():
        saved += _save_kind(tx, table, connection, stream, now, by_id)
    saved.gone += _close_gone(tx, connection, now, gone)
    return saved


def state(tx: Transaction, now: dt.datetime, fact: Fact) -> Saved:
    """Save one fact that did not come in a page: a person's statement, or what a write's answer told."""
    kept = erased.one_without_words(tx, fact)
    return _save_kind(tx, table_of(type(fact)), fact.connection, "", now, {fact.id: (kept, b"")})


def _save_kind(
    tx: Transaction,
    table: sa.Table,
    connection: str,
    stream: str,
    now: dt.datetime,
    facts: dict[str, tuple[Fact, bytes]],
) -> Saved:
    current = _current(tx, table, connection, list(facts))
    saved, fresh, bodies = Saved(), [], []
    stale: list[bytes] = []
    closed: list[dict[str, Any]] = []
    replaced: list[str] = []
    at = utc_text(now)
    for identifier, (fact, body) in facts.items():
        text = codec.encode(fact)
        name = codec.digest(text)
        known = current.get(identifier)
        updated = utc_text(fact.updated_at) if fact.updated_at else None
        if known and known.digest == name:
            saved.same += 1
            continue
        if known and _older(updated, known):
            saved.stale.append(fact.ref)
            stale.append(body)
            continue
        fresh.append((fact, max(at, known.known_from) if known else at, updated, name, text))
        bodies.append(body)
        saved.new += known is None
        saved.changed += known is not None
        if known and known.known_from >= at:
            replaced.append(identifier)
        elif known:
            closed.append({"b_id": identifier, "b_known_to": now})
    _write(tx, table, connection, closed, replaced)
    raws = archive.keep(tx, connection, stream, now, bodies) if stream else [""] * len(fresh)
    if stream:
        archive.keep(tx, connection, stream, now, stale)
    projected = _projection(table)
    rows = [
        (tx.organisation, fact.connection, fact.id, begins, updated, name, raw, fact.kind, text, *projected.of(fact))
        for (fact, begins, updated, name, text), raw in zip(fresh, raws, strict=True)
    ]
    bulk.insert(tx, table, _COLUMNS + projected.columns, rows)
    if rows:
        organisations.facts_changed(tx)
    return saved


def _is_newer(fact: Fact, other: Fact) -> bool:
    return bool(fact.updated_at and other.updated_at and fact.updated_at > other.updated_at)


def _older(updated: str | None, known: Current) -> bool:
    """An answer that was overtaken on its way: the platform itself dates it before what we have."""
    return bool(updated and known.updated_at and updated < known.updated_at)


def _current(tx: Transaction, table: sa.Table, connection: str, ids: list[str]) -> dict[str, Current]:
    found: dict[str, Current] = {}
    for start in range(0, len(ids), _CHUNK):
        rows = bulk.current(tx, table, Current._fields, connection, ids[start : start + _CHUNK])
        found.update((row[0], Current(*row[1:])) for row in rows)
    return found


class _Projection:
    """The columns copied out of a fact, as they are stored."""

    def __init__(self, columns: dict[str, object]) -> None:
        self.columns = tuple(columns)
        self._values = attrgetter(*self.columns, "kind")  # one more, so that there is always a tuple
        self._days = [place for place, of in enumerate(columns.values()) if of is DateText]

    def of(self, fact: Fact) -> list[Any]:
        values = list(self._values(fact))[:-1]
        for place in self._days:
            values[place] = date_text(values[place])
        return values


@lru_cache(maxsize=32)
def _projection(table: sa.Table) -> _Projection:
    return _Projection(PROJECTIONS[table.name])


def _write(
    tx: Transaction, table: sa.Table, connection: str, closed: list[dict[str, Any]], replaced: list[str]
) -> None:
    """End the versions that are over; one that began at this very instant was never seen and makes way."""
    here = sa.and_(tx.mine(table), table.c.connection == connection, table.c.known_to.is_(None))
    if closed:
        ending = table.update().where(here, table.c.id == sa.bindparam("b_id"))
        tx.execute(ending.values(known_to=sa.bindparam("b_known_to")), closed)
    for start in range(0, len(replaced), _CHUNK):
        tx.execute(table.delete().where(here, table.c.id.in_(replaced[start : start + _CHUNK])))


def _close_gone(tx: Transaction, connection: str, now: dt.datetime, gone: Iterable[Gone]) -> int:
    count = 0
    by_kind: dict[str, list[str]] = defaultdict(list)
    for fact in gone:
        by_kind[fact.of_kind].append(fact.id)
    for kind, ids in by_kind.items():
        count += close(tx, FACTS[kind], connection, now, ids)
    return count


def close(tx: Transaction, table: sa.Table, connection: str, now: dt.datetime, ids: Sequence[str]) -> int:
    """End the current versions of records that no longer exist at the platform."""
    count = 0
    for start in range(0, len(ids), _CHUNK):
        these = sa.and_(
            tx.mine(table),
            table.c.connection == connection,
            table.c.known_to.is_(None),
            table.c.id.in_(ids[start : start + _CHUNK]),
        )
        count += tx.execute(table.delete().where(these, table.c.known_from >= now)).rowcount
        count += tx.execute(table.update().where(these).values(known_to=now)).rowcount
    if count:
        organisations.facts_changed(tx)
    return count
