"""What one hourly round costs in a worker that is warm, by the number of open invoices; one of them was paid.

At night nothing leaves. In the first morning a message is planned for every debtor, with its pay links and notes, and
the first ten leave: each is asked about again just before.
"""

import datetime as dt
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.fleet.company import MORNING, NIGHT, Company, company
from benchmarks.fleet.organisations import Organisations
from benchmarks.vendors.process import ROOT
from owed.engines import Engines
from owed.fleet import open_fleet
from sync.actors import Work
from sync.cycle import Round
from sync.installation import Installation

#: Open invoices, and invoices that were paid long ago.
SIZES = ((100, 0), (2_000, 0), (10_000, 0), (2_000, 8_000))
ROUNDS = 2

#: Of larger ones the morning is left out: it takes half a minute.
_LARGEST_MORNING = 2_000


def run() -> Iterator[str]:
    """Each in a process of its own, whose memory is its alone."""
    for size in SIZES:
        command = [sys.executable, "-m", "benchmarks.fleet.cost", *map(str, size)]
        yield from subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()


def measured(folder: Path, invoices: int, paid: int) -> Iterator[str]:
    with company(folder / "books", invoices, paid) as books:
        ours = Organisations(folder / "fleet", f"sqlite:///{folder}/owed.db", "memory:", Engines())
        ours.add("tenant", books)
        first, _ = one_round(ours, NIGHT)
        assert ours.go_live("tenant", NIGHT) == invoices
        nights = [_later(ours, books, NIGHT + dt.timedelta(hours=1 + number)) for number in range(ROUNDS + 1)]
        yield f"{_whose(invoices, paid)}: {_night(nights[1:])}; the first round of all {first[0]:.1f} CPU s"
        if invoices + paid <= _LARGEST_MORNING:
            (seconds, _), done = _later(ours, books, MORNING)
            assert {outcome.state for outcome in done.outcomes} == {"sent"}, done.outcomes
            planned, left = ours.planned("tenant"), len(done.outcomes)
            yield f"{_whose(invoices, paid)}: {planned:,} effects planned, {left} leave, {seconds:.1f} CPU s"


def _later(ours: Organisations, books: Company, now: dt.datetime) -> tuple[tuple[float, float], Round]:
    books.move_on(now)
    return one_round(ours, now)


def _night(rounds: list[tuple[tuple[float, float], Round]]) -> str:
    cpu, wall = (statistics.median(part) for part in zip(*(seconds for seconds, _ in rounds), strict=True))
    calls = sum(report.calls for report in rounds[-1][1].pulls)
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return f"{cpu:.2f} CPU s, {wall:.2f} s, {calls} calls, peak memory {megabytes} MB"


def _whose(invoices: int, paid: int) -> str:
    return f"a round, {invoices:,} open invoices" + (f" and {paid:,} paid ones" if paid else "")


def one_round(ours: Organisations, now: dt.datetime) -> tuple[tuple[float, float], Round]:
    """CPU and real seconds, from the claim of the slot to its end, with the settings read anew."""
    done: list[Round] = []

    def told(_: Installation, finished: Round) -> None:
        done.append(finished)

    fleet = open_fleet([], ours.folder, now)
    fleet.store("tenant")  # a warm worker has the database open
    work = Work(fleet, told)
    cpu, wall = time.process_time(), time.perf_counter()
    work.round("tenant", now.isoformat())
    seconds = time.process_time() - cpu, time.perf_counter() - wall
    assert len(done) == 1
    assert work.failures == 0
    assert not any(report.error for report in done[0].pulls), done[0].pulls
    return seconds, done[0]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        for line in measured(Path(place), *map(int, sys.argv[1:3])):
            print(line)
