"""Messages through the whole outbox: read again, guards asked again, claimed, handed over, receipt; by SMTP, from one
process, into SQLite and PostgreSQL. The look-alikes run in a process of their own."""

import csv
import datetime as dt
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from benchmarks.vendors.process import ROOT
from connectors.protocol import Tokens
from owed.bootstrap import install
from owed.demo.settings import write_settings
from sync.assess import assess
from sync.cycle import approve, look, synchronise, write_down
from sync.deliver import deliver
from sync.golive import go_live
from sync.installation import Installation
from sync.tokens import StoredTokens

COUNT = 1_000
#: A Wednesday, ten o'clock in London.
NOW = dt.datetime(2026, 11, 18, 10, 0, tzinfo=dt.UTC)

_RULES = """
[[policy]]
name = "one reminder"
[[policy.step]]
name = "friendly"
days_after_due = 1
"""
_FREE = "limits = { calls_per_second = 100000, calls_per_minute = 100000, calls_per_day = 1000000 }"


def run() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        yield from measured(Path(folder), COUNT)


def measured(folder: Path, count: int) -> Iterator[str]:
    with _platforms(folder, count) as config:
        ours = _live(folder, config)
        seen, made = look(ours)
        approved = approve(ours, write_down(ours, seen, made), "bench")
        before, began = time.process_time(), time.perf_counter()
        outcomes = deliver(ours)
        seconds, cpu = time.perf_counter() - began, time.process_time() - before
        states = Counter(outcome.state for outcome in outcomes)
        assert states["sent"] == approved, states
    rate = f"{approved / seconds:,.0f} effects a second"
    yield f"{approved:,} effects of {count:,} invoices in {seconds:.2f} s: {rate}, {cpu / approved * 1000:.1f} CPU ms each"


@contextmanager
def _platforms(folder: Path, count: int) -> Iterator[dict[str, Any]]:
    ledger = folder / "ledger.csv"
    _write_ledger(ledger, count)
    command = [sys.executable, "-m", "sandbox", "--folder", str(folder / "sandbox"), "--ledger", str(ledger)]
    command += ["--as-of", NOW.date().isoformat(), "--now", NOW.isoformat()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        try:
            assert "ready" in process.stdout.readline()
            config = json.loads((folder / "sandbox" / "sandbox.json").read_text())
            requests.post(f"{config['control']}/limits", json={"enabled": False}, timeout=20).raise_for_status()
            yield config
        finally:
            process.terminate()


def _write_ledger(path: Path, count: int) -> None:
    due = NOW.date() - dt.timedelta(days=10)
    issued = due - dt.timedelta(days=30)
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        names = "invoice_number customer_id invoice_date due_date invoice_amount currency platform customer_email"
        rows.writerow(names.split())
        for number in range(count):
            who = f"c{number:05}"
            amount = f"{100 + number}.00"
            rows.writerow([f"N-{number:05}", who, issued, due, amount, "GBP", "xero", f"{who}@customers.example"])


def _live(folder: Path, config: dict[str, Any]) -> Installation:
    path = write_settings(folder, config, f"sqlite:///{folder}/owed.db", _RULES)
    text = path.read_text().replace("[sending]\n", "[sending]\nramp_start = 100000\ndaily_cap = 100000\n")
    lines = [line for line in text.splitlines() if not line.startswith("limits = ")]
    limited = ('platform = "xero"', 'platform = "quickbooks"', 'platform = "stripe"')
    path.write_text("\n".join(f"{line}\n{_FREE}" if line in limited else line for line in lines))
    ours = install(path, now=NOW)
    for name, endpoint in ours.endpoints.items():
        about = config.get(endpoint.platform, {})
        tokens = Tokens(**{key: about[key] for key in Tokens.__struct_fields__ if key in about})
        StoredTokens(ours.store, ours.vault, name, ours.wall, ours.processes).save(tokens)
    synchronise(ours)
    go_live(ours, assess(ours, decide=False), actor="bench")
    return ours
