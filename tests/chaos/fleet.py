"""Worker processes of a fleet: many organisations, a real broker, and what the slots say of their rounds."""

import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from store.engine import open_engine

_ROOT = Path(__file__).resolve().parents[2]

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
"""


@dataclass
class Fleet:
    """Organisations without connections: a round of theirs is short, and all there is to see is whose turn it was."""

    folder: Path
    store: str
    broker: str
    now: str = "2026-11-18T10:00:00Z"
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def add(self, name: str) -> None:
        (self.folder / "fleet").mkdir(exist_ok=True)
        text = _SETTINGS.format(name=name, store=self.store, broker=self.broker)
        (self.folder / "fleet" / f"{name}.toml").write_text(text)

    def start(self, *options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "owed", "worker", "--fleet", str(self.folder / "fleet"), "--now", self.now]
        with (self.folder / f"worker-{len(self.workers)}.log").open("wb") as log:
            process = subprocess.Popen([*command, *options], cwd=_ROOT, stdout=log, stderr=subprocess.STDOUT)
        self.workers.append(process)
        return process

    def told(self) -> str:
        """What all workers have printed."""
        return "".join(path.read_text() for path in sorted(self.folder.glob("worker-*.log")))

    def ended_well(self, process: subprocess.Popen[bytes]) -> bool:
        """One that has not begun yet may be ended by the signal itself: it leaves nothing half-way."""
        log = self.folder / f"worker-{self.workers.index(process)}.log"
        code = process.wait(60)
        return code == 0 or (code == -signal.SIGTERM and "messages:" not in log.read_text())

    def rounds(self) -> Counter[str]:
        """Rounds that came to their end, by organisation, as the workers say."""
        return Counter(re.findall(r"^(\S+): messages:", self.told(), re.MULTILINE))

    def slots(self) -> Counter[str]:
        engine = open_engine(self.store)
        try:
            with engine.connect() as connection:
                rows = connection.execute(sa.text("SELECT state, count(*) FROM slot GROUP BY state"))
                return Counter({row[0]: row[1] for row in rows})
        except sa.exc.DatabaseError:  # not made yet, or away
            return Counter()
        finally:
            engine.dispose()

    def until(self, done: Callable[[], bool], seconds: float = 120) -> None:
        deadline = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < deadline, f"{self.slots()}\n{self.told()}"
            time.sleep(0.05)


@contextmanager
def running(folder: Path, store: str, broker: str, count: int) -> Iterator[Fleet]:
    """Workers that are still there at the end are told to stop, and have to end well."""
    fleet = Fleet(folder, store, broker)
    for number in range(count):
        fleet.add(f"t{number:03}")
    try:
        yield fleet
        for process in fleet.workers:
            if process.poll() is None:
                process.terminate()
                assert fleet.ended_well(process), fleet.told()
    finally:
        for process in fleet.workers:
            if process.poll() is None:
                process.kill()
            process.wait()
