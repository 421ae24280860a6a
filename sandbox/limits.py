"""Fixed windows in which a caller may make so many calls."""

from __future__ import annotations

from datetime import datetime


class Window:
    """`limit` calls in each window of `seconds`; windows are cut from the epoch by the sandbox's clock."""

    def __init__(self, limit: int, seconds: int) -> None:
        self.limit = limit
        self.seconds = seconds
        self._slot = -1
        self._used = 0

    def _turn(self, now: datetime) -> None:
        slot = int(now.timestamp() // self.seconds)
        if slot != self._slot:
            self._slot, self._used = slot, 0

    def take(self, now: datetime) -> bool:
        """Counts one call; False when the window is already full."""
        self._turn(now)
        if self._used >= self.limit:
            return False
        self._used += 1
        return True

    def remaining(self, now: datetime) -> int:
        self._turn(now)
        return self.limit - self._used

    def seconds_left(self, now: datetime) -> int:
        """Whole seconds until the next window, at least 1."""
        return max(1, int(self.seconds - now.timestamp() % self.seconds + 0.999))
