"""Hours for the days of a plan: nothing the sandbox tells lies in its own future."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from sandbox.clock import milliseconds


class Moments:
    def __init__(self, now: datetime) -> None:
        self.now = now - timedelta(minutes=10)
        self._count = 0

    def on(self, day: date) -> datetime:
        """An instant of that day in office hours, different for each call, and in the past."""
        self._count += 1
        moment = datetime.combine(day, time(8), UTC) + timedelta(seconds=(self._count * 7919) % 32_400)
        return min(moment, self.now)

    def milliseconds(self, day: date) -> int:
        return milliseconds(self.on(day))

    def epoch(self, day: date) -> int:
        return int(self.on(day).timestamp())
