"""The answers: lists in pages as each platform cuts them, made from one invoice by putting in what differs.

Invoice number n is made, and last changed, n minutes after the beginning. `changed` of them, the newest, exist only
after `move_on`; they are what an hourly run has to find.
"""

import datetime as dt
import json
import re
from collections.abc import Iterator
from urllib.parse import parse_qs

from benchmarks.vendors.templates import CHANGED, CREATED, ID, NUMBER

BEGINNING = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
#: The platforms' clock; far enough behind the last change that no overlap reads it again.
CLOCK = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
_STEP = 60


class Pages:
    """All three platforms; `calls` counts what was asked, by path."""

    def __init__(self, templates: dict[str, str], count: int, changed: int) -> None:
        self._parts = {
            platform: re.split(f"({ID}|{NUMBER}|{CHANGED}|{CREATED})", text) for platform, text in templates.items()
        }
        self.count = count
        self.changed = changed
        self.moved = False
        self.calls: dict[str, int] = {}

    def answer(self, path: str, query: str, headers: dict[str, str], body: str) -> bytes:
        if path == "/move-on":
            self.moved, self.calls = True, {}
            return b"{}"
        if path == "/calls":
            return json.dumps(self.calls).encode()
        self.calls[path] = self.calls.get(path, 0) + 1
        asked = {name: values[0] for name, values in parse_qs(query).items()}
        if path.startswith("/v1/"):
            return self._stripe(path, asked)
        if "/company/" in path:
            return self._quickbooks(path, asked, body)
        return self._xero(path, asked, headers)

    # -- one record ---------------------------------------------------------------------------------------------------

    def _record(self, platform: str, number: int) -> str:
        """A changed record is one of the oldest, changed after everything else."""
        at = BEGINNING + dt.timedelta(seconds=self._second(number))
        values = {
            ID: self._identifier(platform, number),
            NUMBER: f"INV-{number:07}" + ("-corrected" if self.moved and number < self.changed else ""),
            CHANGED: _date(at) if platform == "xero" else at.isoformat(),
            CREATED: str(int(BEGINNING.timestamp()) + number * _STEP),
        }
        return "".join(values.get(part, part) for part in self._parts[platform])

    def _second(self, number: int) -> int:
        """Of the last change, after the beginning."""
        late = self.moved and number < self.changed
        return (self.count + number if late else number) * _STEP

    @staticmethod
    def _identifier(platform: str, number: int) -> str:
        if platform == "quickbooks":
            return str(number + 1)
        return f"in_{number:012}" if platform == "stripe" else f"00000000-0000-4000-8000-{number:012}"

    # -- Stripe -------------------------------------------------------------------------------------------------------

    def _stripe(self, path: str, asked: dict[str, str]) -> bytes:
        if path == "/v1/account":
            return b'{"id": "acct_bench", "object": "account", "settings": {"dashboard": {"timezone": "UTC"}}}'
        if path == "/v1/events":
            return self._events(asked)
        if path != "/v1/invoices" or "status" in asked:
            return _listed([], more=False)
        first = int(BEGINNING.timestamp())
        newest, oldest = self.count - 1, 0
        if "created[lt]" in asked:
            newest = min(newest, -(-(int(asked["created[lt]"]) - first) // _STEP) - 1)
        if "created[lte]" in asked:
            newest = min(newest, (int(asked["created[lte]"]) - first) // _STEP)
        if "created[gte]" in asked:
            oldest = max(oldest, -(-(int(asked["created[gte]"]) - first) // _STEP))
        if "created[gt]" in asked:
            oldest = max(oldest, (int(asked["created[gt]"]) - first) // _STEP + 1)
        if "starting_after" in asked:
            newest = min(newest, int(asked["starting_after"][3:]) - 1)
        limit = int(asked.get("limit", "10"))
        numbers = range(newest, max(newest - limit, oldest - 1), -1)
        return _listed((self._record("stripe", number) for number in numbers), more=newest - limit >= oldest)

    def _events(self, asked: dict[str, str]) -> bytes:
        """Newest first; the one from before the full pull stands behind all others."""
        limit = int(asked.get("limit", "10"))
        at = int(CLOCK.timestamp())
        numbers = list(range(self.changed - 1, -1, -1)) if self.moved else []
        events = [
            f'{{"id": "evt_{number:06}", "object": "event", "api_version": "{_version()}", "type": "invoice.updated", '
            f'"created": {at + 60 + number}, "data": {{"object": {self._record("stripe", number)}}}}}'
            for number in numbers
        ]
        events.append(
            f'{{"id": "evt_old", "object": "event", "api_version": "{_version()}", "type": "invoice.paid", '
            f'"created": {at}, "data": {{"object": {self._record("stripe", 0)}}}}}'
        )
        after = asked.get("starting_after", "")
        start = next((place + 1 for place, event in enumerate(events) if f'"{after}"' in event[:40]), 0) if after else 0
        return _listed(events[start : start + limit], more=len(events) > start + limit)

    # -- QuickBooks ---------------------------------------------------------------------------------------------------

    def _quickbooks(self, path: str, asked: dict[str, str], body: str) -> bytes:
        time = CLOCK.isoformat()
        if path.endswith("/cdc"):
            rows = ",".join(self._record("quickbooks", number) for number in range(self.changed if self.moved else 0))
            return f'{{"CDCResponse": [{{"QueryResponse": [{{"Invoice": [{rows}]}}]}}], "time": "{time}"}}'.encode()
        if not path.endswith("/query"):
            return b'{"CompanyInfo": {"CompanyName": "Bench"}, "Preferences": {"CurrencyPrefs": {"HomeCurrency": {"value": "USD"}}}}'
        statement = body or asked.get("query", "")
        if "FROM Invoice" not in statement:
            return f'{{"QueryResponse": {{}}, "time": "{time}"}}'.encode()
        found = re.search(r"STARTPOSITION (\d+)", statement)
        start = int(found[1]) - 1 if found else 0
        rows = ",".join(self._record("quickbooks", number) for number in range(start, min(start + 1000, self.count)))
        shown = f'"Invoice": [{rows}]' if rows else ""
        return f'{{"QueryResponse": {{{shown}}}, "time": "{time}"}}'.encode()

    # -- Xero ---------------------------------------------------------------------------------------------------------

    def _xero(self, path: str, asked: dict[str, str], headers: dict[str, str]) -> bytes:
        entity = path.rpartition("/")[2]
        if entity != "Invoices":
            return f'{{"{entity}": [], "DateTimeUTC": "{_date(CLOCK)}", "pagination": {{"page": 1, "pageCount": 0}}}}'.encode()
        since = headers.get("if-modified-since", "")
        numbers = self._xero_order(since)
        page, size = int(asked.get("page", "1")), int(asked.get("pageSize", "100"))
        pages = -(-len(numbers) // size)
        rows = ",".join(self._record("xero", number) for number in numbers[(page - 1) * size : page * size])
        told = f'{{"page": {page}, "pageSize": {size}, "pageCount": {pages}, "itemCount": {len(numbers)}}}'
        return f'{{"Invoices": [{rows}], "DateTimeUTC": "{_date(CLOCK)}", "pagination": {told}}}'.encode()

    def _xero_order(self, since: str) -> range | list[int]:
        """By the time of the last change, oldest first."""
        if self.moved:
            late = list(range(self.changed))
            rest: range | list[int] = range(self.changed, self.count)
        else:
            late, rest = [], range(self.count)
        if not since:
            return [*rest, *late] if late else rest
        at = dt.datetime.fromisoformat(since).replace(tzinfo=dt.UTC)
        if at > BEGINNING + dt.timedelta(seconds=2 * self.count * _STEP):
            return late
        first = max(0, -int(-(at - BEGINNING).total_seconds() // _STEP))
        return rest[first:] if not late else [*rest[first:], *late]


def _listed(rows: Iterator[str] | list[str], *, more: bool) -> bytes:
    return f'{{"object": "list", "has_more": {"true" if more else "false"}, "data": [{",".join(rows)}]}}'.encode()


def _date(at: dt.datetime) -> str:
    return f"/Date({int(at.timestamp() * 1000)}+0000)/"


def _version() -> str:
    import stripe

    return stripe.api_version
