"""Reading a whole list, several stretches of time at once.

A list can only be walked from the newest record down, each page after the one before. But it can be cut by the time
at which records were made, and each cut is walked by itself. How many records a cut holds is not known beforehand, so
cuts are made on the way: whenever a page comes and a hand is free, what lies below that page is cut once more. A cut
costs at most one call more than walking on, and there is at most one for every four pages read or to be expected.
"""

from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

import msgspec

from connectors.stripe.client import Found, StripeClient
from connectors.stripe.mark import Window
from connectors.stripe.translate import Stream

#: Calls under way at once: with 150 ms for each they use up Stripe's 25 a second.
_HANDS = 6
_PAGES_FOR_A_CUT = 4
#: Fewer pages than this are walked by one hand.
_WORTH_A_CUT = 2
_NEVER = 2**62
#: Below a stretch without a lower bound, the next cut takes at least so many pages.
_GUESSED_PAGES = 8


@dataclass(frozen=True, slots=True)
class Swept:
    """One page of a sweep, and what is still to be read after it."""

    data: list[msgspec.Raw]
    left: list[Window]


def sweep(client: StripeClient, table: Stream, windows: list[Window]) -> Iterator[Swept]:
    """What is made meanwhile stands before the first page, and is told by its events later.

    The pages come one at a time, in any order; `left` is right at each, so that a crash repeats nothing but what was
    under way. Raises what a call raises, once it is its turn.
    """
    crew = _Crew(client, table, [_Stretch(window) for window in windows])
    try:
        while crew.left:
            yield crew.next_page()
    finally:
        crew.pool.shutdown(cancel_futures=True)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """`pages` are to be expected in it, as far as the density of the last page lets one guess."""

    window: Window
    pages: int = 0


@dataclass(slots=True)
class _Crew:
    """Everything here happens in the caller's thread; only the calls themselves are made by others."""

    client: StripeClient
    table: Stream
    waiting: list[_Stretch]
    running: dict[Future[Found], _Stretch] = field(default_factory=dict)
    pages: int = 0
    cuts: int = 0
    #: When the oldest record seen so far was made: what lies below may be nothing at all.
    oldest: int = _NEVER
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_HANDS, "stripe"))

    @property
    def left(self) -> list[_Stretch]:
        return [*self.running.values(), *self.waiting]

    def next_page(self) -> Swept:
        """The next calls begin before the page is handed over, so that they run while the caller saves."""
        self._start()
        finished, _ = wait(self.running, return_when=FIRST_COMPLETED)
        future = finished.pop()
        window = self.running.pop(future).window
        found = future.result()
        self.pages += 1
        if found.has_more:
            self.waiting += self._below(window, found)
        self._start()
        return Swept(found.data, [stretch.window for stretch in self.left])

    def _start(self) -> None:
        while self.waiting and len(self.running) < _HANDS:
            stretch = self.waiting.pop(0)
            call = self.pool.submit(self.client.page, self.table.path, query_of(self.table, stretch.window))
            self.running[call] = stretch

    def _below(self, window: Window, found: Found) -> list[_Stretch]:
        """What a window still holds under this page: in two cuts where that is worth a hand."""
        rest = Window(window.low, window.high, found.next)
        newest, oldest = _made_at(found.data[0]), _made_at(found.data[-1])
        self.oldest = min(self.oldest, oldest)
        if not self.table.dated or not newest > oldest > window.low:
            return [_Stretch(rest)]
        a_page = newest - oldest
        pages = (oldest - window.low) // a_page if window.low else 0
        upper = pages // 2 if window.low else max(_GUESSED_PAGES, self.pages)
        at = oldest - upper * a_page
        if at <= window.low or upper < _WORTH_A_CUT or not self._may_cut(_Stretch(rest, pages)):
            return [_Stretch(rest, pages)]
        self.cuts += 1
        return [_Stretch(Window(at, window.high, found.next), upper), _Stretch(Window(window.low, at), pages - upper)]

    def _may_cut(self, stretch: _Stretch) -> bool:
        """Pages are expected only above the oldest record seen: below, there may be none."""
        surely = [one.pages for one in (stretch, *self.left) if one.window.low >= self.oldest]
        enough = self.pages >= _PAGES_FOR_A_CUT - 1
        within = (self.cuts + 1) * _PAGES_FOR_A_CUT <= self.pages + sum(surely) + 1
        return enough and within and len(self.left) + 1 < _HANDS


def query_of(table: Stream, window: Window) -> dict[str, Any]:
    query: dict[str, Any] = {"expand": [f"data.{name}" for name in table.expand]}
    created = {"gt": window.low or None, "lte": window.high or None}
    if any(created.values()):
        query["created"] = created
    return query | ({"starting_after": window.after} if window.after else {})


class _Made(msgspec.Struct):
    created: int = 0


def _made_at(raw: msgspec.Raw) -> int:
    """0 for a record that does not tell."""
    try:
        return msgspec.json.decode(raw, type=_Made).created
    except (msgspec.DecodeError, UnicodeDecodeError):
        return 0
