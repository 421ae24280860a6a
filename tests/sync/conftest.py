"""An organisation connected to the sandbox, ready to work, its clock in our hands."""

import dataclasses
import datetime as dt
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors.protocol import Tokens
from owed.bootstrap import install
from owed.demo.settings import write_settings
from sandbox.serve import Sandbox
from store import outbox
from store.outbox import Effect
from sync.assess import assess
from sync.cycle import approve, look, synchronise, write_down
from sync.deliver import deliver
from sync.golive import go_live
from sync.installation import Installation
from sync.send import Outcome
from sync.tokens import StoredTokens

#: A Wednesday, ten o'clock in London.
MORNING = dt.datetime(2026, 11, 18, 10, 0, tzinfo=dt.UTC)


@dataclass
class Office:
    """The sandbox and owed side by side. `at` moves both clocks."""

    sandbox: Sandbox
    config: Path
    now: dt.datetime = MORNING

    @property
    def installation(self) -> Installation:
        return install(self.config, now=self.now)

    @property
    def unhurried(self) -> Installation:
        """Whose waiting for a limit takes no time: it moves the clocks instead."""
        return dataclasses.replace(
            self.installation, wall=lambda: self.now, sleep=lambda seconds: self.later(seconds=seconds)
        )

    def settings(self, pattern: str, replacement: str) -> None:
        text = self.config.read_text()
        changed = re.sub(pattern, replacement, text, count=1)
        assert changed != text, f"{pattern} is not in owed.toml"
        self.config.write_text(changed)

    def without_limits(self) -> None:
        """Minutes of waiting for a window to end prove nothing here; limits have tests of their own."""
        self.tell("/limits", enabled=False)
        free = "limits = { calls_per_second = 100000, calls_per_minute = 100000, calls_per_day = 100000 }"
        text = re.sub(r"\nlimits = .*", "", self.config.read_text())
        text = re.sub(r'(platform = "(?:xero|quickbooks|stripe)")', rf"\1\n{free}", text)
        self.config.write_text(text)

    def later(self, **delta: float) -> None:
        self.now += dt.timedelta(**delta)
        self.tell("/clock", now=self.now.isoformat())

    def tell(self, door: str, **body: Any) -> Any:
        answer = requests.post(f"{self.sandbox.config['control']}{door}", json=body, timeout=20)
        assert answer.ok, answer.text
        return answer.json()

    def ask(self, path: str) -> Any:
        return requests.get(f"{self.sandbox.config['control']}{path}", timeout=20).json()

    def go_live(self, **options: Any) -> None:
        installation = self.installation
        go_live(installation, assess(installation, decide=False), actor="test", **options)

    def apply(self) -> list[Outcome]:
        installation = self.installation
        seen, made = look(installation)
        approve(installation, write_down(installation, seen, made), "test")
        return deliver(installation)

    def effects(self, *states: str) -> list[Effect]:
        with self.installation.store.read() as tx:
            return outbox.listed(tx, states)

    def mails(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("/mailbox.json")
        return found


@contextmanager
def opened(folder: Path) -> Iterator[Office]:
    with Sandbox(folder / "sandbox", now=MORNING) as sandbox:
        office = Office(sandbox, write_settings(folder, sandbox.config, "sqlite:///owed.db"))
        office.without_limits()
        yield office


@pytest.fixture(scope="session")
def connected_office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which everything is connected and pulled once; each test works on a copy of its own."""
    folder = tmp_path_factory.mktemp("office")
    with opened(folder) as office:
        installation = office.installation
        for name, endpoint in installation.endpoints.items():
            about = office.sandbox.config.get(endpoint.platform, {})
            tokens = Tokens(**{key: about[key] for key in Tokens.__struct_fields__ if key in about})
            stored = StoredTokens(
                installation.store, installation.vault, name, installation.wall, installation.processes
            )
            stored.save(tokens)
        synchronise(installation)
        installation.store.close()
    return folder


@pytest.fixture
def office(connected_office: Path, tmp_path: Path) -> Iterator[Office]:
    shutil.copytree(connected_office, tmp_path, dirs_exist_ok=True)
    with opened(tmp_path) as office:
        yield office
