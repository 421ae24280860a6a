"""Conditions as values: each is compiled once to a plain function, and can say why it holds or not."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from receivables.open_items import OpenItem

#: Does it hold for this item on this day (of the business)?
Test = Callable[[OpenItem, dt.date], bool]
#: What the item shows, in words.
Seen = Callable[[OpenItem, dt.date], str]


@dataclass(frozen=True, slots=True)
class Finding:
    """How one condition came out for one item, with those inside it."""

    text: str
    holds: bool
    parts: tuple["Finding", ...] = ()


class Condition(Protocol):
    """`test` is what evaluation calls a million times; `explain` is for one item and a person."""

    @property
    def test(self) -> Test: ...

    def explain(self, item: OpenItem, today: dt.date) -> Finding: ...


def _always(_item: OpenItem, _today: dt.date) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Always:
    """No condition at all."""

    test: Test = _always

    def explain(self, item: OpenItem, today: dt.date) -> Finding:  # noqa: ARG002  # the protocol's shape
        return Finding("no condition", True)


@dataclass(frozen=True, slots=True)
class Predicate:
    """One field against one operator. `demand` is what was asked, such as "is in [GB, IE]"; `limit` the whole number
    that a number is compared with."""

    name: str
    demand: str
    test: Test
    seen: Seen
    limit: int | None = None

    def explain(self, item: OpenItem, today: dt.date) -> Finding:
        return Finding(f"{self.name} = {self.seen(item, today)} {self.demand}", self.test(item, today))


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds; without parts it holds."""

    parts: tuple[Condition, ...]
    test: Test = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "test", _every([part.test for part in self.parts]))

    def explain(self, item: OpenItem, today: dt.date) -> Finding:
        parts = tuple(part.explain(item, today) for part in self.parts)
        return Finding("all of", all(part.holds for part in parts), parts)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    parts: tuple[Condition, ...]
    test: Test = field(init=False)

    def __post_init__(self) -> None:
        tests = [part.test for part in self.parts]
        object.__setattr__(self, "test", lambda item, today: any(test(item, today) for test in tests))

    def explain(self, item: OpenItem, today: dt.date) -> Finding:
        parts = tuple(part.explain(item, today) for part in self.parts)
        return Finding("any of", any(part.holds for part in parts), parts)


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Condition
    test: Test = field(init=False)

    def __post_init__(self) -> None:
        inner = self.part.test
        object.__setattr__(self, "test", lambda item, today: not inner(item, today))

    def explain(self, item: OpenItem, today: dt.date) -> Finding:
        part = self.part.explain(item, today)
        return Finding("not", not part.holds, (part,))


def all_of(parts: list[Condition]) -> Condition:
    """The simplest condition that demands every part."""
    if not parts:
        return Always()
    return parts[0] if len(parts) == 1 else AllOf(tuple(parts))


def _every(tests: list[Test]) -> Test:
    if len(tests) == 2:
        first, second = tests
        return lambda item, today: first(item, today) and second(item, today)

    def every(item: OpenItem, today: dt.date) -> bool:
        for test in tests:  # noqa: SIM110  # a loop is twice as fast as all() with a generator, and this runs a million times
            if not test(item, today):
                return False
        return True

    return every
