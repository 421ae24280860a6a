"""The worker process: a clock that ticks, and threads that do the hourly round."""

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from owed.errors import outside
from sync.actors import Actors, declare
from sync.broker import Hands
from sync.cycle import Round
from sync.installation import Installation

_TICK_SECONDS = 20

_log = logging.getLogger("owed.worker")


class OneLine(logging.Formatter):
    """A failure outside owed is one line; a traceback is for its own defects."""

    def formatException(self, ei: Any) -> str:  # noqa: N802  # the library's name
        return (outside(ei[1]) if ei[1] else "") or super().formatException(ei)


def run(installation: Installation, broker_url: str, told: Callable[[Round], None], *, once: bool) -> bool:
    """Work until SIGTERM or SIGINT; what is under way is finished first. `once`: this hour's round, then end.

    False when a round that was begun failed. Raises BrokerError.
    """
    hands = Hands(broker_url)
    done: list[Round] = []

    def count(one: Round) -> None:
        done.append(one)
        told(one)

    actors = declare(hands.broker, installation, count)
    begun = 0
    with _until_told_to_stop() as over:
        hands.start()
        try:
            while not over.is_set():
                begun += _tick(actors, once=once)
                if once:
                    hands.finish_all()
                    break
                over.wait(_TICK_SECONDS)
        finally:
            hands.stop()
    return len(done) == begun


def _tick(actors: Actors, *, once: bool) -> bool:
    """A database that is away for a moment does not end the worker: the next tick comes soon."""
    try:
        begun = actors.tick()
        if not begun:
            actors.listen()
    except Exception as error:
        line = outside(error)
        if once or not line:
            raise
        _log.error(line)  # one line: the database is away, and that is all there is to say
        return False
    return begun


@contextmanager
def _until_told_to_stop() -> Iterator[threading.Event]:
    over = threading.Event()
    before = {number: signal.signal(number, lambda *_: over.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield over
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
