"""One entry of the journal, and the hashes that hold the chain together. Pure."""

import datetime as dt
import hashlib
from dataclasses import dataclass

from store import codec
from store.columns import utc_text

GENESIS = "0" * 64
#: The event of an entry that says which bodies were erased.
ERASED = "erased"


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


def vouched(organisation: str, entry: Entry) -> str:
    """Of an entry of the first form its hash cannot be computed without the body: the erasure keeps this instead."""
    return seal(entry.hash, content_of(organisation, entry))
