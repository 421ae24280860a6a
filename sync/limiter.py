"""The limiter that connectors are given: windows kept in the store, so that all processes share them."""

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from connectors.errors import Throttled
from store import allowances
from store.allowances import Spending
from store.engine import Store
from sync.limits import KEPT_FOR_SENDING, Window

_LONGEST_WAIT = dt.timedelta(seconds=60)


@dataclass(slots=True)
class StoredLimiter:
    """Spends calls of one connection. `calls` counts what this process spent.

    `urgent` work (a send, and the look before it) may use the whole of a day or a month; other work leaves a tenth.
    """

    store: Store
    connection: str
    windows: tuple[Window, ...]
    wall: Callable[[], dt.datetime]
    urgent: bool = True
    sleep: Callable[[float], None] = time.sleep
    calls: int = field(default=0)

    def spend(self, calls: int = 1, *, write: bool = False) -> None:
        """Sleeps for up to a minute; raises Throttled when the wait would be longer."""
        deadline = self.wall() + _LONGEST_WAIT
        while (again := self._try(calls, write=write)) is not None:
            if again > deadline:
                raise Throttled(f"{self.connection}: the limit is used up until {again:%H:%M:%S} UTC", retry_at=again)
            self.sleep(max(0.01, (again - self.wall()).total_seconds()))
        self.calls += calls

    def _try(self, calls: int, *, write: bool) -> dt.datetime | None:
        if not self.windows:
            return None
        now = self.wall()
        wanted = [self._spending(window, calls, now) for window in self.windows if not (write and window.reads_only)]
        with self.store.write(durable=False) as tx:
            return allowances.spend(tx, wanted, now)

    def _spending(self, window: Window, calls: int, now: dt.datetime) -> Spending:
        share = 1 - KEPT_FOR_SENDING if window.is_metered and not self.urgent else 1
        limit = max(1, int(window.calls * share))
        return Spending(f"{self.connection}/{window.name}", calls, limit, window.begins(now), window.ends)

    def pause(self, until: dt.datetime, reason: str) -> None:
        if self.windows:
            with self.store.write() as tx:
                allowances.pause(tx, f"{self.connection}/{self.windows[0].name}", until, reason, self.wall())
