"""Walking a long list in several stretches at once: nothing missed, nothing twice, few calls, and safe to interrupt."""

import json
import random
import threading
import time
from bisect import bisect_right
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import Uncertain
from connectors.protocol import Page
from tests.connectors.loopback import Asked, Reply, loopback
from tests.connectors.stripe_world import T0, connector, ids, refund


class Archive:
    """Refunds made at given seconds, listed as Stripe lists them; counts its calls and how many come at once."""

    def __init__(self, made: list[int], wait: float = 0.0) -> None:
        seconds = sorted(made, reverse=True)
        self.rows = [refund(number, created=at) for number, at in enumerate(seconds)]
        self.place = {row["id"]: index for index, row in enumerate(self.rows)}
        self.ages = [-row["created"] for row in self.rows]
        self.wait = wait
        self.calls = self.at_once = self.most_at_once = 0
        self.broken_after = -1
        self._turn = threading.Lock()

    def __call__(self, asked: Asked) -> Reply:
        if asked.path != "/v1/refunds":
            return Reply('{"data":[],"has_more":false}')
        with self._turn:
            self.calls += 1
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            broken = 0 <= self.broken_after < self.calls
        time.sleep(self.wait)
        with self._turn:
            self.at_once -= 1
        return Reply("{}", 500) if broken else Reply(json.dumps(self._page(asked.query)))

    def _page(self, query: dict[str, str]) -> dict[str, Any]:
        newest = bisect_right(self.ages, -int(query.get("created[lte]", T0 * 2)) - 1)
        end = bisect_right(self.ages, -int(query.get("created[gt]", 0)) - 1)
        start = max(newest, self.place[query["starting_after"]] + 1 if "starting_after" in query else 0)
        stop = min(start + 100, end)
        return {"object": "list", "data": self.rows[start:stop], "has_more": stop < end}


def swept(archive: Archive, cursor: str = "", pages: int = 0) -> list[Page]:
    """All pages, or the first ones only: what is asked for after them is lost, as in a crash."""
    with loopback(archive) as server:
        found: list[Page] = []
        for page in connector(server).pull("refunds", cursor):
            found.append(page)
            if len(found) == pages:
                break
        return found


def evenly(count: int) -> list[int]:
    return [T0 - 60 * number for number in range(count)]


def in_bursts(count: int) -> list[int]:
    """A business that grew, with a thousand records made within one second once."""
    chance = random.Random(7)
    return [T0 - int(chance.random() ** 3 * 9e7) for _ in range(count - 1_000)] + [T0 - 10**7] * 1_000


@pytest.mark.parametrize("count", [0, 1, 100, 101, 300, 301, 450])
def test_a_short_list_takes_no_call_more_than_there_are_hundreds_but_one(count: int) -> None:
    archive = Archive(evenly(count))
    pages = swept(archive)
    assert sorted(ids(pages)) == sorted(archive.place)
    assert archive.calls <= max(1, -(-count // 100)) + (count > 300)


@pytest.mark.parametrize("made", [evenly(6_000), in_bursts(6_000), [T0] * 1_500, [*evenly(2_000), 5, 4, 3]])
def test_a_long_list_is_shown_once_and_whole_in_at_most_a_quarter_more_calls(made: list[int]) -> None:
    archive = Archive(made)
    pages = swept(archive)
    assert sorted(ids(pages)) == sorted(archive.place)
    assert archive.calls <= 1.25 * -(-len(made) // 100) + 1
    assert [page.complete for page in pages] == [False] * (len(pages) - 1) + [True]
    assert [page.last for page in pages] == [False] * (len(pages) - 1) + [True]


def test_stretches_are_walked_at_the_same_time() -> None:
    archive = Archive(evenly(4_000), wait=0.03)
    began = time.monotonic()
    swept(archive)
    assert archive.most_at_once >= 4
    assert time.monotonic() - began < 0.03 * archive.calls, "faster than one call after the other"


@given(st.lists(st.integers(1, 3_000), max_size=1_500), st.integers(1, 8))
@settings(max_examples=15)
def test_a_sweep_that_crashed_after_any_page_goes_on_with_what_is_left(made: list[int], pages: int) -> None:
    archive = Archive(made)
    first = swept(archive, pages=pages)
    rest = [] if first[-1].last else swept(archive, first[-1].cursor)
    assert sorted(ids([*first, *rest])) == sorted(archive.place), "nothing lost, and nothing twice"
    assert not any(page.complete for page in rest), "this pull has not seen everything"


def test_a_failure_in_one_stretch_stops_the_sweep_where_it_can_go_on() -> None:
    archive = Archive(evenly(2_000))
    archive.broken_after = 12
    seen: list[Page] = []
    with loopback(archive) as server:
        pull = connector(server).pull("refunds", "")
        with pytest.raises(Uncertain):
            seen.extend(pull)
    archive.broken_after = -1
    rest = swept(archive, seen[-1].cursor)
    assert sorted(ids([*seen, *rest])) == sorted(archive.place)


def test_what_is_made_while_the_list_is_walked_does_not_shift_it() -> None:
    archive = Archive(evenly(1_200))
    with loopback(archive) as server:
        found: list[Page] = []
        for page in connector(server).pull("refunds", ""):
            found.append(page)
            newer = refund(10_000 + len(found), created=T0 + len(found))
            with archive._turn:
                archive.rows.insert(0, newer)
                archive.ages.insert(0, -newer["created"])
                archive.place = {row["id"]: index for index, row in enumerate(archive.rows)}
    older = [row["id"] for row in archive.rows if row["created"] <= T0]
    assert set(older) <= set(ids(found))
