"""Writing and reading the chain."""

import datetime as dt
import secrets
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import sqlalchemy as sa

from store import codec
from store.engine import Transaction
from store.journal.entry import ERASED, GENESIS, Entry, content_of, digest_of, seal, vouched
from store.tables import journal, journal_body

#: Where a transaction keeps the newest entry that it has written.
_HEAD = "journal"
#: Numbers in one IN list.
_CHUNK = 5_000


class Head(NamedTuple):
    """The newest entry; number 0 before the first."""

    number: int = 0
    hash: str = GENESIS


#: Built once: an entry is written with every change of an effect, and building these costs more than running them.
_NEWEST = sa.select(journal.c.number, journal.c.hash).where(journal.c.organisation == sa.bindparam("organisation"))
_NEWEST = _NEWEST.order_by(journal.c.number.desc()).limit(1)
_ENTRY, _BODY = journal.insert(), journal_body.insert()


def head(tx: Transaction) -> Head:
    row = tx.execute(_NEWEST, {"organisation": tx.organisation}).one_or_none()
    return Head(row.number, row.hash) if row else Head()


def append(
    tx: Transaction, at: dt.datetime, event: str, subject: str, body: object = None, actor: str = "owed"
) -> None:
    """Add one entry in the caller's transaction: what it tells of is committed with it, or not at all."""
    before = tx.written.get(_HEAD) or head(tx)
    text, salt = codec.encode(body if body is not None else {}), secrets.token_hex(16)
    entry = Entry(
        before.number + 1, at, actor, event, subject, digest_of(salt, text), before.hash, "", salt=salt, body=text
    )
    row = {"organisation": tx.organisation, "number": entry.number}
    stated = {"at": at, "actor": actor, "event": event, "subject": subject, "sealed": entry.sealed}
    sealed = seal(before.hash, content_of(tx.organisation, entry))
    tx.execute(_ENTRY, {**row, **stated, "previous": before.hash, "hash": sealed})
    tx.execute(_BODY, {**row, "salt": salt, "body": text})
    tx.written[_HEAD] = Head(entry.number, sealed)


def entries(tx: Transaction, subject: str = "", after: int = 0, count: int | None = None) -> Iterator[Entry]:
    """Oldest first; `after` is the number of the last one that is not wanted, `count` how many are, at most."""
    here = sa.and_(journal.c.organisation == journal_body.c.organisation, journal.c.number == journal_body.c.number)
    told = sa.select(journal, journal_body.c.salt, journal_body.c.body).outerjoin(journal_body, here)
    query = told.where(tx.mine(journal), journal.c.number > after).order_by(journal.c.number).limit(count)
    if subject:
        query = query.where(journal.c.subject == subject)
    for row in tx.execute(query.execution_options(yield_per=1000)):
        yield Entry(
            row.number,
            row.at,
            row.actor,
            row.event,
            row.subject,
            row.sealed,
            row.previous,
            row.hash,
            row.salt,
            row.body,
        )


def subjects_since(tx: Transaction, number: int) -> set[str]:
    """Of what the entries after this one tell."""
    return set(tx.execute(_SUBJECTS, {"organisation": tx.organisation, "number": number}).scalars())


_SUBJECTS = sa.select(journal.c.subject).where(
    journal.c.organisation == sa.bindparam("organisation"), journal.c.number > sa.bindparam("number")
)


def erase_bodies(tx: Transaction, at: dt.datetime, entries: Iterable[Entry], told: object, actor: str) -> int:
    """Remove what these entries tell, and say so in a new entry, which vouches for the rest of them.

    `told` stands in that entry: nothing about the person. Returns how many had something to remove.
    """
    gone = {entry.number: vouched(tx.organisation, entry) for entry in entries if entry.body is not None}
    numbers = sorted(gone)
    for start in range(0, len(numbers), _CHUNK):
        some = numbers[start : start + _CHUNK]
        tx.execute(journal_body.delete().where(tx.mine(journal_body), journal_body.c.number.in_(some)))
    append(tx, at, ERASED, "erasure", {"entries": [[number, gone[number]] for number in numbers], "of": told}, actor)
    return len(numbers)
