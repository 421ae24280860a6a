"""Effects through the whole outbox: read again, guards asked again, claimed, handed over, receipt; links, messages by
SMTP and notes, from one worker and from several, into SQLite. The look-alikes run in a process of their own, over HTTP and SMTP."""

import csv
import datetime as dt
import json
import multiprocessing
import smtplib
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import requests

from benchmarks.vendors.process import ROOT
from connectors.email.message import letter
from connectors.protocol import Tokens
from owed.bootstrap import install
from owed.demo.settings import write_settings
from receivables.commands import AddNote, AnyCommand, SendReminder
from receivables.refs import Ref
from store import organisations, outbox
from store.engine import Store, open_engine
from store.migrate import upgrade
from store.outbox import Effect
from sync.assess import assess
from sync.cycle import approve, look, synchronise, write_down
from sync.deliver import deliver
from sync.golive import go_live
from sync.installation import Installation
from sync.send import Outcome
from sync.tokens import StoredTokens

COUNT = 1_000
#: So many processors most machines have.
WORKERS = 2
#: A Wednesday, ten o'clock in London.
NOW = dt.datetime(2026, 11, 18, 10, 0, tzinfo=dt.UTC)

_fork = multiprocessing.get_context("spawn")

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
        yield _protocol_alone(Path(folder), COUNT)
    with tempfile.TemporaryDirectory() as folder:
        yield from measured(Path(folder), COUNT)


def _protocol_alone(folder: Path, count: int) -> str:
    """What the outbox adds to each effect: claimed, its point of no return marked, its receipt written; each step is
    committed to the disk with its entry of the journal, and nothing is sent."""
    engine = open_engine(f"sqlite:///{folder}/owed.db")
    upgrade(engine)
    store = Store(engine, "bench")
    with store.write() as tx:
        organisations.declare(tx, "Bench", NOW)
        invoices = [Ref("books", "invoice", str(number)) for number in range(count)]
        notes = [AddNote(connection="books", invoice=invoice, text="Reminded.") for invoice in invoices]
        for note in notes:
            planned = outbox.plan(tx, NOW, outbox.NewEffect(intent=f"note/{note.invoice}", command=note))
            outbox.approve(tx, NOW, planned, "bench")
        waiting = outbox.listed(tx, ["approved"])
    before, began = time.process_time(), time.perf_counter()
    for effect in waiting:
        _carry_out(store, effect)
    seconds, cpu = time.perf_counter() - began, time.process_time() - before
    engine.dispose()
    rate = f"{count / seconds:,.0f} effects a second, {cpu / count * 1000:.1f} CPU ms each"
    return f"the outbox alone, three commits an effect, nothing is sent: {rate}"


def _carry_out(store: Store, effect: Effect) -> None:
    lease, words = dt.timedelta(minutes=10), effect.command
    with store.write() as tx:
        assert organisations.standing(tx).stopped_at is None
        claimed = outbox.claim(
            tx, NOW, effect, owner="bench", wall=NOW, lease=lease, command=words, before={}, key=effect.id
        )
    assert claimed is not None
    with store.write() as tx:
        assert outbox.mark_phase(tx, claimed, "commit")
    with store.write() as tx:
        assert outbox.sent(tx, NOW, claimed, "reference")


def measured(folder: Path, count: int) -> Iterator[str]:
    with _platforms(folder, count) as config:
        yield from _one_worker(_ready(folder, config, "one"), count, config)
        yield from _several_workers(folder, config)


def _one_worker(ours: Installation, count: int, config: dict[str, Any]) -> Iterator[str]:
    times = _Times()
    before, began = time.process_time(), time.perf_counter()
    outcomes = deliver(ours, times.tell)
    seconds, cpu = time.perf_counter() - began, time.process_time() - before
    states = Counter(outcome.state for outcome in outcomes)
    assert states.keys() == {"sent"}, states
    rate = f"{len(outcomes) / seconds:,.0f} effects a second"
    spent = f"{cpu / len(outcomes) * 1000:.1f} CPU ms each"
    yield f"one worker: {len(outcomes):,} effects of {count:,} invoices in {seconds:.2f} s: {rate}, {spent}"
    for verb, took in sorted(times.by_verb.items()):
        yield f"  {verb:<22}{len(took) / sum(took):>6,.0f} a second"
    yield from _bare(config, [one.effect.command for one in outcomes if one.effect.verb == "send_reminder"])


def _several_workers(folder: Path, config: dict[str, Any]) -> Iterator[str]:
    """One organisation each, as workers of a fleet have them, and all of them in one SQLite file."""
    names = [f"org{number}" for number in range(WORKERS)]
    for name in names:
        _ready(folder, config, name).store.close()
    start = _fork.Barrier(WORKERS + 1)
    sent: Queue[int] = _fork.Queue()
    workers = [_fork.Process(target=_deliver_at_once, args=(folder / f"{name}.toml", start, sent)) for name in names]
    for worker in workers:
        worker.start()
    start.wait()
    began = time.perf_counter()
    effects = sum(sent.get() for _ in workers)
    seconds = time.perf_counter() - began
    for worker in workers:
        worker.join()
    rate = f"{effects / seconds:,.0f} effects a second"
    yield f"{WORKERS} workers, an organisation each, one SQLite file: {effects:,} in {seconds:.2f} s: {rate}"


def _deliver_at_once(config: Path, start: Barrier, sent: "Queue[int]") -> None:
    ours = install(config, now=NOW)
    start.wait()
    outcomes = deliver(ours)
    assert {outcome.state for outcome in outcomes} == {"sent"}
    sent.put(len(outcomes))
    ours.store.close()


def _ready(folder: Path, config: dict[str, Any], name: str) -> Installation:
    """An organisation whose effects wait to leave."""
    ours = _live(folder, config, name)
    seen, made = look(ours)
    approve(ours, write_down(ours, seen, made), "bench")
    return ours


class _Times:
    """Seconds of each effect, by its verb; what is done for a handful of effects counts to its first."""

    def __init__(self) -> None:
        self.by_verb: dict[str, list[float]] = defaultdict(list)
        self._last = time.perf_counter()

    def tell(self, outcome: Outcome) -> None:
        now = time.perf_counter()
        self.by_verb[outcome.effect.verb].append(now - self._last)
        self._last = now


def _bare(config: dict[str, Any], commands: Sequence[AnyCommand]) -> Iterator[str]:
    """The reference: the same messages to the same mail server on one connection, and nothing is written down."""
    before, began = time.process_time(), time.perf_counter()
    with smtplib.SMTP(config["smtp"]["host"], config["smtp"]["port"]) as smtp:
        for number, command in enumerate(commands):
            assert isinstance(command, SendReminder)
            mail = letter(command, str(number), command.sender, NOW)
            smtp.sendmail(mail.sender, mail.recipients, mail.body)
    seconds, cpu = time.perf_counter() - began, time.process_time() - before
    rate = f"{len(commands) / seconds:,.0f} a second, {cpu / len(commands) * 1000:.1f} CPU ms each"
    yield f"  the same messages by smtplib alone, on one connection, nothing written down: {rate}"


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


def _live(folder: Path, config: dict[str, Any], name: str) -> Installation:
    written = write_settings(folder, config, f"sqlite:///{folder}/owed.db", _RULES)
    path = written.rename(folder / f"{name}.toml")
    text = path.read_text().replace("[sending]\n", "[sending]\nramp_start = 100000\ndaily_cap = 100000\n")
    text = text.replace('id = "harbour-joinery"', f'id = "{name}"')
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
