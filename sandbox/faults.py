"""Things that go wrong on demand: refusals, silence, lost replies and broken bodies."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

BEFORE = ("throttle", "error", "unauthorized", "reset")
AFTER = ("lost", "failed", "truncated", "malformed", "rewrite")
KINDS = (*BEFORE, "hang", *AFTER, "token_lost")


@dataclass
class Fault:
    """One planned fault. It strikes `count` matching calls (-1: until cleared) after letting `skip` pass.

    `method` may name several, as in POST|PUT."""

    platform: str
    kind: str
    path: str = ""
    method: str = ""
    count: int = 1
    skip: int = 0
    options: dict[str, Any] = field(default_factory=dict)

    def matches(self, platform: str, method: str, path: str) -> bool:
        ours = self.platform == platform or (self.platform == "any" and platform != "control")
        if not ours or self.count == 0:
            return False
        return (not self.method or method in self.method.split("|")) and re.search(self.path, path) is not None


class Faults:
    def __init__(self) -> None:
        self.planned: list[Fault] = []

    def plan(self, wanted: dict[str, Any]) -> Fault:
        """Plans a fault from its JSON form. Raises ValueError for an unknown kind or a bad pattern."""
        fields: dict[str, Any] = {name: str(wanted[name]) for name in ("path", "method") if name in wanted}
        fields |= {name: int(wanted[name]) for name in ("count", "skip") if name in wanted}
        options = {name: value for name, value in wanted.items() if name not in (*fields, "platform", "kind")}
        fault = Fault(str(wanted.get("platform", "any")), str(wanted.get("kind", "")), **fields, options=options)
        if fault.kind not in KINDS:
            raise ValueError(f"unknown fault {fault.kind!r}; known: {', '.join(KINDS)}")
        if fault.kind == "token_lost":
            fault.kind, fault.path = "lost", fault.path or "token"
        re.compile(fault.path)
        self.planned.append(fault)
        return fault

    def take(self, platform: str, method: str, path: str) -> Fault | None:
        """The fault that strikes this call, if any; its count goes down."""
        for fault in self.planned:
            if not fault.matches(platform, method, path):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            fault.count -= 1 if fault.count > 0 else 0
            return fault
        return None

    def clear(self) -> None:
        self.planned.clear()
