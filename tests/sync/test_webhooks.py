"""Webhooks as the vendors send them, over HTTP into the service, and what comes of them."""

import datetime as dt
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
import uvicorn

from owed.cli.connection_status import look_at
from owed.fleet import open_fleet
from owed.web.application import application
from receivables.facts import Invoice
from store import connections, hints, snapshots
from sync.actors import Work, declare
from sync.broker import Hands
from sync.dispatch import Dispatcher
from sync.hints import follow, waiting
from sync.pull import pull
from tests.sync.by_hand import ByHand
from tests.sync.conftest import Office
from tests.sync.deeds import DEEDS

SECRETS = {"books": "xero-signing-key", "ledger": "intuit-verifier-token", "cards": "whsec_test"}
PLATFORMS = {"books": "xero", "ledger": "quickbooks", "cards": "stripe"}
EDITS = {
    "books": "xero: an invoice is edited",
    "ledger": "quickbooks: an invoice is edited",
    "cards": "stripe: an invoice is edited",
}
every_connection = pytest.mark.parametrize("name", PLATFORMS)


@contextmanager
def served(office: Office, secrets: dict[str, str] | None = None) -> Iterator[str]:
    """The service on a free port of this machine; its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    app = application(office.unhurried, SECRETS if secrets is None else secrets)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def service(office: Office) -> Iterator[str]:
    with served(office) as address:
        for name, platform in PLATFORMS.items():
            office.tell("/webhooks", platform=platform, url=f"{address}/webhooks/{name}", secret=SECRETS[name])
        for name in PLATFORMS:
            deliver(office, name)  # Xero first tries whether we can tell right signatures from wrong ones
        yield address


def deliver(office: Office, name: str, **how: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = office.tell("/webhooks/deliver", platform=PLATFORMS[name], **how)
    return found


def told(office: Office, name: str) -> dict[str, list[str]]:
    with office.installation.store.read() as tx:
        return hints.waiting(tx, name)


def versions(office: Office, name: str) -> dict[str, Invoice]:
    with office.installation.store.read() as tx:
        return {one.id: one for one in snapshots.current(tx, Invoice) if one.connection == name}


def edit(office: Office, name: str, number: int = 3) -> None:
    office.later(minutes=1)
    DEEDS[EDITS[name]](ByHand(office.sandbox), number)


@every_connection
@pytest.mark.usefixtures("service")
def test_a_change_is_told_within_one_delivery_and_read_again(office: Office, name: str) -> None:
    before = versions(office, name)
    edit(office, name)
    assert [one["status"] for one in deliver(office, name)] == [200]
    changed = told(office, name)["invoices"]
    assert len(changed) == 1
    assert waiting(office.installation) == [name]
    requests.delete(f"{office.sandbox.config['control']}/calls.json", timeout=5)
    saved = follow(office.installation, name)
    assert saved.changed == 1
    after = versions(office, name)
    assert [identifier for identifier in after if after[identifier] != before[identifier]] == changed
    assert waiting(office.installation) == []
    calls = office.ask("/calls.json")
    assert sum(calls[PLATFORMS[name]].values()) <= 2, calls


@pytest.mark.usefixtures("service")
def test_the_worker_follows_what_was_told_between_its_rounds(office: Office) -> None:
    edit(office, "ledger")
    deliver(office, "ledger")
    hands = Hands("memory:")
    fleet = open_fleet([office.config], None, office.now)
    work = Work(fleet, lambda *_: None)
    dispatcher = Dispatcher(declare(hands, work), fleet.clock, fleet.wall, fleet.processes, is_shared=False)
    hands.start()
    assert [dispatcher.listen(fleet.group(*group)) for group in fleet.groups()] == [1]
    hands.finish_all()
    hands.stop(work.is_idle)
    assert told(office, "ledger") == {}


@every_connection
@pytest.mark.usefixtures("service")
def test_duplicates_and_disorder_are_one_hint_and_one_reading(office: Office, name: str) -> None:
    edit(office, name, 3)
    edit(office, name, 3)
    edit(office, name, 4)
    deliver(office, name, copies=3, newest_first=True)
    assert sorted(map(len, told(office, name).values())) == [2]
    follow(office.installation, name)
    assert told(office, name) == {}
    deliver(office, name)
    assert told(office, name) == {}


@every_connection
def test_a_wrong_secret_is_401_and_leaves_nothing(office: Office, name: str) -> None:
    with served(office, dict.fromkeys(SECRETS, "another secret")) as address:
        office.tell("/webhooks", platform=PLATFORMS[name], url=f"{address}/webhooks/{name}", secret=SECRETS[name])
        edit(office, name)
        assert {one["status"] for one in deliver(office, name)} == {401}
    assert told(office, name) == {}


def test_without_a_secret_nothing_is_believed(office: Office) -> None:
    with served(office, {}) as address:
        assert requests.post(f"{address}/webhooks/cards", data=b"{}", timeout=5).status_code == 401


def test_other_doors_stay_shut(service: str) -> None:
    assert requests.post(f"{service}/webhooks/nobody", data=b"{}", timeout=5).status_code == 404
    assert requests.post(f"{service}/webhooks/mail", data=b"{}", timeout=5).status_code == 404
    assert requests.get(f"{service}/webhooks/cards", timeout=5).status_code == 405
    assert requests.post(f"{service}/webhooks/cards", data=b"x" * 2_100_000, timeout=5).status_code == 413
    assert requests.get(f"{service}/healthz", timeout=5).json() == {"alive": True}
    assert requests.get(f"{service}/readyz", timeout=5).json() == {"ready": True}


@pytest.mark.parametrize("name", ["books", "ledger"])
@pytest.mark.usefixtures("service")
def test_an_event_of_a_company_that_is_not_connected_here_is_passed_over(office: Office, name: str) -> None:
    edit(office, name)
    assert {one["status"] for one in deliver(office, name, stranger=True)} == {200}
    assert sum(map(len, told(office, name).values())) == 1


@every_connection
@pytest.mark.usefixtures("service")
def test_a_pull_serves_the_hints_that_came_before_it(office: Office, name: str) -> None:
    edit(office, name)
    deliver(office, name)
    assert told(office, name)
    office.later(minutes=1)
    assert not pull(office.installation, name).error
    assert told(office, name) == {}


@pytest.mark.usefixtures("service")
def test_a_platform_that_fails_keeps_its_hints(office: Office) -> None:
    edit(office, "cards")
    deliver(office, "cards")
    kept = told(office, "cards")
    office.tell("/faults", platform="stripe", kind="error", count=20)
    follow(office.installation, "cards")
    assert told(office, "cards") == kept
    assert waiting(office.installation) == [], "it is not asked every few seconds while it fails"
    office.sandbox.world.faults.clear()
    office.later(minutes=9)
    assert not pull(office.installation, "cards").error
    assert told(office, "cards") == {}


@pytest.mark.usefixtures("service")
def test_silence_is_noticed(office: Office) -> None:
    """Webhooks came once; now invoices change for days and none comes any more."""
    edit(office, "cards")
    deliver(office, "cards")

    def silent_since() -> dt.datetime | None:
        installation = office.installation
        with installation.store.read() as tx:
            return look_at(tx, installation, connections.known(tx)["cards"]).silent_since

    assert silent_since() is None
    office.later(hours=30)
    edit(office, "cards", 5)
    pull(office.installation, "cards")
    assert silent_since() is not None
