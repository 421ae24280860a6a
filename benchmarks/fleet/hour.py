"""One hour of a fleet, done by worker processes as a user starts them, and watched through the rows of its slots."""

import datetime as dt
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from benchmarks.vendors.process import ROOT
from store.engine import open_engine
from store.tables import slot
from sync.schedule import LEASE

_LOOK_SECONDS = 0.05
_PATIENCE_SECONDS = 600

#: Whose it is, its state, and until when it is claimed.
SlotRow = tuple[str, str, dt.datetime]


@dataclass(slots=True)
class Hour:
    """Real seconds. What was `begun` and `ended` counts from the moment at which the hour's slots stood in the store."""

    begun: dict[str, float] = field(default_factory=dict)
    ended: dict[str, float] = field(default_factory=dict)
    #: CPU seconds of all workers since then, without their start.
    worker_seconds: float = 0
    #: CPU seconds of the processes that stand for the platforms.
    platform_seconds: float = 0
    #: Peak resident memory of each worker, in MB.
    peaks: list[int] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """Until the last round was over."""
        return max(self.ended.values())

    def waits(self, without: str = "") -> list[float]:
        """How long each organisation waited for its round to begin, sorted."""
        return sorted(wait for organisation, wait in self.begun.items() if organisation != without)


@dataclass(frozen=True, slots=True)
class Crew:
    """How the workers are started."""

    fleet: Path
    store: str
    log: Path
    workers: int
    threads: int
    platforms: Sequence[int]


def watched(crew: Crew, now: dt.datetime, count: int) -> Hour:
    """The hour of `count` organisations at owed's `now`. The workers are told to stop when all rounds are done."""
    processes = [_start(crew, now) for _ in range(crew.workers)]
    try:
        return _watch(crew, processes, now, count)
    finally:
        for process in processes:
            if process.returncode is None:
                process.kill()
                process.wait()


def _start(crew: Crew, now: dt.datetime) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "owed", "worker", "--fleet", str(crew.fleet), "--threads", str(crew.threads)]
    with crew.log.open("ab") as log:
        return subprocess.Popen([*command, "--now", now.isoformat()], cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)


def _watch(crew: Crew, processes: "list[subprocess.Popen[bytes]]", now: dt.datetime, count: int) -> Hour:
    hour, engine, opened = Hour(), open_engine(crew.store), 0.0
    before = [0.0, 0.0]
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while len(hour.ended) < count:
        codes = [process.poll() for process in processes]
        assert not any(code is not None for code in codes), f"workers ended with {codes}\n{_told(crew)}"
        assert time.monotonic() < deadline, _told(crew)
        rows = _slots(engine, now)
        if rows and not opened:
            opened, before = time.time(), _used(crew, processes)
        failed = [organisation for organisation, state, _ in rows if state not in {"waiting", "claimed", "done"}]
        assert not failed, f"{failed}\n{_told(crew)}"
        _note(hour, rows, opened)
        time.sleep(_LOOK_SECONDS)
    used = _used(crew, processes)
    hour.worker_seconds, hour.platform_seconds = (after - then for after, then in zip(used, before, strict=True))
    hour.peaks = [_stopped(process) for process in processes]
    engine.dispose()
    return hour


def _told(crew: Crew) -> str:
    """The last lines of the workers."""
    return "\n".join(crew.log.read_text().splitlines()[-40:])


def _slots(engine: sa.Engine, now: dt.datetime) -> list[SlotRow]:
    wanted = sa.select(slot.c.organisation, slot.c.state, slot.c.lease_until).where(slot.c.slot_at == now)
    with engine.connect() as connection:
        return [(row.organisation, row.state, row.lease_until) for row in connection.execute(wanted)]


def _note(hour: Hour, rows: list[SlotRow], opened: float) -> None:
    """A claim lasts for a known time from the instant at which it was made, so a look that comes late sees it too."""
    for organisation, state, lease_until in rows:
        if state != "waiting" and organisation not in hour.begun:
            hour.begun[organisation] = max(0.0, (lease_until - LEASE).timestamp() - opened)
        if state == "done" and organisation not in hour.ended:
            hour.ended[organisation] = time.time() - opened


def _used(crew: Crew, processes: "list[subprocess.Popen[bytes]]") -> list[float]:
    """CPU seconds so far: of the workers, and of the platforms."""
    return [sum(map(cpu_seconds, pids)) for pids in ([process.pid for process in processes], crew.platforms)]


def cpu_seconds(pid: int) -> float:
    """Of a running process, its system calls included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _stopped(process: "subprocess.Popen[bytes]") -> int:
    """Told to stop as a service manager does. Its peak memory in MB."""
    process.terminate()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, process.returncode
    return usage.ru_maxrss // 1024
