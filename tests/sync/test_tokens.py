"""A refresh token can be used once: one caller refreshes, and the new tokens are stored before anyone uses them."""

import dataclasses
import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from connectors.errors import Unauthorised, Unreachable
from connectors.protocol import Tokens
from store import credentials
from store.credentials import Vault
from store.engine import Store
from store.tables import credential
from sync.installation import Processes
from sync.tokens import StoredTokens
from tests.waiting import until as wait_until

OLD, NEW = Tokens(access_token="a1", refresh_token="r1"), Tokens(access_token="a2", refresh_token="r2")


def wall() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault.from_file(tmp_path / "owed.key")


def tokens(
    store: Store, vault: Vault, worker: str = "one", alive: bool | None = True, at: Callable[[], dt.datetime] = wall
) -> StoredTokens:
    return StoredTokens(store, vault, "books", at, Processes(worker, lambda _: alive))


@dataclass
class Hurrying:
    """A clock on which every look takes a second."""

    now: dt.datetime = dt.datetime(2026, 3, 10, tzinfo=dt.UTC)

    def __call__(self) -> dt.datetime:
        self.now += dt.timedelta(seconds=1)
        return self.now


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


def test_others_wait_out_a_renewer_that_was_killed_on_another_machine(store: Store, vault: Vault) -> None:
    clock = Hurrying()
    dying = tokens(store, vault, "elsewhere/1/1", at=clock)
    dying.save(OLD)
    assert dying._lease(dying._sealed())
    refreshed: list[Tokens] = []

    def refresh(held: Tokens) -> Tokens:
        refreshed.append(held)
        return NEW

    found = [tokens(store, vault, f"w{number}", None, clock).renew(OLD, refresh) for number in range(2)]
    assert found == [NEW, NEW]
    assert refreshed == [OLD]


def test_a_renewer_that_lives_for_too_long_is_no_reason_to_reconnect(store: Store, vault: Vault) -> None:
    """The state after it is tried again by itself, and a person is asked for nothing."""
    clock = Hurrying()
    slow = tokens(store, vault, "slow", at=clock)
    slow.save(OLD)
    sealed = slow._sealed()
    with store.write() as tx:
        assert credentials.lease(tx, "books", sealed, "slow", clock.now + dt.timedelta(hours=1))
    with pytest.raises(Unreachable, match="too long"):
        tokens(store, vault, "other", None, clock).renew(OLD, lambda _: NEW)


def test_a_refresh_that_outlasts_its_lease_is_not_made_twice(store: Store, vault: Vault) -> None:
    """The answer drips in for hours; the renewer lives, and nobody else uses the refresh token."""
    clock = [dt.datetime(2026, 3, 10, tzinfo=dt.UTC)]
    slow = dataclasses.replace(tokens(store, vault, "slow", at=lambda: clock[0]), kept_every=0.01)
    slow.save(OLD)
    asked, answered = threading.Event(), threading.Event()

    def drips(_: Tokens) -> Tokens:
        asked.set()
        assert answered.wait(60)
        return NEW

    renewing = threading.Thread(target=slow.renew, args=(OLD, drips))
    renewing.start()
    try:
        assert asked.wait(60)
        other = tokens(store, vault, "other", None, lambda: clock[0])
        for _ in range(5):
            clock[0] += dt.timedelta(seconds=59)
            wait_until(lambda: (other._sealed().lease_until or clock[0]) > clock[0] + dt.timedelta(seconds=30))
            assert other._lease(other._sealed()) is None
    finally:
        answered.set()
        renewing.join()
    assert other.renew(OLD, lambda _: pytest.fail("a second renewal")) == NEW


LATEST = Tokens(access_token="a3", refresh_token="r3")


def test_a_renewer_that_froze_does_not_replace_what_came_after_it(store: Store, vault: Vault) -> None:
    clock = Hurrying()
    frozen = tokens(store, vault, "frozen", at=clock)
    frozen.save(OLD)

    def freezes(_: Tokens) -> Tokens:
        clock.now += dt.timedelta(hours=1)
        assert tokens(store, vault, "next", None, clock).renew(OLD, lambda _: LATEST) == LATEST
        return NEW

    assert frozen.renew(OLD, freezes) == LATEST
    assert frozen.load() == LATEST


def test_what_a_person_connected_meanwhile_stays(store: Store, vault: Vault) -> None:
    held = tokens(store, vault)
    held.save(OLD)

    def reconnected(_: Tokens) -> Tokens:
        tokens(store, vault, "owed connect").save(LATEST)
        return NEW

    assert held.renew(OLD, reconnected) == LATEST
    assert held.load() == LATEST


def test_tokens_are_not_readable_in_the_database(store: Store, vault: Vault, tmp_path: Path) -> None:
    secret = "a refresh token that nobody else may read"
    tokens(store, vault).save(Tokens(refresh_token=secret))
    with store.read() as tx:
        assert secret.encode() not in tx.execute(credential.select()).one().sealed
    assert (tmp_path / "owed.key").stat().st_mode & 0o077 == 0


def test_without_credentials_it_says_what_to_do(store: Store, vault: Vault) -> None:
    with pytest.raises(Unauthorised, match="owed connect books"):
        tokens(store, vault).load()
