"""Readings of one payment, weighed against each other."""

from collections.abc import Iterator
from math import exp

import msgspec


class Found(msgspec.Struct, frozen=True, gc=False):
    """One reading: these documents, for this sum of evidence. The rest is for the reason in words."""

    places: tuple[int, ...]
    weight: float
    story: str
    payer: str
    pattern: str


class Judgement(msgspec.Struct, gc=False):
    """The likeliest reading of a payment. Without one the payment belongs to nothing that is open."""

    best: Found | None
    confidence: float
    runner_up: tuple[int, ...]
    margin: float
    #: The documents that it depends on, and the book's count of changes when they were looked at.
    watched: tuple[int, ...] = ()
    at: int = 0
    #: Clear numbers, and the amount to the cent: nothing is surer.
    plain: bool = False


class Readings:
    """The best weight for each set of documents."""

    def __init__(self) -> None:
        self._by_set: dict[tuple[int, ...], Found] = {}

    def add(self, found: Found) -> None:
        known = self._by_set.get(found.places)
        if known is None or known.weight < found.weight:
            self._by_set[found.places] = found

    def __len__(self) -> int:
        return len(self._by_set)

    def __iter__(self) -> Iterator[Found]:
        return iter(self._by_set.values())

    def judge(self, nothing: float) -> Judgement:
        """Shares of belief: each reading's odds over the sum of all odds, belonging to nothing included."""
        ranked = list(self._by_set.values())
        if len(ranked) > 1:
            ranked.sort(key=lambda one: (-one.weight, one.places))
        if not ranked:
            return Judgement(None, 1.0, (), 1.0)
        best = ranked[0]
        top = max(best.weight, nothing)
        total = exp(nothing - top) + sum([exp(one.weight - top) for one in ranked])
        share = exp(best.weight - top) / total
        second = ranked[1] if len(ranked) > 1 else None
        none_share = exp(nothing - top) / total
        second_share = exp(second.weight - top) / total if second else 0.0
        if second is None or none_share >= second_share:
            return Judgement(best, share, (), share - none_share)
        return Judgement(best, share, second.places, share - second_share)
