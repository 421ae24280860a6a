"""What reconciliation and the rules concluded: breaks while they are open, decisions when they change."""

import datetime as dt
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from receivables.breaks import Break
from receivables.decisions import Decision
from store import codec
from store.engine import Transaction
from store.tables import decision, difference, rulebook


def save_breaks(tx: Transaction, now: dt.datetime, found: Iterable[Break]) -> None:
    """Open what is new, keep what is still there with its first day, close what is no longer found."""
    open_now = {one.key: one for one in found}
    for one in open_now.values():
        seen = {
            "kind": one.kind,
            "currency": one.amount.currency,
            "amount": one.amount.minor,
            "body": codec.encode(one),
            "last_seen_at": now,
            "closed_at": None,
        }
        row = {"organisation": tx.organisation, "key": one.key}
        insert = (postgresql.insert if tx.is_postgresql else sqlite.insert)(difference)
        values = insert.values(**row, **seen, first_seen_at=now)
        tx.execute(values.on_conflict_do_update(index_elements=list(row), set_=seen))
    over = difference.update().where(tx.mine(difference), difference.c.closed_at.is_(None))
    tx.execute(over.where(difference.c.last_seen_at < now).values(closed_at=now))


def open_breaks(tx: Transaction) -> list[tuple[dt.datetime, Break]]:
    """(first seen, break), oldest first."""
    query = sa.select(difference).where(tx.mine(difference), difference.c.closed_at.is_(None))
    ordered = query.order_by(difference.c.first_seen_at, difference.c.key)
    return [(row.first_seen_at, codec.decode(row.body, Break)) for row in tx.execute(ordered)]


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
    latest = (
        sa.select(decision.c.subject, sa.func.max(decision.c.decided_at).label("at"))
        .where(tx.mine(decision))
        .group_by(decision.c.subject)
        .subquery()
    )
    query = sa.select(decision.c.subject, decision.c.digest).join(
        latest, sa.and_(decision.c.subject == latest.c.subject, decision.c.decided_at == latest.c.at)
    )
    return {row.subject: row.digest for row in tx.execute(query.where(tx.mine(decision)))}


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
