"""A refresh token can be used once: one caller refreshes, and the new tokens are stored before anyone uses them."""

import datetime as dt
import threading
from pathlib import Path

import pytest

from connectors.errors import Unauthorised, Unreachable
from connectors.protocol import Tokens
from store.credentials import Vault
from store.engine import Store
from store.tables import credential
from sync.installation import Processes
from sync.tokens import StoredTokens

OLD, NEW = Tokens(access_token="a1", refresh_token="r1"), Tokens(access_token="a2", refresh_token="r2")


def wall() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault.from_file(tmp_path / "owed.key")


def tokens(store: Store, vault: Vault, worker: str = "one", alive: bool | None = True) -> StoredTokens:
    return StoredTokens(store, vault, "books", wall, Processes(worker, lambda _: alive))


def test_of_many_callers_one_refreshes(store: Store, vault: Vault) -> None:
    tokens(store, vault).save(OLD)
    refreshed: list[Tokens] = []

    def refresh(held: Tokens) -> Tokens:
        refreshed.append(held)
        return NEW

    found: list[Tokens] = []
    threads = [
        threading.Thread(target=lambda n=n: found.append(tokens(store, vault, f"w{n}").renew(OLD, refresh)))
        for n in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refreshed == [OLD]
    assert found == [NEW] * 5


def test_a_failed_refresh_frees_the_lease_and_keeps_the_old_token(store: Store, vault: Vault) -> None:
    held = tokens(store, vault)
    held.save(OLD)

    def fails(_: Tokens) -> Tokens:
        raise Unreachable("the token service does not answer")

    with pytest.raises(Unreachable):
        held.renew(OLD, fails)
    assert held.load() == OLD
    assert held.renew(OLD, lambda _: NEW) == NEW


def test_the_lease_of_a_dead_worker_is_taken_over(store: Store, vault: Vault) -> None:
    tokens(store, vault, "dead").save(OLD)

    dying = tokens(store, vault, "dead")
    sealed = dying._sealed()
    assert dying._lease(sealed)
    assert tokens(store, vault, "next", alive=False).renew(OLD, lambda _: NEW) == NEW


def test_tokens_are_not_readable_in_the_database(store: Store, vault: Vault, tmp_path: Path) -> None:
    tokens(store, vault).save(OLD)
    with store.read() as tx:
        assert b"r1" not in tx.execute(credential.select()).one().sealed
    assert (tmp_path / "owed.key").stat().st_mode & 0o077 == 0


def test_without_credentials_it_says_what_to_do(store: Store, vault: Vault) -> None:
    with pytest.raises(Unauthorised, match="owed connect books"):
        tokens(store, vault).load()
