"""The limiter that connectors are given: windows kept in the store, so that all processes share them."""

import datetime as dt
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from connectors.errors import Throttled
from store import allowances
from store.engine import Store

#: Fixed windows a little inside each vendor's documented limits: (name, seconds, calls).
WINDOWS: dict[str, tuple[tuple[str, int, int], ...]] = {
    "quickbooks": (("second", 1, 9), ("minute", 60, 480)),
    "xero": (("minute", 60, 58), ("day", 86_400, 4_900)),
    "stripe": (("second", 1, 23),),
}

WINDOW_NAMES = ("second", "minute", "day")


def windows_of(platform: str, options: Mapping[str, str]) -> tuple[tuple[str, int, int], ...]:
    """The platform's windows; `[connection.limits]` may set another number of calls, for a smaller plan or a test."""
    return tuple(
        (name, seconds, int(options.get(f"calls_per_{name}", calls)))
        for name, seconds, calls in WINDOWS.get(platform, ())
    )


_LONGEST_WAIT = dt.timedelta(seconds=60)


@dataclass(slots=True)
class StoredLimiter:
    """Spends calls of one connection. `calls` counts what this process spent."""

    store: Store
    connection: str
    windows: tuple[tuple[str, int, int], ...]
    wall: Callable[[], dt.datetime]
    calls: int = field(default=0)

    def spend(self, calls: int = 1) -> None:
        """Sleeps for up to a minute; raises Throttled when the wait would be longer."""
        deadline = self.wall() + _LONGEST_WAIT
        while (again := self._try(calls)) is not None:
            if again > deadline:
                raise Throttled(f"{self.connection}: the limit is used up until {again:%H:%M:%S} UTC", retry_at=again)
            time.sleep(max(0.01, (again - self.wall()).total_seconds()))
        self.calls += calls

    def _try(self, calls: int) -> dt.datetime | None:
        if not self.windows:
            return None
        with self.store.write() as tx:
            now = self.wall()
            for name, seconds, limit in self.windows:
                scope = f"{self.connection}/{name}"
                again = allowances.spend(tx, scope, limit, dt.timedelta(seconds=seconds), now, calls)
                if again:
                    return again
        return None

    def pause(self, until: dt.datetime, reason: str) -> None:
        if self.windows:
            with self.store.write() as tx:
                allowances.pause(tx, f"{self.connection}/{self.windows[0][0]}", until, reason, self.wall())
