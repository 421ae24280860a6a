"""The journal: append-only, each entry sealed with the hash of the one before it.

It shows every edit, deletion, insertion or reordering; that the tail was cut shows only against a head that was
kept elsewhere (it is printed by `owed journal verify`).

What an entry tells (its body) stands in a table of its own, so that a person's data can be erased: the chain holds a
salted digest of it, and goes on to prove everything else. An entry whose body is gone must be named by a later entry,
the erasure; else it is a fault.
"""

from store.journal.chain import Head, append, entries, erase_bodies, head, subjects_since
from store.journal.entry import ERASED, GENESIS, Entry, content_of, digest_of, first_seal, seal
from store.journal.verification import Verdict, verify

__all__ = [
    "ERASED",
    "GENESIS",
    "Entry",
    "Head",
    "Verdict",
    "append",
    "content_of",
    "digest_of",
    "entries",
    "erase_bodies",
    "first_seal",
    "head",
    "seal",
    "subjects_since",
    "verify",
]
