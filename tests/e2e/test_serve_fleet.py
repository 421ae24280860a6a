"""owed serve --fleet and owed worker --fleet as processes: one address for two organisations, and each has its own."""

import base64
import datetime as dt
import hashlib
import hmac
import json
import re
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.running import Product, product

NOW = dt.datetime(2026, 11, 18, 10, 0, tzinfo=dt.UTC)
SECRETS = {"FLEET_TOKEN": "a-long-token", "HARBOUR_KEY": "harbour-key", "WHARF_KEY": "wharf-key"}
TENANTS = {"harbour": "1e1f7ede-d2b1-4a9d-be17-471bd9fe68eb", "wharf": "11111111-2222-4333-8444-555555555555"}


@dataclass(frozen=True, slots=True)
class Fleet:
    """Two organisations in one database, whose files stand in `folder`."""

    product: Product
    folder: Path

    def write(self, organisation: str, **changes: str) -> None:
        text = (self.product.folder / "owed.toml").read_text()
        key = f'webhook_secret = {{ env = "{organisation.upper()}_KEY" }}\n'
        text = re.sub(r'id = "[^"]+"', f'id = "{organisation}"', text, count=1)
        text = text.replace('name = "books"\n', f'name = "books"\n{key}', 1).replace(
            TENANTS["harbour"], TENANTS[organisation]
        )
        text = text.replace("[sending]\n", '[serve]\nmetrics_token = { env = "FLEET_TOKEN" }\n\n[sending]\n', 1)
        text = text.replace("sqlite:///owed.db", f"sqlite:///{self.folder}/owed.db")
        for old, new in changes.items():
            text = text.replace(old, new)
        (self.folder / f"{organisation}.toml").write_text(text)

    @contextmanager
    def serving(self) -> Iterator[str]:
        options = ("--port", "0", "--now", NOW.isoformat())
        process = self.product.start("serve", "--fleet", str(self.folder), *options, PYTHONUNBUFFERED="1", **SECRETS)
        try:
            yield _address(process)
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)
        assert process.returncode in (0, -signal.SIGTERM)

    def hinted(self) -> list[tuple[str, str]]:
        """(organisation, record) of what webhooks named; read beside the running service."""
        with closing(sqlite3.connect(self.folder / "owed.db")) as database:
            return sorted(database.execute("SELECT organisation, id FROM hint"))


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    found = None
    for line in process.stdout:
        found = found or re.search(r"http://127\.0\.0\.1:\d+", line)
        if "/metrics" in line:
            break
    assert found
    return found[0]


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    with product(tmp_path, "--empty", "--now", NOW.isoformat()) as running:
        made = Fleet(running, tmp_path / "fleet")
        made.folder.mkdir()
        (made.folder / "owed.mailbox").write_text("sandbox")
        made.write("harbour")
        made.write("wharf")
        yield made


def tell(address: str, organisation: str, record: str, key: str) -> int:
    """As Xero tells that an invoice has changed."""
    event = {"eventDateUtc": "2026-11-18T09:00:00", "tenantId": TENANTS[organisation], "tenantType": "ORGANISATION"}
    body = json.dumps({"events": [{**event, "resourceId": record, "eventCategory": "INVOICE"}]}).encode()
    signature = base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()
    url = f"{address}/webhooks/{organisation}/books"
    return requests.post(url, data=body, headers={"x-xero-signature": signature}, timeout=20).status_code


def figures(address: str) -> set[tuple[str, str]]:
    """(organisation, metric), as Prometheus reads them."""
    shown = {"Authorization": f"Bearer {SECRETS['FLEET_TOKEN']}"}
    answer = requests.get(f"{address}/metrics", headers=shown, timeout=20)
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.text)
    return {(one.labels["organisation"], one.name) for family in families for one in family.samples}


def test_a_fleet_s_service_answers_and_keeps_a_webhook_for_its_own_organisation(fleet: Fleet) -> None:
    with fleet.serving() as address:
        assert [requests.get(f"{address}/{page}", timeout=20).status_code for page in ("healthz", "readyz")] == [
            200,
            200,
        ]
        assert requests.get(f"{address}/metrics", timeout=20).status_code == 401
        assert {name for name, _ in figures(address)} == set(TENANTS)
        assert tell(address, "wharf", "i-7", "harbour-key") == 401, "signed with the other's key"
        assert fleet.hinted() == []
        assert tell(address, "wharf", "i-9", "wharf-key") == 200
        assert fleet.hinted() == [("wharf", "i-9")]


def test_one_file_with_a_mistake_hides_nobody_else_and_a_worker_does_the_others_hour(fleet: Fleet) -> None:
    fleet.write("wharf", url="ulr")
    with fleet.serving() as address:
        assert {name for name, _ in figures(address)} == {"harbour"}
    worker = fleet.product.start("worker", "--fleet", str(fleet.folder), "--once", "--now", NOW.isoformat(), **SECRETS)
    out, err = worker.communicate(timeout=120)
    assert worker.returncode == 0, out + err
    assert "wharf.toml" in err
    assert "unknown key" in err
    assert "messages: none" in out
