"""A small business in the middle of its second day: messages were sent, customers have paid by links, tokens have
run out. Made once, copied for each run."""

import dataclasses
import datetime as dt
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import requests

from connectors.protocol import Tokens
from owed.bootstrap import install
from owed.demo.settings import write_settings
from sandbox.serve import Sandbox
from store import outbox
from sync.assess import assess
from sync.cycle import run_round, synchronise
from sync.golive import go_live
from sync.installation import Installation
from sync.tokens import StoredTokens
from tests.chaos.cluster import cluster_of
from tests.sandbox.worlds import bill, debtor, stock

FIRST_DAY = dt.datetime(2026, 11, 17, 10, 0, tzinfo=dt.UTC)
SECOND_DAY = dt.datetime(2026, 11, 18, 10, 0, tzinfo=dt.UTC)

RULES = """
[[policy]]
name = "by the books' own e-mail"
per = "invoice"
when = { platform = { in = ["xero", "quickbooks"] }, days_past_due = { lte = 20 } }
[[policy.step]]
name = "platform"
days_after_due = 1
channel = "platform"

[[policy]]
name = "by our own e-mail"
[[policy.step]]
name = "friendly"
days_after_due = 1
"""

_FREE = "limits = { calls_per_second = 100000, calls_per_minute = 100000, calls_per_day = 100000 }"

_INVOICES = {"xero": 12, "quickbooks": 8, "stripe": 4}

#: How many customers pay by a link on the first day.
_PAYERS = 2


@dataclass
class World:
    """The look-alikes of one run, and the settings of the owed that works with them."""

    sandbox: Sandbox
    config: Path

    def installation(self, now: dt.datetime) -> Installation:
        return install(self.config, now=now)

    def tell(self, door: str, **body: Any) -> Any:
        answer = requests.post(f"{self.sandbox.config['control']}{door}", json=body, timeout=20)
        assert answer.ok, answer.text
        return answer.json()

    def ask(self, path: str) -> Any:
        return requests.get(f"{self.sandbox.config['control']}{path}", timeout=20).json()


@dataclass
class Databases:
    """Where the stores of the runs are: SQLite files beside their settings, or databases of a PostgreSQL server."""

    server: str = ""

    def make(self, name: str, template: str = "") -> str:
        """The URL of a new database, a copy of another."""
        if not self.server:
            return "sqlite:///owed.db"
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"' if template else ""))
        return self._url(name)

    def drop(self, name: str) -> None:
        if self.server:
            with psycopg.connect(self.server, autocommit=True) as connection:
                connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def cut_off(self, name: str) -> None:
        """All that goes on in a database ends at once, as when its server is restarted."""
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])

    def can_restart(self) -> bool:
        return bool(self.server) and cluster_of(self.server) is not None

    def restart(self) -> None:
        """The whole server, as after a power cut. Only where it `can_restart`."""
        found = cluster_of(self.server)
        assert found is not None
        found.restart("immediate")

    def _url(self, name: str) -> str:
        head, _, query = self.server.partition("?")
        return head.rsplit("/", 1)[0] + f"/{name}" + (f"?{query}" if query else "")


@contextmanager
def opened(folder: Path, store: str, now: dt.datetime) -> Iterator[World]:
    with Sandbox(folder / "sandbox", now=now, company="empty") as sandbox:
        config = write_settings(folder, sandbox.config, store, RULES)
        text = config.read_text().replace("settle_seconds = 2 ", "settle_seconds = 5 ")
        lines = [line for line in text.splitlines() if not line.startswith("limits = ")]
        limited = ('platform = "xero"', 'platform = "quickbooks"', 'platform = "stripe"')
        free = [f"{line}\n{_FREE}" if line in limited else line for line in lines]
        config.write_text("\n".join(free) + "\n")
        world = World(sandbox, config)
        world.tell("/limits", enabled=False)
        yield world


def prepare(folder: Path, store: str) -> None:
    """The first day."""
    folder.mkdir(parents=True)
    with opened(folder, store, FIRST_DAY) as world:
        _stock(world.sandbox)
        ours = world.installation(FIRST_DAY)
        _connect(world, ours)
        synchronise(ours)
        go_live(ours, assess(ours, decide=False), actor="test")
        run_round(ours)
        _customers_pay(world, ours)
        ours.store.close()


def copy(template: Path, folder: Path) -> None:
    shutil.copytree(template, folder)


def _stock(sandbox: Sandbox) -> None:
    """Half of the invoices are old enough for our own messages, the others for those of the books.

    Ten of Xero's twelve are written to on the first day, which ones is chance. Of our own six, four have no pay page
    there and need a link at Stripe, so that at least two customers get one to pay by."""
    today = FIRST_DAY.date()
    for platform, count in _INVOICES.items():
        bills = []
        for number in range(count):
            overdue = 3 + number if number % 2 else 21 + number
            owner = debtor(f"{platform}{number}")
            on = today - dt.timedelta(days=30 + overdue)
            made = bill(owner, f"{platform[0].upper()}-{1000 + number}", on=on, amount=10_000 + 137 * number)
            bills.append(dataclasses.replace(made, online=number % 4 > 0 and number < 10))
        stock(sandbox, platform, *bills)


def _connect(world: World, ours: Installation) -> None:
    for name, endpoint in ours.endpoints.items():
        about = world.sandbox.config.get(endpoint.platform, {})
        tokens = Tokens(**{key: about[key] for key in Tokens.__struct_fields__ if key in about})
        StoredTokens(ours.store, ours.vault, name, ours.wall, ours.processes).save(tokens)


def _customers_pay(world: World, ours: Installation) -> None:
    with ours.store.read() as tx:
        links = [one.url for one in outbox.listed(tx, ["sent"]) if one.verb == "create_payment_link"]
    at_stripe = [url for url in links if url.startswith(world.sandbox.config["stripe"]["api_base"])]
    assert len(at_stripe) >= _PAYERS
    for url in at_stripe[:_PAYERS]:
        world.tell("/pay", url=url)
