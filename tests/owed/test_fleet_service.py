"""One service for all organisations of a fleet: each one's figures for who shows its token, each webhook to its own."""

import base64
import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests
import sqlalchemy as sa
from prometheus_client.parser import text_string_to_metric_families

from owed.bootstrap import install
from owed.fleet import Fleet, open_fleet
from owed.web.application import application_of
from owed.web.fleet import OfFleet
from store import hints
from store.tables import FACTS, metadata
from tests.owed.conftest import Desk
from tests.serving import served

OURS, THEIRS = "harbour-joinery", "harbour-boats"
TOKEN, KEY = "a-long-token", "xero-signing-key"


class Harbour:
    """Two businesses in one database, connected to two organisations at Xero by the same app."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.folder = desk, desk.folder / "fleet"
        self.folder.mkdir()
        self.copy_rows()
        self.account = {OURS: "", THEIRS: "11111111-2222-4333-8444-555555555555"}
        (self.account[OURS],) = [one.account for one in desk.installation.endpoints.values() if one.platform == "xero"]

    def copy_rows(self) -> None:
        with self.desk.installation.store.write() as tx:
            for table in metadata.tables.values():
                others = [column for column in table.columns if column.name != "organisation"]
                ours = sa.select(sa.literal(THEIRS), *others).where(table.c.organisation == OURS)
                tx.execute(table.insert().from_select(["organisation", *(column.name for column in others)], ours))

    def write(self, organisation: str, token: str = "TOKEN", key: str = "KEY", store: str = "") -> None:
        """Its settings file; `token` and `key` name variables of the environment."""
        text = self.desk.config.read_text().replace(f'id = "{OURS}"', f'id = "{organisation}"')
        text = text.replace(self.account[OURS], self.account[organisation])
        text = text.replace('"sqlite:///owed.db"', f'"{store or f"sqlite:///{self.desk.folder}/owed.db"}"')
        text = text.replace("owed.mailbox", str(self.desk.folder / "owed.mailbox"))
        secret = f'webhook_secret = {{ env = "{key}" }}\n'
        text = text.replace('name = "books"\n', f'name = "books"\n{secret}', 1)
        serving = f'[serve]\nmetrics_token = {{ env = "{token}" }}\n\n'
        (self.folder / f"{organisation}.toml").write_text(text.replace("[sending]\n", f"{serving}[sending]\n", 1))

    def open(self) -> Fleet:
        return open_fleet([], self.folder, self.desk.now)

    @contextmanager
    def serving(self, again_after: dt.timedelta = dt.timedelta(days=1)) -> Iterator[str]:
        with served(application_of(OfFleet(self.open(), again_after))) as address:
            yield address

    def hinted(self, organisation: str) -> dict[str, list[str]]:
        ours = install(self.folder / f"{organisation}.toml", now=self.desk.now)
        with ours.store.read() as tx:
            return hints.waiting(tx, "books")


@pytest.fixture
def harbour(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Harbour:
    for name, value in {"TOKEN": TOKEN, "THEIR_TOKEN": "another", "KEY": KEY, "THEIR_KEY": "their-key"}.items():
        monkeypatch.setenv(name, value)
    return Harbour(desk)


def figures(address: str, token: str = TOKEN) -> dict[tuple[str, ...], float]:
    answer = requests.get(f"{address}/metrics", headers={"Authorization": f"Bearer {token}"}, timeout=20)
    assert answer.status_code == 200
    return {
        (sample.labels.pop("organisation"), sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def tell(address: str, path: str, tenant: str, key: str = KEY) -> int:
    """As Xero tells that an invoice has changed."""
    event = {"eventDateUtc": "2026-11-18T09:00:00", "tenantId": tenant, "tenantType": "ORGANISATION"}
    body = json.dumps({"events": [{**event, "resourceId": "i-1", "eventCategory": "INVOICE"}]}).encode()
    signature = base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()
    headers = {"x-xero-signature": signature}
    return requests.post(f"{address}/webhooks/{path}", data=body, headers=headers, timeout=20).status_code


def test_each_organisation_s_figures_stand_under_its_own_name(harbour: Harbour) -> None:
    harbour.desk.go_live("--release", "all")
    harbour.desk.owed("apply", "--yes")
    harbour.write(OURS)
    harbour.write(THEIRS)
    with harbour.serving() as address:
        found = figures(address)
    assert found[OURS, "owed_outbox_effects", "sent"] == len(harbour.desk.effects("sent")) > 0
    assert found[THEIRS, "owed_outbox_effects", "sent"] == 0
    assert (found[OURS, "owed_live"], found[THEIRS, "owed_live"]) == (1, 0)
    assert found[OURS, "owed_sync_age_seconds", "books"] == found[THEIRS, "owed_sync_age_seconds", "books"] == 0
    assert {name for name, *_ in found} == {OURS, THEIRS}


def test_a_token_opens_the_figures_of_those_who_have_it(harbour: Harbour) -> None:
    harbour.write(OURS)
    harbour.write(THEIRS, token="THEIR_TOKEN")
    with harbour.serving() as address:
        assert {name for name, *_ in figures(address)} == {OURS}
        assert {name for name, *_ in figures(address, "another")} == {THEIRS}
        assert requests.get(f"{address}/metrics", timeout=20).status_code == 401


def test_a_database_that_is_away_hides_nobody_else(harbour: Harbour) -> None:
    (harbour.desk.folder / "theirs.db").write_bytes(b"this is no database, and longer than a header of one " * 20)
    harbour.write(OURS)
    harbour.write(THEIRS, store=f"sqlite:///{harbour.desk.folder}/theirs.db")
    with harbour.serving() as address:
        found = figures(address)
        assert requests.get(f"{address}/readyz", timeout=20).status_code == 200
        assert tell(address, f"{THEIRS}/books", harbour.account[THEIRS]) == 503, "Xero is to send it again"
    assert {key: value for key, value in found.items() if key[0] == THEIRS} == {(THEIRS, "owed_store_ok"): 0}
    assert found[OURS, "owed_store_ok"] == 1


def test_the_cost_does_not_grow_with_the_organisations_and_no_fact_is_read(harbour: Harbour) -> None:
    harbour.write(OURS)
    alone = asked_for(harbour)
    harbour.write(THEIRS)
    assert asked_for(harbour) == alone
    assert not [statement for statement in alone for table in FACTS if f"FROM {table}" in statement]


def asked_for(harbour: Harbour) -> list[str]:
    """What the database is asked for a second look at the figures, however many organisations a statement names."""
    with harbour.serving() as address:
        figures(address)
        found: list[str] = []

        def look(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            found.append(statement.replace("?, ?", "?"))

        sa.event.listen(sa.Engine, "before_cursor_execute", look)
        try:
            figures(address)
        finally:
            sa.event.remove(sa.Engine, "before_cursor_execute", look)
    assert found
    return found


def test_a_webhook_is_kept_for_the_organisation_of_its_address(harbour: Harbour) -> None:
    harbour.write(OURS)
    harbour.write(THEIRS, key="THEIR_KEY")
    with harbour.serving() as address:
        assert tell(address, f"{THEIRS}/books", harbour.account[THEIRS], "their-key") == 200
        assert tell(address, f"{THEIRS}/books", harbour.account[THEIRS]) == 401, "that is another's key"
        assert tell(address, f"{THEIRS}/mail", harbour.account[THEIRS]) == 404
        assert tell(address, "nobody/books", harbour.account[THEIRS]) == 404
        assert tell(address, "books", harbour.account[THEIRS]) == 404, "whose books?"
    assert harbour.hinted(THEIRS) == {"invoices": ["i-1"]}
    assert harbour.hinted(OURS) == {}


def test_an_app_that_has_one_address_tells_of_everybody(harbour: Harbour) -> None:
    harbour.write(OURS)
    harbour.write(THEIRS)
    with harbour.serving() as address:
        assert tell(address, f"{OURS}/books", harbour.account[THEIRS]) == 200
    assert harbour.hinted(THEIRS) == {"invoices": ["i-1"]}
    assert harbour.hinted(OURS) == {}


def test_another_app_s_word_about_somebody_counts_for_nothing(harbour: Harbour) -> None:
    harbour.write(OURS)
    harbour.write(THEIRS, key="THEIR_KEY")
    with harbour.serving() as address:
        assert tell(address, f"{OURS}/books", harbour.account[THEIRS]) == 200
    assert harbour.hinted(THEIRS) == harbour.hinted(OURS) == {}


def test_a_file_that_comes_later_is_served(harbour: Harbour) -> None:
    harbour.write(OURS)
    with harbour.serving(again_after=dt.timedelta(0)) as address:
        assert {name for name, *_ in figures(address)} == {OURS}
        harbour.write(THEIRS)
        assert {name for name, *_ in figures(address)} == {OURS, THEIRS}
        (harbour.folder / f"{OURS}.toml").unlink()
        assert {name for name, *_ in figures(address)} == {THEIRS}
