"""What a monitor may read: figures that agree with the store, for who shows the token, and nothing about anybody."""

import datetime as dt

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from owed.web.application import application
from store import journal
from tests.owed.conftest import Desk
from tests.serving import served

TOKEN = "a-long-token"


def ask(desk: Desk, path: str, shown: str = "", token: str = TOKEN) -> requests.Response:
    with served(application(desk.installation, {}, token)) as address:
        return requests.get(f"{address}{path}", headers={"Authorization": shown.encode()}, timeout=20)


def read(desk: Desk) -> dict[tuple[str, ...], float]:
    answer = ask(desk, "/metrics", f"Bearer {TOKEN}")
    assert answer.status_code == 200
    assert not any(word in answer.text for word in ("@", "Acme", "Brook", "Harbour"))
    found = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            assert sample.labels.pop("organisation") == "harbour-joinery"
            found[sample.name, *sample.labels.values()] = sample.value
    return found


def journal_length(desk: Desk) -> int:
    with desk.installation.store.read() as tx:
        return journal.head(tx).number


def test_the_figures_are_those_of_the_store(desk: Desk) -> None:
    desk.go_live("--release", "all")
    desk.owed("apply", "--yes")
    desk.now += dt.timedelta(hours=2)
    found = read(desk)
    assert found["owed_sync_age_seconds", "books"] == 7200
    assert found["owed_outbox_effects", "sent"] == len(desk.effects("sent")) > 0
    assert found["owed_outbox_effects", "needs_human"] == found["owed_uncertain_effects",] == 0
    assert found["owed_live",] == found["owed_store_ok",] == 1
    assert found["owed_journal_entries",] == journal_length(desk) > 0
    assert found["owed_stopped",] == 0
    assert found["owed_breaks_open",] == len(desk.json("breaks"))
    assert ("owed_calls_left", "books", "day") in found
    desk.owed("stop")
    assert read(desk)["owed_stopped",] == 1


def test_an_alert_on_the_age_of_a_sync_can_be_written_for_all_connections(desk: Desk) -> None:
    """A mail server is never read: its age would be an alert for ever."""
    aged = {
        name: value
        for (metric, *labels), value in read(desk).items()
        if metric == "owed_sync_age_seconds"
        for name in labels
    }
    assert set(aged) == {"books", "ledger", "cards"}
    assert max(aged.values()) < 3 * 3600
    assert ("owed_connection_ok", "mail") in read(desk)


@pytest.mark.parametrize(
    "shown", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x", "Bearer ä"]
)
def test_without_the_token_nothing_is_told(desk: Desk, shown: str) -> None:
    answer = ask(desk, "/metrics", shown)
    assert (answer.status_code, answer.content) == (401, b"")


def test_it_is_off_until_a_token_is_set(desk: Desk) -> None:
    assert ask(desk, "/metrics", "Bearer ", token="").status_code == 404


def test_ready_means_that_the_store_has_this_version_s_schema(desk: Desk) -> None:
    installation = desk.installation
    with served(application(installation, {})) as address:
        assert requests.get(f"{address}/readyz", timeout=20).status_code == 200
        with installation.store.engine.connect().execution_options(owed_write=True) as connection, connection.begin():
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
        assert requests.get(f"{address}/readyz", timeout=20).status_code == 503
        assert requests.get(f"{address}/healthz", timeout=20).status_code == 200


def test_a_store_that_is_away_is_no_traceback(desk: Desk) -> None:
    installation = desk.installation
    with served(application(installation, {}, TOKEN)) as address:
        installation.store.close()
        (desk.folder / "owed.db").write_bytes(b"this is no database, and it is longer than a header of one " * 20)
        for path in desk.folder.glob("owed.db-*"):
            path.unlink()
        shown = {"Authorization": f"Bearer {TOKEN}"}
        assert requests.get(f"{address}/metrics", headers=shown, timeout=20).status_code == 503
        assert requests.get(f"{address}/readyz", timeout=20).status_code == 503
