"""What writes really did, counted by the sandbox itself: the judge of "never twice"."""

from __future__ import annotations

from collections import Counter

from sandbox.clock import Clock
from sandbox.state import Record, State


class Effects:
    def __init__(self, state: State, clock: Clock) -> None:
        self._table = state.table("effect")
        self._clock = clock

    def add(self, platform: str, kind: str, target: str, *, key: str | None = None, **detail: object) -> None:
        """Notes one effect. `key` is the idempotency key (QuickBooks: requestid) of the call that had it."""
        number = len(self._table) + 1
        entry: Record = {"id": str(number), "at": self._clock.now().isoformat(), "platform": platform, "kind": kind}
        self._table.put({**entry, "target": target, "key": key, **detail})

    def all(self) -> list[Record]:
        return list(self._table)


class Calls:
    """HTTP calls counted by platform and endpoint, since the start of this process."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = {}

    def add(self, platform: str, endpoint: str) -> None:
        self._counts.setdefault(platform, Counter())[endpoint] += 1

    def clear(self) -> None:
        self._counts.clear()

    def all(self) -> dict[str, dict[str, int]]:
        return {platform: dict(counts) for platform, counts in self._counts.items()}
