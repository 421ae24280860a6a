"""Organisations as a user has them: a settings file each in one folder, connected, read once and live."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from benchmarks.fleet.company import Company
from connectors.protocol import Tokens
from owed.bootstrap import install
from owed.engines import Engines
from owed.starter import starter_rules
from store import outbox
from sync.assess import assess
from sync.golive import go_live
from sync.tokens import StoredTokens

#: An hour is over within seconds here, and a minute's calls are not to be waited for.
_FREE = "limits = { calls_per_second = 100000, calls_per_minute = 100000, calls_per_day = 10000000 }"

_SETTINGS = """[business]
id = "{name}"
name = "Tenant {name}"
timezone = "Europe/London"
country = "GB"
currency = "GBP"

[store]
url = "{store}"

[worker]
broker = "{broker}"

[sending]
mode = "live"
from = "Tenant {name} <accounts@{name}.example>"
bank_details = "Bank, account 00000000"

[[connection]]
name = "books"
platform = "xero"
{free}
account = "{xero[tenant_id]}"
api_base = "{xero[api_base]}"
token_url = "{xero[token_url]}"
authorize_url = "{xero[authorize_url]}"
revoke_url = "{xero[revoke_url]}"
connections_url = "{xero[connections_url]}"
reminds_by_itself = false

[[connection]]
name = "cards"
platform = "stripe"
{free}
account = "{stripe[account]}"
api_base = "{stripe[api_base]}"
reminds_by_itself = false

[[connection]]
name = "mail"
platform = "email"
host = "{smtp[host]}"
port = {smtp[port]}
security = "none"

"""


@dataclass(frozen=True, slots=True)
class Organisations:
    """`folder` is what `owed worker --fleet` is given."""

    folder: Path
    store: str
    broker: str
    engines: Engines

    def file(self, name: str) -> Path:
        return self.folder / f"{name}.toml"

    def add(self, name: str, company: Company) -> None:
        """Its file, and its credentials in the store."""
        self.folder.mkdir(exist_ok=True)
        words = {"name": name, "store": self.store, "broker": self.broker, "free": _FREE}
        text = _SETTINGS.format(**words, **company.config)
        self.file(name).write_text(text + starter_rules())
        ours = install(self.file(name), engines=self.engines)
        for connection, tokens in {**company.keys(), "mail": Tokens()}.items():
            StoredTokens(ours.store, ours.vault, connection, ours.wall, ours.processes).save(tokens)

    def go_live(self, name: str, now: dt.datetime) -> int:
        """How many open invoices it has."""
        ours = install(self.file(name), now=now, engines=self.engines)
        seen = assess(ours, decide=False)
        go_live(ours, seen, actor="bench", sent_elsewhere=True)
        return sum(item.invoice.is_open for item in seen.items)

    def planned(self, name: str) -> int:
        """Effects that stand in its outbox, in whatever state."""
        with install(self.file(name), engines=self.engines).store.read() as tx:
            return sum(outbox.counts(tx).values())

    def hide(self, name: str) -> None:
        """Until it is shown again no worker serves it."""
        self.file(name).rename(self.file(name).with_suffix(".hidden"))

    def show(self, name: str) -> None:
        self.file(name).with_suffix(".hidden").rename(self.file(name))
