"""Intuit's monthly count of reads: past the tier's limit every read is refused until the next month; writes are free."""

from __future__ import annotations

from datetime import datetime

from sandbox.calls import Call

#: Reads a month of the Builder tier.
BUILDER = 500_000


class Meter:
    def __init__(self) -> None:
        self.used = 0
        self._month = (0, 0)

    def take(self, call: Call, limit: int) -> bool:
        """Counts a read; False when the month's are used up."""
        if not is_read(call):
            return True
        self._turn(call.now)
        self.used += 1
        return self.used <= limit

    def _turn(self, now: datetime) -> None:
        if (now.year, now.month) != self._month:
            self._month, self.used = (now.year, now.month), 0


def is_read(call: Call) -> bool:
    """Queries count as reads however they are sent."""
    return call.method == "GET" or call.path.rstrip("/").endswith("/query")
