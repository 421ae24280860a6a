"""Is the chain whole, and if not, at which entry?"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from store import codec
from store.engine import Transaction
from store.journal.chain import entries
from store.journal.entry import ERASED, GENESIS, Entry, content_of, digest_of, first_seal, seal, vouched
from store.tables import journal, journal_body

#: Smaller than every number that anybody could have written into the table.
_BEFORE_ALL = -(2**63)


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
    by_erasures: dict[int, str] = {}
    for entry in told:
        count += 1
        fault = _fault(tx.organisation, entry, count, previous)
        if fault or isinstance(entry, _Unreadable):
            return Verdict(count, previous, fault)
        if entry.body is None:
            missing[count] = vouched(tx.organisation, entry)
        elif entry.event == ERASED:
            by_erasures.update(_erasure(entry.body))
        previous = entry.hash
        if kept and previous.startswith(kept):
            found = count
    for number, content in missing.items():
        if by_erasures.get(number) != content:
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
