"""An hour of many organisations: what one process needs to find out whose round is due, and to queue a hint for each."""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.vendors.process import ROOT
from owed.fleet import open_fleet
from store.roster import NOBODY
from sync.actors import Work, declare
from sync.broker import MEMORY, Hands
from sync.dispatch import Dispatcher, Group

COUNT = 10_000

_SETTINGS = """[business]
id = "{name}"
name = "Tenant {name}"
timezone = "Europe/London"
country = "GB"
currency = "GBP"
[store]
url = "sqlite:///{folder}/owed.db"
"""


def run() -> Iterator[str]:
    """In a process of its own, whose memory is its alone."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "fleet").mkdir()
        for number in range(COUNT):
            name = f"t{number:06}"
            (folder / "fleet" / f"{name}.toml").write_text(_SETTINGS.format(name=name, folder=folder))
        command = [sys.executable, "-m", "benchmarks.fleet.dispatch", place]
        yield subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


def dispatched(folder: Path) -> str:
    began = time.perf_counter()
    fleet = open_fleet([], folder / "fleet", None)
    read = time.perf_counter() - began
    hands = Hands(MEMORY)
    actors = declare(hands, Work(fleet, lambda *_: None))
    dispatcher = Dispatcher(actors, fleet.clock, fleet.wall, fleet.processes, is_shared=False)
    ((url, organisations),) = fleet.groups()
    group: Group = fleet.group(url, organisations)
    assert group.store.organisation == NOBODY
    began = time.perf_counter()
    sent = dispatcher.dispatch(group)
    seconds = time.perf_counter() - began
    again = time.perf_counter()
    assert (sent, dispatcher.dispatch(group)) == (len(organisations), 0)
    again = time.perf_counter() - again
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    words = f"read in {read:.1f} s, dispatched in {seconds:.1f} s, looked at again in {again:.2f} s"
    return f"{sent:,} organisations: {words}, peak memory {megabytes} MB"


if __name__ == "__main__":
    print(dispatched(Path(sys.argv[1])))
