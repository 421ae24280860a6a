"""The token store that connectors are given: sealed in the database, renewed by one process at a time."""

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec

from connectors.errors import Unauthorised, Unreachable
from connectors.protocol import Tokens
from store import credentials
from store.credentials import Sealed, Vault
from store.engine import Store
from sync.installation import Processes

#: Whoever renews keeps its lease while it lives, however long the platform takes: a lease that ran out is a dead one's.
_LEASE = dt.timedelta(seconds=60)
_KEPT_EVERY = 10
#: Longer than the lease of a renewer that was killed and a renewal by whoever takes it over.
_PATIENCE = 2 * _LEASE + dt.timedelta(seconds=30)


@dataclass(slots=True)
class _Lease:
    owner: str
    until: dt.datetime


@dataclass(frozen=True, slots=True)
class StoredTokens:
    """The credentials of one connection."""

    store: Store
    vault: Vault
    connection: str
    wall: Callable[[], dt.datetime]
    processes: Processes
    #: Seconds of real time after which a renewal that is under way keeps its lease.
    kept_every: float = _KEPT_EVERY

    def load(self) -> Tokens:
        return self._open(self._sealed())

    def save(self, tokens: Tokens) -> None:
        """Replace them, as `owed connect` does."""
        with self.store.write() as tx:
            credentials.save(tx, self.connection, self.vault.seal(msgspec.json.encode(tokens)), self.wall())

    def renew(self, stale: Tokens, refresh: Callable[[Tokens], Tokens]) -> Tokens:
        """See TokenStore: the lease is compare-and-set, and no transaction is open while `refresh` does HTTP. Raises
        Unreachable when others have been renewing for too long."""
        deadline = self.wall() + _PATIENCE
        while True:
            sealed = self._sealed()
            tokens = self._open(sealed)
            if tokens != stale:
                return tokens
            lease = self._lease(sealed)
            if lease:
                return self._refresh(sealed, lease, refresh)
            if self.wall() > deadline:
                raise Unreachable(f"{self.connection}: others have been renewing the token for too long")
            time.sleep(0.1)

    def _refresh(self, sealed: Sealed, lease: _Lease, refresh: Callable[[Tokens], Tokens]) -> Tokens:
        try:
            with self._kept(lease):
                fresh = refresh(self._open(sealed))
        except BaseException:
            with self.store.write() as tx:
                credentials.release(tx, self.connection, lease.owner, lease.until)
            raise
        body = self.vault.seal(msgspec.json.encode(fresh))
        with self.store.write() as tx:
            mine = credentials.renewed(tx, self.connection, sealed, lease.owner, lease.until, body, self.wall())
        return fresh if mine else self.load()

    def _lease(self, sealed: Sealed) -> _Lease | None:
        if sealed.lease_owner and not self._is_over(sealed):
            return None
        lease = _Lease(self.processes.name, self.wall() + _LEASE)
        with self.store.write() as tx:
            taken = credentials.lease(tx, self.connection, sealed, lease.owner, lease.until)
        return lease if taken else None

    @contextmanager
    def _kept(self, lease: _Lease) -> Iterator[None]:
        """A time-out bounds the silence of a platform, and not how long its answer takes: so a lease of fixed length
        could end while its holder is at work, and the refresh token be used twice."""
        over = threading.Event()
        keeper = threading.Thread(target=self._keep, args=(lease, over), daemon=True)
        keeper.start()
        try:
            yield
        finally:
            over.set()
            keeper.join()

    def _keep(self, lease: _Lease, over: threading.Event) -> None:
        while not over.wait(self.kept_every):
            until = self.wall() + _LEASE
            try:
                with self.store.write() as tx:
                    kept = credentials.keep(tx, self.connection, lease.owner, lease.until, until)
            except Exception:  # noqa: S112  # a database that is away: the next try may keep it, and else it runs out
                continue
            if not kept:
                return
            lease.until = until

    def _is_over(self, sealed: Sealed) -> bool:
        if sealed.lease_until is None or sealed.lease_until < self.wall():
            return True
        return self.processes.is_alive(sealed.lease_owner) is False

    def _sealed(self) -> Sealed:
        with self.store.read() as tx:
            found = credentials.load(tx, self.connection)
        if found is None:
            raise Unauthorised(f"{self.connection}: not connected yet; run: owed connect {self.connection}")
        return found

    def _open(self, sealed: Sealed) -> Tokens:
        return msgspec.json.decode(self.vault.open(sealed.body), type=Tokens)
