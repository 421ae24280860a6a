"""One connection or one record that fails is reported with its reason; everything else goes on."""

from pathlib import Path
from typing import Any

import pytest

from store import connections
from sync.assess import assess
from sync.cycle import synchronise
from tests.sync.conftest import Office


def state_of(office: Office, name: str) -> connections.Known:
    with office.installation.store.read() as tx:
        return connections.known(tx)[name]


@pytest.mark.parametrize(
    ("fault", "word"),
    [
        ({"kind": "unauthorized", "path": "api.xro"}, "reconnect"),
        ({"kind": "reset"}, "failing"),
        ({"kind": "malformed"}, "failing"),
    ],
)
def test_one_platform_that_fails_stops_no_other(office: Office, fault: dict[str, Any], word: str) -> None:
    office.later(hours=1)
    office.tell("/faults", platform="xero", count=50, **fault)
    reports = {report.connection: report for report in synchronise(office.installation)}
    assert reports["books"].error
    assert not reports["ledger"].error
    assert not reports["cards"].error
    assert state_of(office, "books").state == word
    assert state_of(office, "books").synced_at != state_of(office, "ledger").synced_at
    assert len(assess(office.installation, decide=False).items) > 300


def test_after_the_fault_the_next_sync_catches_up(office: Office) -> None:
    office.later(hours=1)
    office.tell("/faults", platform="quickbooks", count=50, kind="malformed")
    synchronise(office.installation)
    office.sandbox.world.faults.clear()
    synchronise(office.installation)
    assert state_of(office, "ledger").state == "ok"
    assert state_of(office, "ledger").problem == ""


def test_an_unreachable_host_is_named(office: Office, tmp_path: Path) -> None:
    office.settings(r'api_base = "http://127.0.0.1:\d+/v3"', 'api_base = "http://127.0.0.1:9/v3"')
    reports = {report.connection: report for report in synchronise(office.installation)}
    assert reports["ledger"].error
    assert not reports["books"].error


def test_a_record_of_an_unknown_currency_is_reported_kept_and_stops_nothing_else(office: Office) -> None:
    installation = office.installation
    before = len(assess(installation, decide=False).snapshot.invoices)
    with installation.store.write() as tx:
        connections.reset_cursors(tx, "ledger")
    office.tell("/faults", platform="quickbooks", kind="rewrite", count=4, path="query", find='"EUR"', replace='"QQQ"')
    reports = {report.connection: report for report in synchronise(installation)}
    assert not any(report.error for report in reports.values())
    problems = reports["ledger"].problems
    assert problems
    assert all(one.where.startswith("ledger:") and "QQQ" in one.what for one in problems)
    with installation.store.read() as tx:
        assert {str(one) for _, one in connections.open_problems(tx)} == set(map(str, problems))
    assert len(assess(installation, decide=False).snapshot.invoices) == before
