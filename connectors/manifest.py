"""What a platform can do, as data: what is pulled, what is pushed, and how surely."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from receivables.commands import Command


@dataclass(frozen=True, slots=True)
class Write:
    """How safe one command is at this platform.

    keyed: the platform honours an idempotency key for `key_window_seconds`. readable: `find` can tell afterwards
    whether it happened. Neither: blind, at most once.
    """

    command: type[Command]
    keyed: bool = False
    key_window_seconds: int = 0
    readable: bool = False
    #: What else the platform does when asked for this, in words for the docs.
    side_effects: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """Declared by each connector; the contract tests, the docs and the outbox read it."""

    platform: str
    title: str
    auth: Literal["oauth", "key", "password", "none"]
    #: Names for `pull`, in the order in which they are pulled, with the kind of fact that each tells.
    kinds: Mapping[str, str]
    writes: tuple[Write, ...] = ()
    scopes: tuple[str, ...] = ()
    #: Ids that one `read_invoices` call may carry.
    reread_batch: int = 1
    #: Streams that `census` can count: all records, or only those that can still change.
    censuses: Mapping[str, Literal["all", "unfinished"]] = field(default_factory=dict)
    #: Invoices can be had as PDF.
    pdf: bool = False
    #: A customer's aged receivables can be had as a report.
    aged_receivables: bool = False
    notes: tuple[str, ...] = field(default=())

    @property
    def streams(self) -> tuple[str, ...]:
        return tuple(self.kinds)

    def streams_of(self, kind: str) -> tuple[str, ...]:
        """The streams that tell one kind of fact."""
        return tuple(stream for stream, told in self.kinds.items() if told == kind)

    def write(self, command: type[Command]) -> Write | None:
        return next((write for write in self.writes if write.command is command), None)
