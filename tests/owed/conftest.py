"""owed as a person at a keyboard has it: whole commands, in process, against the sandbox."""

import contextlib
import csv
import datetime as dt
import io
import json
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import requests

from owed.__main__ import main
from owed.bootstrap import install
from owed.demo.settings import write_settings
from sandbox.serve import Sandbox
from store import outbox
from store.outbox import Effect
from sync.installation import Installation

#: A Wednesday, ten o'clock in London.
MORNING = dt.datetime(2026, 11, 18, 10, 0, tzinfo=dt.UTC)
AS_OF = MORNING.date()

_COLUMNS = "platform customer_id customer_name customer_email invoice_number invoice_date due_date invoice_amount currency settled_date".split()
_INVOICES = [
    # days late, and the day of settlement
    ("xero", "X1", "Acme Ltd", "ap@acme.example", "A-100", 17, "1200.00", ""),
    ("xero", "X1", "Acme Ltd", "ap@acme.example", "A-101", -10, "300.00", ""),
    ("xero", "X2", "Brook & Sons", "pay@brook.example", "B-100", 78, "500.00", ""),
    ("xero", "X2", "Brook & Sons", "pay@brook.example", "B-099", 100, "50.00", "2026-10-01"),
    ("quickbooks", "Q1", "Cedar [Old] Works", "cedar@cedar.example", "C-100", 8, "80.00", ""),
    ("quickbooks", "Q2", "Acme Ltd", "office@acme-north.example", "C-200", 20, "90.00", ""),
    ("stripe", "S1", "Delta Dental", "delta@delta.example", "D-100", 13, "200.00", ""),
]


@dataclass(frozen=True)
class Told:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Terminal(io.StringIO):
    """A keyboard with a person before it."""

    def isatty(self) -> bool:
        return True


def run(*arguments: str, answers: str | Terminal = "", **environment: str) -> Told:
    """`answers` is what stands on stdin, or is typed; a traceback is never an answer."""
    out, err = io.StringIO(), io.StringIO()
    with (
        mock.patch.object(sys, "argv", ["owed", *arguments]),
        mock.patch.object(sys, "stdin", io.StringIO(answers) if isinstance(answers, str) else answers),
        mock.patch.dict("os.environ", environment),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    told = Told(int(ended.value.code or 0), out.getvalue(), err.getvalue())
    assert "Traceback" not in told.out + told.err
    return told


@dataclass
class Desk:
    """A folder with an owed.toml beside a running sandbox. Commands are given at `now`."""

    folder: Path
    sandbox: Sandbox
    now: dt.datetime = MORNING

    @property
    def config(self) -> Path:
        return self.folder / "owed.toml"

    def owed(self, *arguments: str, code: int = 0, answers: str | Terminal = "", **environment: str) -> Told:
        told = run(*arguments, *self._where(arguments), answers=answers, **environment)
        assert told.code == code, f"owed {' '.join(arguments)}: {told}"
        return told

    def json(self, *arguments: str, code: int = 0) -> Any:
        return self.owed(*arguments, "--json", code=code).json

    def settings(self, pattern: str, replacement: str) -> None:
        text = self.config.read_text()
        changed = re.sub(pattern, replacement, text, count=1)
        assert changed != text, f"{pattern} is not in owed.toml"
        self.config.write_text(changed)

    def connect(self) -> None:
        """As the README says: credentials from the environment."""
        for name, platform in (("books", "xero"), ("ledger", "quickbooks")):
            given = self.sandbox.config[platform]
            self.owed(
                *("connect", name, "--access-token", "--refresh-token"),
                OWED_ACCESS_TOKEN=given["access_token"],
                OWED_REFRESH_TOKEN=given["refresh_token"],
                OWED_CLIENT_ID=given["client_id"],
                OWED_CLIENT_SECRET=given["client_secret"],
            )
        self.owed("connect", "cards", "--api-key", answers=f"{self.sandbox.config['stripe']['api_key']}\n")
        self.owed("connect", "mail")

    def go_live(self, *options: str) -> None:
        self.owed("golive", "--yes", "--sent-elsewhere", "--platform-reminders", "books=off", *options)

    @property
    def installation(self) -> Installation:
        return install(self.config, now=self.now)

    def effects(self, *states: str) -> list[Effect]:
        with self.installation.store.read() as tx:
            return outbox.listed(tx, states)

    def mails(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = requests.get(f"{self.sandbox.config['control']}/mailbox.json", timeout=20).json()
        return found

    def _where(self, arguments: tuple[str, ...]) -> list[str]:
        timeless = arguments[0] == "init" or arguments[:2] in (("rules", "check"), ("rules", "test"))
        when = [] if timeless or "--now" in arguments else ["--now", self.now.isoformat()]
        return ["--config", str(self.config), *when]


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Connected and read once for a whole module; tests work on copies of it."""
    folder = tmp_path_factory.mktemp("office")
    write_ledger(folder / "ledger.csv")
    with Sandbox(folder / "sandbox", ledger=folder / "ledger.csv", as_of=AS_OF, now=MORNING) as sandbox:
        write_settings(folder, sandbox.config, "sqlite:///owed.db")
        desk = Desk(folder, sandbox)
        without_limits(desk)
        desk.connect()
        desk.owed("sync")
        yield desk


@pytest.fixture
def desk(synced: Desk, tmp_path: Path) -> Desk:
    """A desk of one's own: settings, key and store are copies, the sandbox is shared."""
    for path in synced.folder.glob("owed.*"):
        shutil.copy(path, tmp_path)
    return Desk(tmp_path, synced.sandbox)


def write_ledger(path: Path) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        for platform, identifier, name, email, number, late, amount, settled in _INVOICES:
            due = AS_OF - dt.timedelta(days=late)
            row = [platform, identifier, name, email, number, due - dt.timedelta(days=30), due, amount, "GBP", settled]
            writer.writerow(row)


def without_limits(desk: Desk) -> None:
    """Minutes of waiting for a window to end prove nothing here; limits have tests of their own."""
    answer = requests.post(f"{desk.sandbox.config['control']}/limits", json={"enabled": False}, timeout=20)
    assert answer.ok, answer.text
    free = "limits = { calls_per_second = 100000, calls_per_minute = 100000, calls_per_day = 100000 }"
    text = re.sub(r"\nlimits = .*", "", desk.config.read_text())
    text = re.sub(r'(platform = "(?:xero|quickbooks|stripe)")', rf"\1\n{free}", text)
    desk.config.write_text(text)
