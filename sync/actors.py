"""What the worker's threads do. Each actor takes a hint, which names an organisation, and looks at the rows."""

import datetime as dt
import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Protocol

from connectors.protocol import Clock
from store.engine import Store
from sync import hints, schedule
from sync.assess import assess
from sync.broker import Hands, Send
from sync.cycle import Round, remember_breaks, run_round
from sync.installation import Installation, Processes
from sync.pull import pull
from sync.recover import abandon_own_leases
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


#: Seconds: who waits longer for a platform's limit does so beside the threads that work.
_SHORT_WAIT = 3

#: A round that broke off is begun again after 1, 2, 4 … seconds, and every ten minutes in the end.
_LONGEST_WAIT = dt.timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class _BrokenOff:
    """An organisation's rounds that broke off one after the other, and when the next may begin (real time). None: its
    hint is on its way."""

    times: int
    again_at: dt.datetime | None


@dataclass(slots=True)
class Work:
    """What goes on in this process. One organisation is worked for by one thread at a time.

    `is_away` tells of a failure whether the organisation's database could not be used, and says so."""

    fleet: Fleet
    told: Callable[[Installation, Round], None]
    is_away: Callable[[str, Exception], bool] = lambda _organisation, _error: False
    #: Where the calling thread waits for long, so that others have work done meanwhile.
    stand_in: Callable[[], AbstractContextManager[None]] = nullcontext
    #: Under way: organisation -> slot.
    rounds: dict[str, dt.datetime] = field(default_factory=dict)
    failures: int = 0
    _broken_off: dict[str, "_BrokenOff"] = field(default_factory=dict)
    _locks: defaultdict[str, threading.Lock] = field(default_factory=lambda: defaultdict(threading.Lock))

    def is_idle(self) -> bool:
        return not any(lock.locked() for lock in list(self._locks.values()))

    def round(self, organisation: str, slot_text: str) -> None:
        """The round of one hour, if nobody has done or begun it. The settings are read anew for it."""
        fleet, slot = self.fleet, dt.datetime.fromisoformat(slot_text)
        with self._locks[organisation]:
            self.rounds[organisation] = slot
            try:
                store = fleet.store(organisation)
                if store is not None and schedule.take(store, fleet.processes, fleet.wall(), slot):
                    self._do(organisation, store, slot)
                self._broken_off.pop(organisation, None)
            except Exception as error:
                self.failures += 1
                if self.is_away(organisation, error):
                    self._break_off(organisation)
                    return
                raise
            finally:
                del self.rounds[organisation]

    @property
    def has_broken_off(self) -> bool:
        """Some round is to begin again soon."""
        return any(one.again_at for one in list(self._broken_off.values()))

    def to_begin_again(self, organisations: Collection[str]) -> set[str]:
        """Whose round has broken off in this process and may begin again now: a slot that it has claimed is nobody's,
        and a hint for it was heard and came to nothing."""
        broken, wall = list(self._broken_off.items()), self.fleet.wall()
        late = {organisation for organisation, one in broken if one.again_at and one.again_at <= wall}
        return late.intersection(organisations) - self.rounds.keys()

    def begins_again(self, organisations: Iterable[str]) -> None:
        """Their slots are free again, and there will be hints for them."""
        for organisation in organisations:
            before = self._broken_off.get(organisation)
            if before and organisation not in self.rounds:
                self._broken_off[organisation] = _BrokenOff(before.times, None)

    def keep_leases(self) -> None:
        """To be called every few seconds: a living worker keeps what it has begun."""
        for organisation, slot in list(self.rounds.items()):
            try:
                store = self.fleet.store(organisation)
                if store is not None:
                    schedule.renew(store, self.fleet.processes.name, slot, self.fleet.wall())
            except Exception as error:
                if not self.is_away(organisation, error):
                    raise

    def _break_off(self, organisation: str) -> None:
        """Nothing can be written now, so its rows stay as they are until the dispatcher comes by."""
        before = self._broken_off.get(organisation)
        times = before.times + 1 if before else 1
        wait = min(dt.timedelta(seconds=2 ** min(times - 1, 10)), _LONGEST_WAIT)
        self._broken_off[organisation] = _BrokenOff(times, self.fleet.wall() + wait)

    def _do(self, organisation: str, store: Store, slot: dt.datetime) -> None:
        name, clock = self.fleet.processes.name, self.fleet.clock
        try:
            done, note = self._round(organisation)
        except Exception as error:
            if not self.is_away(organisation, error):
                why = f"{type(error).__name__}: {error}"
                schedule.finish(store, name, slot, clock(), done=False, note=why)
            raise
        schedule.finish(store, name, slot, clock(), done=done, note=note)
        self.failures += not done

    def _round(self, organisation: str) -> tuple[bool, str]:
        """Whether it was done, and what is to be noted of it."""
        installation = self.fleet.installation(organisation, anew=True)
        if installation is None:
            return False, "its settings cannot be used"
        abandon_own_leases(installation)
        done = run_round(self._giving_way(installation))
        self.told(installation, done)
        failing = [report.connection for report in done.pulls if report.error]
        return True, f"not read: {', '.join(failing)}" if failing else ""

    def _giving_way(self, installation: Installation) -> Installation:
        """It waits as it did for a platform that allows no more calls now, and goes on where it was; but while it waits
        for long, its place is given to another organisation."""

        def wait(seconds: float) -> None:
            with self.stand_in() if seconds > _SHORT_WAIT else nullcontext():
                installation.sleep(seconds)

        return replace(installation, sleep=wait)

    def listen(self, organisation: str) -> None:
        """What platforms have told by webhooks, and connections that failed and may be back. Left to the next hint
        when a thread is at work for this organisation already."""
        if not self._locks[organisation].acquire(blocking=False):
            return
        try:
            installation = self.fleet.installation(organisation, anew=False)
            if installation is not None:
                _follow(self._giving_way(installation))
                _try_again(self._giving_way(installation))
        finally:
            self._locks[organisation].release()


def declare(hands: Hands, work: Work) -> Actors:
    work.stand_in = hands.stand_in
    return Actors(
        round=hands.declare("hourly_round", _logged(work, work.round), minutes=50, queue="rounds", priority=1),
        listen=hands.declare("listen", _logged(work, work.listen), minutes=10, queue="listening", priority=0),
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


def _logged(work: Work, do: Callable[..., None]) -> Callable[..., None]:
    """A failure is told and ends here: whether it is tried again is decided by rows."""

    def logged(organisation: str, *rest: str) -> None:
        try:
            do(organisation, *rest)
        except Exception as error:
            if not work.is_away(organisation, error):
                _log.exception("%s of %s failed", do.__name__, " ".join((organisation, *rest)))

    return logged
