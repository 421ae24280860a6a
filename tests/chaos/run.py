"""One run: a few rounds that are disturbed and killed, undisturbed ones until nothing moves, then the verdict."""

import datetime as dt
import multiprocessing
import random
import shutil
import time
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from store import journal, outbox
from store.outbox import Effect
from sync.cycle import run_round, synchronise
from sync.installation import Installation
from tests.chaos.verdict import Verdict, judge
from tests.chaos.victim import do_round
from tests.chaos.world import SECOND_DAY, Databases, World, copy, opened

#: A round takes some 1,400 steps, one that goes on where another was killed fewer.
_STEPS, _STEPS_LEFT = 1_400, 700
_ROUND_SECONDS = 1.5

#: What is done to a round, with its weight; only a server of our own can be restarted.
_KINDS = {"step": 60, "moment": 15, "pair": 15, "cut": 10}
_KINDS_OF_A_SERVER = {**_KINDS, "restart": 10}

_JUMPS = (0, 0, 0, 5, 40, 120, -30)
_WRITES = "POST|PUT|DATA"
_FAULTS = ("lost", "lost", "failed", "reset", "truncated", "error", "throttle")

_fork = multiprocessing.get_context("forkserver")
_fork.set_forkserver_preload(["tests.chaos.victim"])


@dataclass(slots=True)
class Run:
    """What was done to it, and what came of it."""

    kills: int = 0
    rounds: int = 0
    faults: int = 0
    cuts: int = 0
    restarts: int = 0
    jumps: int = 0
    pairs: int = 0
    verdict: Verdict = field(default_factory=Verdict)


def one_run(seed: int, databases: Databases, template: Path, folder: Path) -> Run:
    """`template` is a folder that world.prepare made; on a server its database has the same name."""
    run = Run()
    copy(template, folder)
    name = f"{template.name}_{seed}"
    store = databases.make(name, template.name)
    try:
        with opened(folder, store, SECOND_DAY) as world:
            _Disturbed(run, random.Random(seed), world, databases, name).go()
            ours = _finish(run, world)
            run.verdict = _judge(world, ours)
            ours.store.close()
    finally:
        databases.drop(name)
    if not run.verdict.violations:
        shutil.rmtree(folder)
    return run


@dataclass
class _Disturbed:
    """The rounds before the last ones."""

    run: Run
    chance: random.Random
    world: World
    databases: Databases
    name: str
    now: dt.datetime = SECOND_DAY

    def go(self) -> None:
        kinds = _KINDS_OF_A_SERVER if self.databases.can_restart() else _KINDS
        for number in range(self.chance.choice((2, 2, 3, 4))):
            self._jump(number)
            self._plan_faults()
            (kind,) = self.chance.choices(list(kinds), list(kinds.values()))
            victims = self._begin(kind, _STEPS if number == 0 else _STEPS_LEFT)
            self._strike(kind, victims)
            for victim in victims:
                victim.join()
                self.run.kills += victim.exitcode == -9
                self.run.rounds += 1

    def _jump(self, number: int) -> None:
        """owed's clock goes on, stands still, or goes back."""
        minutes = self.chance.choice(_JUMPS) if number else 0
        self.run.jumps += minutes != 0
        self.now += dt.timedelta(minutes=minutes)

    def _plan_faults(self) -> None:
        for _ in range(self.chance.choice((0, 0, 1, 2))):
            kind, platform = self.chance.choice(_FAULTS), self.chance.choice(("xero", "quickbooks", "stripe", "smtp"))
            if platform == "smtp" and kind in ("failed", "truncated"):
                kind = "lost"
            skip = self.chance.randrange(8)
            self.world.tell("/faults", platform=platform, kind=kind, method=_WRITES, skip=skip, count=1)
            self.run.faults += 1

    def _begin(self, kind: str, steps_left: int) -> list[ForkServerProcess]:
        steps = [self.chance.randrange(1, steps_left) if kind in ("step", "pair") else 0]
        if kind == "pair":
            steps.append(self.chance.choice((0, self.chance.randrange(1, steps_left))))
            self.run.pairs += 1
        limit = self._room_left() if kind == "cut" and not self.databases.server else 0
        victims = [_fork.Process(target=do_round, args=(self.world.config, self.now, die, limit)) for die in steps]
        for victim in victims:
            victim.start()
        return victims

    def _room_left(self) -> int:
        """The disk is full a little later."""
        largest = max(path.stat().st_size for path in self.world.config.parent.glob("owed.db*"))
        self.run.cuts += 1
        return largest + self.chance.randrange(4_000, 400_000)

    def _strike(self, kind: str, victims: list[ForkServerProcess]) -> None:
        if kind == "moment":
            time.sleep(self.chance.uniform(0, _ROUND_SECONDS))
            victims[0].kill()
        elif kind == "cut" and self.databases.server:
            time.sleep(self.chance.uniform(0, _ROUND_SECONDS))
            self.databases.cut_off(self.name)
            self.run.cuts += 1
        elif kind == "restart":
            time.sleep(self.chance.uniform(0, _ROUND_SECONDS))
            self.databases.restart()
            self.run.restarts += 1


def _finish(run: Run, world: World) -> Installation:
    """Until nothing moves; the last pull counts every record there."""
    world.sandbox.world.faults.clear()
    now = SECOND_DAY + dt.timedelta(hours=6, minutes=15)
    before: Counter[str] = Counter()
    for _ in range(8):
        ours = world.installation(now)
        run_round(ours)
        run.rounds += 1
        states = Counter(row.state for row in _rows(ours))
        if states == before and not states.keys() & {"sending", "uncertain"}:
            return ours
        before = states
        ours.store.close()
    return world.installation(now)


def _rows(ours: Installation) -> list[Effect]:
    with ours.store.read() as tx:
        return outbox.listed(tx)


def _judge(world: World, ours: Installation) -> Verdict:
    found = judge(_rows(ours), world.ask("/effects.json"), world.ask("/mailbox.json"))
    for report in synchronise(ours, count=True):
        found.other += [f"{report.connection}: {report.error}"] if report.error else []
        found.other += [
            f"{report.connection}: {one.repaired} {one.kind} were missed" for one in report.counts if one.repaired
        ]
    with ours.store.read() as tx:
        fault = journal.verify(tx).fault
    found.other += [f"the journal: {fault}"] if fault else []
    return found
