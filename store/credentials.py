"""Credentials at rest: sealed with MultiFernet, renewed by one caller at a time under a lease."""

import datetime as dt
import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from store.engine import StoreError, Transaction
from store.tables import credential


class Vault:
    """Seals and opens secrets. The first key seals, every key opens, so that keys can be rotated."""

    def __init__(self, keys: Iterable[str], file: str = "the key file") -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        self._file = file

    @classmethod
    def from_file(cls, path: Path) -> "Vault":
        """One key a line, newest first. A missing file is made, readable by its owner alone."""
        if not path.exists():
            _make_key(path)
        try:
            return cls(path.read_text().split(), str(path))
        except ValueError as error:
            raise StoreError(f"{path} holds no usable key: {error}") from error

    def seal(self, secret: bytes) -> bytes:
        return self._fernet.encrypt(secret)

    def open(self, sealed: bytes) -> bytes:
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken:
            raise StoreError(
                f"the stored credentials were sealed with another key than that of {self._file}:"
                " put back the key file that belongs to this store, or connect again"
            ) from None


def _make_key(path: Path) -> None:
    """Several workers may begin at the same moment: the file appears with its key in it, and the first one stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-") as file:  # for its owner alone
        file.write(Fernet.generate_key() + b"\n")
        file.flush()
        os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(file.name, path)


@dataclass(frozen=True, slots=True)
class Sealed:
    """`version` rises with every change."""

    body: bytes
    version: int
    lease_owner: str
    lease_until: dt.datetime | None


_HELD = sa.select(credential).where(
    credential.c.organisation == sa.bindparam("organisation"), credential.c.connection == sa.bindparam("connection")
)


def load(tx: Transaction, connection: str) -> Sealed | None:
    row = tx.execute(_HELD, {"organisation": tx.organisation, "connection": connection}).one_or_none()
    return row and Sealed(row.sealed, row.version, row.lease_owner, row.lease_until)


def save(tx: Transaction, connection: str, sealed: bytes, now: dt.datetime) -> None:
    """Replace the credentials and end any lease on them."""
    held = load(tx, connection)
    values = {"sealed": sealed, "updated_at": now, "lease_owner": "", "lease_until": None}
    if held is None:
        row = {"organisation": tx.organisation, "connection": connection, "version": 1}
        tx.execute(credential.insert(), {**row, **values})
    else:
        tx.execute(_one(tx, connection).values(version=held.version + 1, **values))


def lease(tx: Transaction, connection: str, seen: Sealed, owner: str, until: dt.datetime) -> bool:
    """Compare and set: true for the one caller who may renew what it has `seen`, its lease included.

    The caller judges whether a lease that it saw is over.
    """
    same_lease = _leased(tx, connection, seen.lease_owner, seen.lease_until)
    unchanged = same_lease.where(credential.c.version == seen.version)
    return tx.execute(unchanged.values(lease_owner=owner, lease_until=until)).rowcount == 1


def keep(tx: Transaction, connection: str, owner: str, was_until: dt.datetime, until: dt.datetime) -> bool:
    """Who is still at work keeps the lease; false when it was lost."""
    mine = _leased(tx, connection, owner, was_until)
    return tx.execute(mine.values(lease_until=until)).rowcount == 1


def renewed(
    tx: Transaction,
    connection: str,
    seen: Sealed,
    owner: str,
    until: dt.datetime,
    sealed: bytes,
    now: dt.datetime,
) -> bool:
    """Put what a renewal of what was `seen` brought in its place, and end its lease.

    Whoever has lost the lease puts its own there only while nobody else did: what a later renewal or a person's consent
    brought stays. Then false.
    """
    fresh = {"sealed": sealed, "version": credential.c.version + 1, "updated_at": now}
    mine = _leased(tx, connection, owner, until).values(**fresh, lease_owner="", lease_until=None)
    if tx.execute(mine).rowcount == 1:
        return True
    untouched = _one(tx, connection).where(credential.c.version == seen.version)
    return tx.execute(untouched.values(**fresh)).rowcount == 1


def release(tx: Transaction, connection: str, owner: str, until: dt.datetime) -> None:
    tx.execute(_leased(tx, connection, owner, until).values(lease_owner="", lease_until=None))


def forget(tx: Transaction, connection: str) -> None:
    tx.execute(credential.delete().where(tx.mine(credential), credential.c.connection == connection))


def _leased(tx: Transaction, connection: str, owner: str, until: dt.datetime | None) -> sa.Update:
    """This very lease: its owner may have held another one before."""
    same = credential.c.lease_until.is_(None) if until is None else credential.c.lease_until == until
    return _one(tx, connection).where(credential.c.lease_owner == owner, same)


def _one(tx: Transaction, connection: str) -> sa.Update:
    return credential.update().where(tx.mine(credential), credential.c.connection == connection)
