"""The worker process: a clock that ticks, and threads that do the hourly round."""

import signal
import threading
from collections.abc import Callable

from sync.actors import declare
from sync.broker import Hands
from sync.cycle import Round
from sync.installation import Installation

_TICK_SECONDS = 20


def run(installation: Installation, broker_url: str, told: Callable[[Round], None], *, once: bool) -> None:
    """Work until SIGTERM or SIGINT; what is under way is finished first. `once`: this hour's round, then end.

    Raises BrokerError.
    """
    hands = Hands(broker_url)
    actors = declare(hands.broker, installation, told)
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    hands.start()
    try:
        while not over.is_set():
            actors.tick()
            if once:
                hands.finish_all()
                return
            over.wait(_TICK_SECONDS)
    finally:
        hands.stop()
