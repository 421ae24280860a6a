"""The sandbox's own clock: it ticks in real time and can be set to any instant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """Real time plus an offset; every instant is aware and in UTC."""

    def __init__(self, offset: timedelta = timedelta(0)) -> None:
        self.offset = offset

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def set(self, instant: datetime) -> None:
        self.offset = instant.astimezone(UTC) - datetime.now(UTC)

    def advance(self, seconds: float) -> None:
        self.offset += timedelta(seconds=seconds)


def read_instant(text: str) -> datetime:
    """Reads an ISO instant; one without a zone is taken as UTC.

    Raises ValueError for anything else."""
    instant = datetime.fromisoformat(text)
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def epoch(instant: datetime) -> int:
    return int(instant.timestamp())


def milliseconds(instant: datetime) -> int:
    return round(instant.timestamp() * 1000)
