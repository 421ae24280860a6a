"""How well a matcher did: against the truth, on what it shows first and on what it would apply by itself."""

from collections.abc import Mapping
from dataclasses import dataclass

Links = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Measures:
    """Shares of 1. `f1` is over (payment, document) pairs; `junk` over payments that belong to nothing."""

    f1: float
    exact: float
    junk: float
    auto_precision: float
    auto_rate: float

    def __str__(self) -> str:
        return (
            f"F1 {self.f1:.3f}, exact {self.exact:.3f}, junk {self.junk:.3f}; "
            f"auto {self.auto_precision:.3f} right at {self.auto_rate:.3f}"
        )


def measure(truth: Links, shown: Links, auto: Links) -> Measures:
    """`truth` has every payment; the others only those that were given something."""
    nothing: frozenset[str] = frozenset()
    hits = sum(len(settles & shown.get(payment, nothing)) for payment, settles in truth.items())
    said, true = sum(map(len, shown.values())), sum(map(len, truth.values()))
    strays = [payment for payment, settles in truth.items() if not settles]
    applied = [payment for payment, chosen in auto.items() if chosen]
    return Measures(
        f1=2 * hits / max(1, said + true),
        exact=sum(settles == shown.get(payment, nothing) for payment, settles in truth.items()) / len(truth),
        junk=sum(bool(shown.get(payment)) for payment in strays) / max(1, len(strays)),
        auto_precision=sum(truth[payment] == auto[payment] for payment in applied) / max(1, len(applied)),
        auto_rate=len(applied) / len(truth),
    )
