"""The worker process: a clock that ticks, and threads that do the rounds that are due."""

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from owed.errors import outside
from owed.fleet import Fleet, place_of
from sync.actors import Work, declare
from sync.broker import MEMORY, BrokerAway, Hands
from sync.cycle import Round
from sync.dispatch import Dispatcher
from sync.installation import Installation

_TICK_SECONDS = 20
_LONGEST_WAIT = 60

_log = logging.getLogger("owed.worker")

Told = Callable[[Installation, Round], None]


class OneLine(logging.Formatter):
    """A failure outside owed is one line; a traceback is for its own defects."""

    def formatException(self, ei: Any) -> str:  # noqa: N802  # the library's name
        return (outside(ei[1]) if ei[1] else "") or super().formatException(ei)


class Worker:
    """One process. `once` needs no broker: it does this hour's rounds itself. Raises BrokerError."""

    def __init__(self, fleet: Fleet, broker_url: str, told: Told, *, threads: int = 2, once: bool = False) -> None:
        self.fleet, self.once = fleet, once
        self.hands = Hands(MEMORY if once else broker_url, threads)
        self.work = Work(fleet, told, fleet.is_away)
        actors = declare(self.hands, self.work)
        self.dispatcher = Dispatcher(actors, fleet.clock, fleet.wall, fleet.processes, self.hands.is_shared)

    def run(self) -> bool:
        """Work until SIGTERM or SIGINT; what is under way is finished first. False when a round failed."""
        with _until_told_to_stop() as over:
            self.hands.start()
            threading.Thread(target=self._keep_leases, args=(over,), daemon=True).start()
            try:
                self._tick_until(over)
            finally:
                self.hands.stop(self.work.is_idle)
        return self.work.failures == 0

    def _tick_until(self, over: threading.Event) -> None:
        wait = _TICK_SECONDS
        while not over.is_set():
            if self.once:
                self._dispatch_all()
                self.hands.finish_all()
                return
            wait = _TICK_SECONDS if self._tick() else min(2 * wait if wait < _TICK_SECONDS else 1, _LONGEST_WAIT)
            over.wait(wait)

    def _tick(self) -> bool:
        """False when something outside is away, which does not end the worker: it tries again soon."""
        broker, troubles = "the broker", self.fleet.troubles
        try:
            self.hands.reach()
            self.fleet.tenants.look()
            all_well = self._dispatch_all()
        except BrokerAway as error:
            troubles.away(broker, f"{error}; trying again, and nothing is lost")
            return False
        troubles.end(broker, "the broker is back")
        return all_well and not self.work.has_broken_off

    def _dispatch_all(self) -> bool:
        """A database that is away for a moment stops only those who live in it."""
        reached = [self._dispatch(url, organisations) for url, organisations in self.fleet.groups()]
        return all(reached)

    def _dispatch(self, url: str, organisations: tuple[str, ...]) -> bool:
        place = place_of(url)
        try:
            group = self.fleet.group(url, organisations)
            if not self.dispatcher.dispatch(group):
                self.dispatcher.listen(group)
        except BrokerAway:
            raise
        except Exception as error:
            line = outside(error)
            if self.once or not line:
                raise
            self.fleet.troubles.away(place, f"{line}; trying again, and nothing is lost")
            return False
        self.fleet.troubles.end(place, "the database is back")
        return True

    def _keep_leases(self, over: threading.Event) -> None:
        """Until the process ends, also while the last round is finished."""
        while True:
            over.wait(_TICK_SECONDS) if not over.is_set() else threading.Event().wait(_TICK_SECONDS)
            try:
                self.work.keep_leases()
            except Exception as error:
                self.fleet.troubles.begin("leases", outside(error) or repr(error))
            else:
                self.fleet.troubles.end("leases")


@contextmanager
def _until_told_to_stop() -> Iterator[threading.Event]:
    over = threading.Event()
    before = {number: signal.signal(number, lambda *_: over.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield over
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
