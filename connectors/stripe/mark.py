"""The cursor of a stream at Stripe. Pure."""

from collections.abc import Iterable

import msgspec

from connectors.stripe.changes import OVERLAP_SECONDS, REMEMBERED, Position


class Window(msgspec.Struct, omit_defaults=True):
    """Records made after `low` and not after `high` (seconds since 1970) that are still to be read.

    `after` is the last record read of it: a list runs from the newest down. 0 means without a bound.
    """

    low: int = 0
    high: int = 0
    after: str = ""


class Mark(msgspec.Struct, omit_defaults=True):
    """While sweeping, `windows` are still to be read; then events are read on from `position`.

    `moved` is how far the list of balance transactions was read, which no event tells. `mode` is the key's.
    """

    position: Position = Position()
    sweeping: bool = False
    windows: list[Window] = []
    polled: str = ""
    zone: str = ""
    mode: str = ""
    moved: Position = Position()


class Movement(msgspec.Struct):
    """When a balance transaction was made."""

    id: str = ""
    created: int = 0


def moved_after(before: Position, raws: Iterable[bytes]) -> Position:
    """`before`, or the newest of these; those near it are remembered, because the next pull looks there again."""
    shown = [_movement(raw) for raw in raws]
    at = max((one.created for one in shown), default=0)
    newest = max(at, before.at)
    near = [one.id for one in shown if one.created >= newest - OVERLAP_SECONDS]
    held = list(before.seen) if before.at >= newest - OVERLAP_SECONDS else []
    seen = tuple(dict.fromkeys(held + near))
    return Position("", newest, seen if len(seen) <= REMEMBERED else ())


def _movement(raw: bytes) -> Movement:
    try:
        return msgspec.json.decode(raw, type=Movement)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Movement()
