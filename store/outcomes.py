"""What reconciliation and the rules concluded: breaks while they are open, decisions when they change."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from receivables.breaks import Break
from receivables.decisions import Decision
from store import codec
from store.engine import Transaction
from store.tables import decision, difference, rulebook


@dataclass(frozen=True, slots=True)
class KnownBreak:
    """A break as last seen. `closed_at`: since then the two figures agree."""

    first_seen_at: dt.datetime
    closed_at: dt.datetime | None
    found: Break


def save_breaks(tx: Transaction, now: dt.datetime, found: Iterable[Break]) -> None:
    """Open what is new, keep what is still there with its first day, close what is no longer found."""
    open_now = {one.key: one for one in found}
    insert = (postgresql.insert if tx.is_postgresql else sqlite.insert)(difference)
    seen = ("kind", "currency", "amount", "body", "last_seen_at", "closed_at")
    again = insert.on_conflict_do_update(
        index_elements=["organisation", "key"], set_={name: insert.excluded[name] for name in seen}
    )
    if open_now:
        tx.execute(again, [_row(tx, now, one) for one in open_now.values()])
    still_open = sa.select(difference.c.key).where(tx.mine(difference), difference.c.closed_at.is_(None))
    over = [{"b_key": key} for key in tx.execute(still_open).scalars() if key not in open_now]
    if over:
        closing = difference.update().where(tx.mine(difference), difference.c.key == sa.bindparam("b_key"))
        tx.execute(closing.values(closed_at=now), over)


def _row(tx: Transaction, now: dt.datetime, one: Break) -> dict[str, object]:
    return {
        "organisation": tx.organisation,
        "key": one.key,
        "kind": one.kind,
        "currency": one.amount.currency,
        "amount": one.amount.minor,
        "body": codec.encode(one),
        "first_seen_at": now,
        "last_seen_at": now,
        "closed_at": None,
    }


def breaks(tx: Transaction) -> list[KnownBreak]:
    """Every break there ever was, oldest first: open, accepted by a person, and closed."""
    query = sa.select(difference).where(tx.mine(difference))
    ordered = query.order_by(difference.c.first_seen_at, difference.c.key)
    return [KnownBreak(row.first_seen_at, row.closed_at, codec.decode(row.body, Break)) for row in tx.execute(ordered)]


def open_breaks(tx: Transaction) -> list[tuple[dt.datetime, Break]]:
    """(first seen, break) of those that nobody has accepted, oldest first."""
    return [(one.first_seen_at, one.found) for one in breaks(tx) if one.closed_at is None and one.found.is_open]


def save_decisions(tx: Transaction, now: dt.datetime, decisions: Iterable[Decision]) -> int:
    """Keep each invoice's decision when it differs from its last one; returns how many did."""
    newest = _newest_digests(tx)
    rows = {}
    for one in decisions:
        name = codec.digest(codec.encode([one.verdict, one.policy, one.step, [reason.code for reason in one.reasons]]))
        for invoice in map(str, one.invoices):
            if newest.get(invoice) != name:
                rows[invoice] = {
                    "organisation": tx.organisation,
                    "subject": invoice,
                    "decided_at": now,
                    "verdict": one.verdict,
                    "digest": name,
                    "body": codec.encode(one),
                }
    if rows:
        same_instant = decision.delete().where(
            tx.mine(decision), decision.c.decided_at == now, decision.c.subject == sa.bindparam("b_subject")
        )
        tx.execute(same_instant, [{"b_subject": subject} for subject in rows])
        tx.execute(decision.insert(), list(rows.values()))
    return len(rows)


def _newest_digests(tx: Transaction) -> dict[str, str]:
    """In one pass over the rows: joined with its own newest instants, PostgreSQL took minutes over 10,000 decisions
    when its statistics were of a time with fewer."""
    newest_first = sa.func.row_number().over(partition_by=decision.c.subject, order_by=decision.c.decided_at.desc())
    ranked = sa.select(decision.c.subject, decision.c.digest, newest_first.label("place"))
    mine = ranked.where(tx.mine(decision)).subquery()
    query = sa.select(mine.c.subject, mine.c.digest).where(mine.c.place == 1)
    return {row.subject: row.digest for row in tx.execute(query)}


def decisions_about(tx: Transaction, subject: str) -> list[tuple[dt.datetime, Decision]]:
    """Every change of mind about an invoice, oldest first."""
    query = sa.select(decision).where(tx.mine(decision), decision.c.subject == subject)
    return [
        (row.decided_at, codec.decode(row.body, Decision)) for row in tx.execute(query.order_by(decision.c.decided_at))
    ]


def save_rulebook(tx: Transaction, name: str, text: str, now: dt.datetime) -> None:
    """Keep the text of every rulebook that ever decided something, by its hash."""
    insert = (postgresql.insert if tx.is_postgresql else sqlite.insert)(rulebook)
    row = {"organisation": tx.organisation, "hash": name, "text": text, "first_used_at": now}
    tx.execute(insert.values(**row).on_conflict_do_nothing())
