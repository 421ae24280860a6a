"""The journal: append-only, each entry sealed with the hash of the one before it.

It shows every edit, deletion, insertion or reordering; that the tail was cut shows only against a head that was
kept elsewhere (it is printed by `owed journal verify`).

What an entry tells (its body) stands in a table of its own, so that a person's data can be erased: the chain holds a
salted digest of it, and goes on to prove everything else. An entry whose body is gone must be named by a later entry,
the erasure; else it is a fault.
"""

import datetime as dt
import hashlib
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from store import codec
from store.columns import utc_text
from store.engine import Transaction
from store.tables import journal, journal_body

GENESIS = "0" * 64
#: The event of an entry that says which bodies were erased.
ERASED = "erased"

#: Numbers in one IN list.
_CHUNK = 5_000
#: Smaller than every number that anybody could have written into the table.
_BEFORE_ALL = -(2**63)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal. `body` is None once it was erased; `sealed` is "" in entries of the first form."""

    number: int
    at: dt.datetime
    actor: str
    event: str
    subject: str
    sealed: str
    previous: str
    hash: str
    salt: str | None
    body: str | None


def digest_of(salt: str, body: str) -> str:
    """SHA-256 of the salt and the body, as hexadecimal text: without the salt nobody can try out what stood there."""
    return hashlib.sha256((salt + body).encode()).hexdigest()


def content_of(organisation: str, entry: Entry) -> str:
    """SHA-256 of all that an entry states, as hexadecimal text; of its body the digest."""
    fields = [organisation, entry.number, utc_text(entry.at), entry.actor, entry.event, entry.subject, entry.sealed]
    return hashlib.sha256(codec.encode(fields).encode()).hexdigest()


def seal(previous: str, content: str) -> str:
    """The hash of an entry: SHA-256 of the hash before it and its content, both as hexadecimal text."""
    return hashlib.sha256((previous + content).encode()).hexdigest()


def first_seal(organisation: str, entry: Entry) -> str:
    """The hash of an entry of the first form: SHA-256 of canonical JSON, with the body itself."""
    texts = (entry.actor, entry.event, entry.subject, entry.body)
    line = codec.encode([entry.previous, organisation, entry.number, utc_text(entry.at), *texts])
    return hashlib.sha256(line.encode()).hexdigest()


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
    before = head(tx)
    text, salt = codec.encode(body if body is not None else {}), secrets.token_hex(16)
    entry = Entry(
        before.number + 1, at, actor, event, subject, digest_of(salt, text), before.hash, "", salt=salt, body=text
    )
    row = {"organisation": tx.organisation, "number": entry.number}
    stated = {"at": at, "actor": actor, "event": event, "subject": subject, "sealed": entry.sealed}
    sealed = seal(before.hash, content_of(tx.organisation, entry))
    tx.execute(_ENTRY, {**row, **stated, "previous": before.hash, "hash": sealed})
    tx.execute(_BODY, {**row, "salt": salt, "body": text})


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
    gone = {entry.number: _vouched(tx.organisation, entry) for entry in entries if entry.body is not None}
    numbers = sorted(gone)
    for start in range(0, len(numbers), _CHUNK):
        some = numbers[start : start + _CHUNK]
        tx.execute(journal_body.delete().where(tx.mine(journal_body), journal_body.c.number.in_(some)))
    append(tx, at, ERASED, "erasure", {"entries": [[number, gone[number]] for number in numbers], "of": told}, actor)
    return len(numbers)


def _vouched(organisation: str, entry: Entry) -> str:
    """Of an entry of the first form its hash cannot be computed without the body: the erasure keeps this instead."""
    return seal(entry.hash, content_of(organisation, entry))


@dataclass(frozen=True, slots=True)
class Verdict:
    """`head` is the newest hash; `fault` says what is wrong at which entry, or is empty. `erased` bodies are gone.
    `kept` is the number of the entry whose hash the caller had kept elsewhere."""

    count: int
    head: str
    fault: str = ""
    erased: int = 0
    kept: int | None = None


def verify(tx: Transaction, kept: str = "") -> Verdict:
    """Recompute the whole chain. `kept` is a head that was noted elsewhere, or its beginning: an entry has to have it."""
    try:
        return _verify(tx, entries(tx, after=_BEFORE_ALL), kept)
    except (ValueError, sa.exc.OperationalError) as error:
        if not _is_unreadable(error):
            raise
        return _verify(tx, _one_by_one(tx), kept)


def _verify(tx: Transaction, told: Iterable["Entry | _Unreadable"], kept: str) -> Verdict:
    previous, count, found = GENESIS, 0, None
    missing: dict[int, str] = {}
    vouched: dict[int, str] = {}
    for entry in told:
        count += 1
        fault = _fault(tx.organisation, entry, count, previous)
        if fault or isinstance(entry, _Unreadable):
            return Verdict(count, previous, fault)
        if entry.body is None:
            missing[count] = _vouched(tx.organisation, entry)
        elif entry.event == ERASED:
            vouched.update(_erasure(entry.body))
        previous = entry.hash
        if kept and previous.startswith(kept):
            found = count
    for number, content in missing.items():
        if vouched.get(number) != content:
            return Verdict(count, previous, f"entry {number} lacks what it told, and no erasure says so")
    stray = tx.execute(_STRAY, {"organisation": tx.organisation}).scalar_one_or_none()
    if stray is not None:
        return Verdict(count, previous, f"entry {stray} is missing, and what it told is still there")
    if kept and found is None:
        return Verdict(count, previous, f"no entry has the head {kept}: the end was cut off, or all was written anew")
    return Verdict(count, previous, erased=len(missing), kept=found)


#: The first body that belongs to no entry.
_OF_AN_ENTRY = sa.exists().where(
    journal.c.organisation == journal_body.c.organisation, journal.c.number == journal_body.c.number
)
_STRAY = sa.select(sa.func.min(journal_body.c.number)).where(
    journal_body.c.organisation == sa.bindparam("organisation"), ~_OF_AN_ENTRY
)


class _Unreadable(NamedTuple):
    """No instant where one has to stand, or bytes that are no text."""

    number: int


def _is_unreadable(error: Exception) -> bool:
    return isinstance(error, ValueError) or "decode" in str(getattr(error, "orig", ""))


def _one_by_one(tx: Transaction) -> Iterator["Entry | _Unreadable"]:
    """Slow, to find the one that cannot be read."""
    numbers = sa.select(journal.c.number).where(tx.mine(journal)).order_by(journal.c.number)
    for number in tx.execute(numbers).scalars().all():
        try:
            yield next(entries(tx, after=number - 1, count=1))
        except (ValueError, sa.exc.OperationalError) as error:
            if not _is_unreadable(error):
                raise
            yield _Unreadable(number)


def _erasure(body: str) -> list[tuple[int, str]]:
    """An entry of this name that says nothing of the kind vouches for nothing."""
    try:
        return codec.decode(body, _Erasure).entries
    except msgspec.MsgspecError:
        return []


class _Erasure(msgspec.Struct):
    entries: list[tuple[int, str]]


def _fault(organisation: str, entry: Entry | _Unreadable, number: int, previous: str) -> str:
    if isinstance(entry, _Unreadable):
        return f"entry {entry.number} was changed after it was written: it cannot be read"
    if entry.number != number:
        return f"entry {number} is missing or out of order (found {entry.number})"
    if entry.previous != previous:
        return f"entry {number} does not follow from the one before it"
    changed = f"entry {number} was changed after it was written"
    if not entry.sealed:
        return changed if entry.body is not None and first_seal(organisation, entry) != entry.hash else ""
    if seal(previous, content_of(organisation, entry)) != entry.hash:
        return changed
    told = entry.body is None or digest_of(entry.salt or "", entry.body) == entry.sealed
    return "" if told else changed
