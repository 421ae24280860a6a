"""The journal: append-only, each entry sealed with the hash of the one before it.

It shows every edit, deletion, insertion or reordering; that the tail was cut shows only against a head that was
kept elsewhere (it is printed by `owed journal verify`).
"""

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import sqlalchemy as sa

from store import codec
from store.columns import utc_text
from store.engine import Transaction
from store.tables import journal

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal."""

    number: int
    at: dt.datetime
    actor: str
    event: str
    subject: str
    body: str
    previous: str
    hash: str


def seal(organisation: str, number: int, at: dt.datetime, texts: tuple[str, str, str, str], previous: str) -> str:
    """SHA-256 over the previous hash and the entry's fields (actor, event, subject, body), as canonical JSON."""
    line = codec.encode([previous, organisation, number, utc_text(at), *texts])
    return hashlib.sha256(line.encode()).hexdigest()


class Head(NamedTuple):
    """The newest entry; number 0 before the first."""

    number: int = 0
    hash: str = GENESIS


def head(tx: Transaction) -> Head:
    newest = sa.select(journal.c.number, journal.c.hash).where(tx.mine(journal)).order_by(journal.c.number.desc())
    row = tx.execute(newest.limit(1)).one_or_none()
    return Head(row.number, row.hash) if row else Head()


def append(
    tx: Transaction, at: dt.datetime, event: str, subject: str, body: object = None, actor: str = "owed"
) -> None:
    """Add one entry in the caller's transaction: what it tells of is committed with it, or not at all."""
    before = head(tx)
    number, previous = before.number + 1, before.hash
    text = codec.encode(body if body is not None else {})
    tx.execute(
        journal.insert(),
        {
            "organisation": tx.organisation,
            "number": number,
            "at": at,
            "actor": actor,
            "event": event,
            "subject": subject,
            "body": text,
            "previous": previous,
            "hash": seal(tx.organisation, number, at, (actor, event, subject, text), previous),
        },
    )


def entries(tx: Transaction, subject: str = "") -> Iterator[Entry]:
    query = sa.select(journal).where(tx.mine(journal)).order_by(journal.c.number)
    if subject:
        query = query.where(journal.c.subject == subject)
    for row in tx.execute(query.execution_options(yield_per=1000)):
        yield Entry(row.number, row.at, row.actor, row.event, row.subject, row.body, row.previous, row.hash)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`head` is the newest hash; `fault` says what is wrong at which entry, or is empty."""

    count: int
    head: str
    fault: str = ""


def verify(tx: Transaction) -> Verdict:
    """Recompute the whole chain."""
    previous, count = GENESIS, 0
    for entry in entries(tx):
        count += 1
        if entry.number != count:
            return Verdict(count, previous, f"entry {count} is missing or out of order (found {entry.number})")
        if entry.previous != previous:
            return Verdict(count, previous, f"entry {count} does not follow from the one before it")
        texts = (entry.actor, entry.event, entry.subject, entry.body)
        if seal(tx.organisation, entry.number, entry.at, texts, previous) != entry.hash:
            return Verdict(count, previous, f"entry {count} was changed after it was written")
        previous = entry.hash
    return Verdict(count, previous)
