"""The token store that connectors are given: sealed in the database, renewed by one process at a time."""

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from connectors.errors import Unauthorised
from connectors.protocol import Tokens
from store import credentials
from store.credentials import Sealed, Vault
from store.engine import Store
from sync.installation import Processes

#: A refresh is one HTTP call with a time-out of its own; a lease outlives it.
_LEASE = dt.timedelta(seconds=90)
_PATIENCE = dt.timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class StoredTokens:
    """The credentials of one connection."""

    store: Store
    vault: Vault
    connection: str
    wall: Callable[[], dt.datetime]
    processes: Processes

    def load(self) -> Tokens:
        return self._open(self._sealed())

    def save(self, tokens: Tokens) -> None:
        """Replace them, as `owed connect` does."""
        with self.store.write() as tx:
            credentials.save(tx, self.connection, self.vault.seal(msgspec.json.encode(tokens)), self.wall())

    def renew(self, stale: Tokens, refresh: Callable[[Tokens], Tokens]) -> Tokens:
        """See TokenStore: the lease is compare-and-set, and no transaction is open while `refresh` does HTTP."""
        deadline = self.wall() + _PATIENCE
        while True:
            sealed = self._sealed()
            tokens = self._open(sealed)
            if tokens != stale:
                return tokens
            if self._lease(sealed):
                return self._refresh(tokens, refresh)
            if self.wall() > deadline:
                raise Unauthorised(f"{self.connection}: another worker has been renewing the token for a minute")
            time.sleep(0.1)

    def _refresh(self, tokens: Tokens, refresh: Callable[[Tokens], Tokens]) -> Tokens:
        try:
            fresh = refresh(tokens)
        except BaseException:
            with self.store.write() as tx:
                credentials.release(tx, self.connection, self.processes.name)
            raise
        self.save(fresh)
        return fresh

    def _lease(self, sealed: Sealed) -> bool:
        if sealed.lease_owner and not self._is_over(sealed):
            return False
        with self.store.write() as tx:
            until = self.wall() + _LEASE
            return credentials.lease(tx, self.connection, sealed, self.processes.name, until)

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
