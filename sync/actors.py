"""What the worker's threads do. Each actor takes a hint, which names an organisation, and looks at the rows."""

import datetime as dt
import logging
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from connectors.protocol import Clock
from store.engine import Store
from sync import hints, schedule
from sync.assess import assess
from sync.broker import Hands, Send
from sync.cycle import Round, remember_breaks, run_round
from sync.installation import Installation, Processes
from sync.pull import pull
from sync.turns import Busy, reading

_log = logging.getLogger("owed.worker")


class Fleet(Protocol):
    """The organisations that this process may work for."""

    @property
    def clock(self) -> Clock: ...

    @property
    def wall(self) -> Clock: ...

    @property
    def processes(self) -> Processes: ...

    def store(self, organisation: str) -> Store | None:
        """Its database; None when it is none of ours."""

    def installation(self, organisation: str, *, anew: bool) -> Installation | None:
        """Ready to work, with its settings as they stand now if `anew`; None when they cannot be used, which has been
        said."""


@dataclass(frozen=True, slots=True)
class Actors:
    """The two actors: an hour's round, and what waits between the rounds."""

    round: Send
    listen: Send
    work: "Work"


@dataclass(slots=True)
class Work:
    """What goes on in this process. One organisation is worked for by one thread at a time."""

    fleet: Fleet
    told: Callable[[Installation, Round], None]
    #: Under way: organisation -> slot.
    rounds: dict[str, dt.datetime] = field(default_factory=dict)
    failures: int = 0
    _locks: defaultdict[str, threading.Lock] = field(default_factory=lambda: defaultdict(threading.Lock))

    def is_idle(self) -> bool:
        return not any(lock.locked() for lock in list(self._locks.values()))

    def round(self, organisation: str, slot_text: str) -> None:
        """The round of one hour, if nobody has done or begun it. The settings are read anew for it."""
        fleet, slot = self.fleet, dt.datetime.fromisoformat(slot_text)
        with self._locks[organisation]:
            store = fleet.store(organisation)
            if store is None or not schedule.take(store, fleet.processes, fleet.wall(), slot):
                return
            self.rounds[organisation] = slot
            try:
                done, note = self._round(organisation)
                schedule.finish(store, fleet.processes.name, slot, fleet.clock(), done=done, note=note)
                self.failures += not done
            except Exception as error:
                self.failures += 1
                why = f"{type(error).__name__}: {error}"
                schedule.finish(store, fleet.processes.name, slot, fleet.clock(), done=False, note=why)
                raise
            finally:
                del self.rounds[organisation]

    def keep_leases(self) -> None:
        """To be called every few seconds: a living worker keeps what it has begun."""
        for organisation, slot in list(self.rounds.items()):
            store = self.fleet.store(organisation)
            if store is not None:
                schedule.renew(store, self.fleet.processes.name, slot, self.fleet.wall())

    def _round(self, organisation: str) -> tuple[bool, str]:
        """Whether it was done, and what is to be noted of it."""
        installation = self.fleet.installation(organisation, anew=True)
        if installation is None:
            return False, "its settings cannot be used"
        done = run_round(installation)
        self.told(installation, done)
        failing = [report.connection for report in done.pulls if report.error]
        return True, f"not read: {', '.join(failing)}" if failing else ""

    def listen(self, organisation: str) -> None:
        """What platforms have told by webhooks, and connections that failed and may be back. Left to the next hint
        when a thread is at work for this organisation already."""
        if not self._locks[organisation].acquire(blocking=False):
            return
        try:
            installation = self.fleet.installation(organisation, anew=False)
            if installation is not None:
                _follow(installation)
                _try_again(installation)
        finally:
            self._locks[organisation].release()


def declare(hands: Hands, work: Work) -> Actors:
    return Actors(
        round=hands.declare("hourly_round", _logged(work.round), minutes=50, queue="rounds", priority=1),
        listen=hands.declare("listen", _logged(work.listen), minutes=10, queue="listening", priority=0),
        work=work,
    )


def _follow(installation: Installation) -> None:
    for name in hints.waiting(installation):
        try:
            with reading(installation, name):
                hints.follow(installation, name)
        except Busy:
            continue
        remember_breaks(installation, assess(installation, decide=False))


def _try_again(installation: Installation) -> None:
    for name in schedule.to_try_again(installation):
        report = pull(installation, name)
        _log.info("%s: tried again: %s", name, report.error or "ok")


def _logged(work: Callable[..., None]) -> Callable[..., None]:
    """A failure is told and ends here: whether it is tried again is decided by rows."""

    def logged(*hint: str) -> None:
        try:
            work(*hint)
        except Exception:
            _log.exception("%s of %s failed", work.__name__, " ".join(hint))

    return logged
