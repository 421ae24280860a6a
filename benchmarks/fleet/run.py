"""`./run bench fleet`: dispatching 10,000 hours, the cost of a round, and whole hours by real workers.

In the table a wait begins when the hour's slots stand in the store, and ends when a worker claims the round. The
platforms' look-alikes share the cores with the workers: their CPU seconds stand beside.
"""

import argparse
import datetime as dt
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.fleet import cost, dispatch
from benchmarks.fleet.company import NIGHT, Company, company
from benchmarks.fleet.hour import Crew, Hour, watched
from benchmarks.fleet.organisations import Organisations
from owed.engines import Engines
from tests.brokers import valkey
from tests.postgresql import fresh_database, server

#: Sorts before the small ones, so that it is the first in every hour.
LARGE = "a-large-one"


@dataclass(frozen=True, slots=True)
class Sizes:
    """`invoices` are a small organisation's open ones, `large` those of the large one; `hours` with it, and without."""

    organisations: int
    invoices: int
    large: int
    workers: int
    threads: int
    hours: int


def run(options: Sequence[str] = ()) -> Iterator[str]:
    """With options the hours alone, of a fleet of other sizes."""
    sizes, engines = _read(options)
    if not options:
        yield from dispatch.run()
        yield from cost.run()
    few, many = f"{sizes.organisations} organisations with {sizes.invoices:,} open invoices", f"{sizes.large:,}"
    yield f"{few}, one with {many}; {sizes.workers} workers of {sizes.threads} threads; load {os.getloadavg()[0]:.1f} before"
    yield _HEAD
    for engine in engines:
        yield from hours_on(engine, sizes)


def _read(options: Sequence[str]) -> tuple[Sizes, Sequence[str]]:
    parser = argparse.ArgumentParser("./run bench fleet", description="Hours of a fleet of other sizes.")
    parser.add_argument("--organisations", type=int, default=20)
    parser.add_argument("--invoices", type=int, default=100, help="open invoices of each")
    parser.add_argument("--large", type=int, default=10_000, help="open invoices of the large one")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2, help="of a worker")
    parser.add_argument("--hours", type=int, default=2, choices=range(1, 7), help="without the large one, then with it")
    parser.add_argument("--on", choices=ENGINES, action="append", help="default: each of them")
    given = parser.parse_args(options)
    sizes = Sizes(given.organisations, given.invoices, given.large, given.workers, given.threads, given.hours)
    return sizes, given.on or list(ENGINES)


@contextmanager
def _sqlite(folder: Path) -> Iterator[tuple[str, str]]:
    yield f"sqlite:///{folder}/owed.db", "memory:"


@contextmanager
def _postgresql(folder: Path) -> Iterator[tuple[str, str]]:
    (folder / "valkey").mkdir()
    with server(folder) as postgresql, valkey(folder / "valkey") as broker:
        yield fresh_database(postgresql), broker.url


#: The store and the broker of a fleet.
ENGINES: dict[str, Callable[[Path], AbstractContextManager[tuple[str, str]]]] = {
    "sqlite": _sqlite,
    "postgresql": _postgresql,
}


def hours_on(engine: str, sizes: Sizes) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        with (
            ENGINES[engine](folder) as (store, broker),
            company(folder / "small", sizes.invoices) as small,
            company(folder / "large", sizes.large) as large,
        ):
            ours = Organisations(folder / "fleet", store, broker, Engines())
            for name in _names(sizes):
                ours.add(name, small)
            ours.add(LARGE, large)
            platforms = (small.pid, large.pid)
            crew = Crew(ours.folder, store, folder / "workers.log", sizes.workers, sizes.threads, platforms)
            yield from _hours(engine, sizes, ours, crew, (small, large))


def _names(sizes: Sizes) -> list[str]:
    return [f"small-{number:04}" for number in range(sizes.organisations)]


def _hours(
    engine: str, sizes: Sizes, ours: Organisations, crew: Crew, companies: tuple[Company, Company]
) -> Iterator[str]:
    """The first hour reads everything, and nothing is live; then hours without the large one, then hours with it."""
    names, now = _names(sizes), NIGHT
    yield _line(engine, "first", sizes, watched(crew, now, len(names) + 1), with_large=True)
    for name, expected in [*((name, sizes.invoices) for name in names), (LARGE, sizes.large)]:
        assert ours.go_live(name, now) == expected, f"{name} has not read its books"
    for with_large in (False, True):
        if not with_large:
            ours.hide(LARGE)
        else:
            ours.show(LARGE)
        for _ in range(sizes.hours):
            now += dt.timedelta(hours=1)
            for one in companies:
                one.move_on(now)
            done = watched(crew, now, len(names) + with_large)
            yield _line(engine, "with" if with_large else "without", sizes, done, with_large=with_large)


_HEAD = (
    f"{'store':<10} {'large one':<9} {'rounds/s':>8} {'judged/s':>8} {'CPU s a round':>13}"
    f" {'wait p50':>8} {'p95':>6} {'max':>6} {'large: wait':>11} {'round':>6} {'platforms':>9}  peak MB of workers"
)


def _line(engine: str, what: str, sizes: Sizes, hour: Hour, *, with_large: bool) -> str:
    judged = sizes.organisations * sizes.invoices + with_large * sizes.large
    rounds, waits = len(hour.ended), hour.waits(without=LARGE)
    begun, ended = hour.begun.get(LARGE), hour.ended.get(LARGE)
    large = f"{begun:>9.1f} s {ended - begun:>4.1f} s" if begun is not None and ended is not None else f"{'':>18}"
    memory = " + ".join(map(str, hour.peaks)) + f" = {sum(hour.peaks)}"
    return (
        f"{engine:<10} {what:<9} {rounds / hour.seconds:>8.1f} {judged / hour.seconds:>8,.0f}"
        f" {hour.worker_seconds / rounds:>13.2f} {_at(waits, 0.5):>6.1f} s {_at(waits, 0.95):>4.1f} s {waits[-1]:>4.1f} s"
        f" {large} {hour.platform_seconds:>7.1f} s  {memory}"
    )


def _at(waits: Sequence[float], share: float) -> float:
    """A percentile: of `share` of all organisations the wait was no longer."""
    return waits[min(len(waits) - 1, int(share * len(waits)))]
