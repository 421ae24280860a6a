"""Lists page by page: where a sweep stands, and where it goes on.

Pages are asked for by the time of the last record, not by number: a record that changes meanwhile would move all
others by one, and the one at the edge of a page would never be seen.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from connectors.errors import Refused
from connectors.fields import Unreadable
from connectors.xero.client import Found, XeroClient
from connectors.xero.dates import instant_in

#: If-Modified-Since is accurate to a second; this much is read again, so that nothing slips through.
OVERLAP = dt.timedelta(minutes=5)
_SECOND = dt.timedelta(seconds=1)


class Mark(msgspec.Struct, omit_defaults=True):
    """The cursor: changed since `since` (UTC, ISO without zone), from `page` on.

    `started` is where the next pull begins once this one is through. `unordered`: Xero would not sort so many.
    `themes` are the branding themes and whether they take payments, as told on the day `themes_on`.
    """

    since: str = ""
    page: int = 1
    started: str = ""
    unordered: bool = False
    themes: dict[str, bool] = {}
    themes_on: str = ""


@dataclass(slots=True)
class Sheet:
    """One page of a sweep: the records that the page before did not hold, and where the sweep goes on."""

    raws: list[bytes]
    next: Mark
    last: bool
    #: How many records Xero counts from here to the end; None where it does not say.
    expected: int | None


def sheets(
    client: XeroClient, entity: str, mark: Mark, query: dict[str, str], *, paged: bool = True
) -> Iterator[Sheet]:
    """`paged` False for a list that Xero gives whole."""
    shown: set[bytes] = set()
    while True:
        found = _page(client, entity, mark, query) if paged else client.whole(entity, mark.since, query)
        fresh = [raw for raw in found.raws if raw not in shown]
        mark = next_mark(mark, found)
        yield Sheet(fresh, mark, found.last, found.count)
        if found.last:
            return
        shown = set(found.raws)


def _page(client: XeroClient, entity: str, mark: Mark, query: dict[str, str]) -> Found:
    """Organisations with very many records refuse sorting and filtering; then only the time limit is used."""
    if not mark.unordered:
        try:
            return client.page(entity, mark.since, mark.page, query | {"order": "UpdatedDateUTC ASC"})
        except Refused as error:
            if "filtering" not in str(error) or "efficient" not in str(error):
                raise
            mark.unordered, mark.page = True, 1
    plain = {name: value for name, value in query.items() if name != "where"}
    return client.page(entity, mark.since, mark.page, plain)


def next_mark(mark: Mark, found: Found) -> Mark:
    """Where to go on: behind this page, or, when it was the last one, where this pull began less the overlap."""
    newest = _newest(found.raws, ordered=not mark.unordered)
    began = found.time or newest
    started = mark.started or (_text(began - OVERLAP) if began else mark.since)
    if found.last:
        return Mark(since=started)
    since = _text(newest - _SECOND) if newest else ""
    if mark.unordered or since <= mark.since:
        return Mark(mark.since, mark.page + 1, started, mark.unordered)
    return Mark(since, 1, started)


class _Stamp(msgspec.Struct):
    UpdatedDateUTC: str = ""


def _newest(raws: list[bytes], *, ordered: bool) -> dt.datetime | None:
    """When the newest record of a page changed; in order it is the last one that says so."""
    stamps = (stamp for raw in reversed(raws) if (stamp := _stamp(raw)))
    return next(stamps, None) if ordered else max(stamps, default=None)


def _stamp(raw: bytes) -> dt.datetime | None:
    try:
        found = msgspec.json.decode(raw, type=_Stamp).UpdatedDateUTC
        return instant_in(found) if found else None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, Unreadable):
        return None


def _text(instant: dt.datetime) -> str:
    return instant.replace(tzinfo=None).isoformat(timespec="seconds")
