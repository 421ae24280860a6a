"""Whose data was erased: what a platform sends of them again is kept without words, and not archived."""

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from receivables.erasure import minimal
from receivables.facts import Customer, Fact, Gone
from receivables.refs import Ref
from store.engine import Transaction
from store.tables import erased

F = TypeVar("F", bound=Fact)

#: What is archived in place of the record.
PLACEHOLDER = b'"erased"'


def digest_of(tx: Transaction, ref: Ref) -> str:
    """SHA-256 of the organisation and a reference, as hexadecimal text."""
    return hashlib.sha256(f"{tx.organisation}\n{ref}".encode()).hexdigest()


def remember(tx: Transaction, refs: Iterable[Ref], now: dt.datetime) -> None:
    insert = (postgresql.insert if tx.is_postgresql else sqlite.insert)(erased)
    rows = [{"organisation": tx.organisation, "digest": digest_of(tx, ref), "erased_at": now} for ref in refs]
    if rows:
        tx.execute(insert.on_conflict_do_nothing(), rows)


def forget(tx: Transaction, refs: Iterable[Ref]) -> int:
    """They are customers again: what comes from now on is kept whole. Returns how many were remembered."""
    names = [digest_of(tx, ref) for ref in refs]
    return tx.execute(erased.delete().where(tx.mine(erased), erased.c.digest.in_(names))).rowcount


def remembered(tx: Transaction) -> frozenset[str]:
    return frozenset(tx.execute(sa.select(erased.c.digest).where(tx.mine(erased))).scalars())


def is_erased(tx: Transaction, known: frozenset[str], fact: Fact) -> bool:
    """The record itself, or the customer that it belongs to."""
    if not known:
        return False
    owner = getattr(fact, "customer_id", "")
    refs = [fact.ref, *([Ref(fact.connection, Customer.kind, owner)] if owner else [])]
    return any(digest_of(tx, ref) in known for ref in refs)


def without_words(
    tx: Transaction, rows: Iterable[tuple[bytes, Sequence[Fact]]]
) -> Iterator[tuple[bytes, Sequence[Fact]]]:
    """The same rows, those of erased customers with nothing but amounts, days and references."""
    known = remembered(tx)
    for body, facts in rows:
        concerned = [not isinstance(fact, Gone) and is_erased(tx, known, fact) for fact in facts] if known else []
        if not any(concerned):
            yield body, facts
            continue
        yield PLACEHOLDER, [minimal(fact) if one else fact for fact, one in zip(facts, concerned, strict=True)]


def one_without_words(tx: Transaction, fact: F) -> F:
    return minimal(fact) if is_erased(tx, remembered(tx), fact) else fact
