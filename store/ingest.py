"""Saving what a platform said: only what changed, the old version kept, and never an older word over a newer one."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from receivables.facts import Fact, Gone
from store import archive, codec
from store.engine import Transaction
from store.tables import FACTS, PROJECTIONS, table_of

#: Ids in one IN list; SQLite takes 32,766 parameters.
_CHUNK = 5_000


@dataclass(slots=True)
class Saved:
    """How many facts were new, changed, the same as before, and gone."""

    new: int = 0
    changed: int = 0
    same: int = 0
    gone: int = 0

    def __iadd__(self, other: "Saved") -> "Saved":
        self.new += other.new
        self.changed += other.changed
        self.same += other.same
        self.gone += other.gone
        return self


@dataclass(frozen=True, slots=True)
class Current:
    """What the store has of one fact now."""

    digest: str
    raw: str
    known_from: dt.datetime
    updated_at: dt.datetime | None


def save_rows(
    tx: Transaction, connection: str, stream: str, now: dt.datetime, rows: Iterable[tuple[bytes, Sequence[Fact]]]
) -> Saved:
    """Save records with the facts they tell; bodies whose facts did not change are not archived again."""
    facts: dict[sa.Table, dict[str, tuple[Fact, bytes]]] = defaultdict(dict)
    gone: list[Gone] = []
    for body, told in rows:
        for fact in told:
            if isinstance(fact, Gone):
                gone.append(fact)
            else:
                facts[table_of(type(fact))][fact.id] = (fact, body)
    saved = Saved()
    for table, by_id in facts.items():
        saved += _save_kind(tx, table, connection, stream, now, by_id)
    saved.gone += _close_gone(tx, connection, now, gone)
    return saved


def state(tx: Transaction, now: dt.datetime, fact: Fact) -> Saved:
    """Save one fact that did not come in a page: a person's statement, or what a write's answer told."""
    return _save_kind(tx, table_of(type(fact)), fact.connection, "", now, {fact.id: (fact, b"")})


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
    closed: list[dict[str, Any]] = []
    replaced: list[str] = []
    for identifier, (fact, body) in facts.items():
        text = codec.encode(fact)
        name = codec.digest(text)
        known = current.get(identifier)
        if known and (known.digest == name or _older(fact, known)):
            saved.same += 1
            continue
        fresh.append(_row(tx, table, fact, text, name, max(now, known.known_from) if known else now))
        bodies.append(body)
        saved.new += known is None
        saved.changed += known is not None
        if known and known.known_from >= now:
            replaced.append(identifier)
        elif known:
            closed.append({"b_id": identifier, "b_known_to": now})
    _write(tx, table, connection, closed, replaced)
    if fresh:
        digests = archive.keep(tx, connection, stream, now, bodies) if stream else [""] * len(fresh)
        for row, name in zip(fresh, digests, strict=True):
            row["raw"] = name
        tx.execute(table.insert(), fresh)
    return saved


def _older(fact: Fact, known: Current) -> bool:
    """An answer that was overtaken on its way: the platform itself dates it before what we have."""
    return bool(fact.updated_at and known.updated_at and fact.updated_at < known.updated_at)


def _current(tx: Transaction, table: sa.Table, connection: str, ids: list[str]) -> dict[str, Current]:
    columns = (table.c.id, table.c.digest, table.c.raw, table.c.known_from, table.c.updated_at)
    found = {}
    for start in range(0, len(ids), _CHUNK):
        query = sa.select(*columns).where(
            tx.mine(table),
            table.c.connection == connection,
            table.c.known_to.is_(None),
            table.c.id.in_(ids[start : start + _CHUNK]),
        )
        for row in tx.execute(query):
            found[row.id] = Current(row.digest, row.raw, row.known_from, row.updated_at)
    return found


def _row(
    tx: Transaction, table: sa.Table, fact: Fact, text: str, digest: str, known_from: dt.datetime
) -> dict[str, Any]:
    row = {
        "organisation": tx.organisation,
        "connection": fact.connection,
        "id": fact.id,
        "known_from": known_from,
        "known_to": None,
        "updated_at": fact.updated_at,
        "digest": digest,
        "kind": fact.kind,
        "body": text,
    }
    for name in PROJECTIONS[table.name]:
        row[name] = getattr(fact, name)
    return row


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
    return count
