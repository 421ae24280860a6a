"""Pulling a stream of Stripe: everything once, then what its events say has changed."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence

from connectors import cursors
from connectors.errors import Refused
from connectors.fields import Record
from connectors.protocol import Clock, Page, Row
from connectors.stripe.changes import OVERLAP_SECONDS, Changes
from connectors.stripe.client import PAGE_SIZE, StripeClient, id_of
from connectors.stripe.mark import Mark, Window, moved_after
from connectors.stripe.payouts import Payouts
from connectors.stripe.reader import Reader
from connectors.stripe.recent import Poll, Recent
from connectors.stripe.sweep import sweep
from connectors.stripe.translate import STREAMS, Stream

#: Stripe keeps events for 30 days; a day is kept in hand.
_LOOK_BACK = dt.timedelta(days=29)
_RESTARTS = 5
_MOVEMENTS = "balance_transactions"


class Pulls:
    def __init__(self, client: StripeClient, reader: Reader, payouts: Payouts, clock: Clock) -> None:
        self._client = client
        self._reader = reader
        self._payouts = payouts
        self._recent = Recent(client, payouts, reader.account.connection)
        self._clock = clock

    def pull(self, stream: str, mark: Mark) -> Iterator[Page]:
        if not mark.sweeping and mark.polled and self._is_recent(mark.polled):
            poll = self._recent.poll(stream, mark.position)
            if poll.changes is not None:
                yield from self._changed(stream, mark, poll.changes, poll)
                return
        yield from self._sweep(stream, mark if mark.sweeping else fresh(mark))

    def _is_recent(self, polled: str) -> bool:
        return self._clock() - dt.datetime.fromisoformat(polled) <= _LOOK_BACK

    # -- everything -------------------------------------------------------------------------------------------------

    def _sweep(self, stream: str, mark: Mark) -> Iterator[Page]:
        """Starts again when the record to go on from was deleted meanwhile."""
        for restarts in range(_RESTARTS, -1, -1):
            try:
                yield from self._sweep_once(stream, mark)
            except Refused as error:
                goes_on = any(window.after for window in mark.windows)
                if not goes_on or not restarts or error.code != "resource_missing":
                    raise
                mark = fresh(mark)
            else:
                return

    def _sweep_once(self, stream: str, mark: Mark) -> Iterator[Page]:
        table, whole = STREAMS[stream], not mark.windows
        if whole:
            mark.position, mark.windows = self._recent.start(), [Window()]
        if stream == _MOVEMENTS:
            self._payouts.ask_since()
        for swept in sweep(self._client, table, mark.windows):
            rows = self._reader.rows(table, swept.data)
            mark.windows, mark.sweeping = swept.left, bool(swept.left)
            if stream == _MOVEMENTS:
                mark.moved = moved_after(mark.moved, map(bytes, swept.data))
            if stream == "payouts" and whole and not swept.left:
                self._payouts.all_asked()
            yield Page(stream, rows, self._written(mark), last=not swept.left, complete=whole and not swept.left)

    # -- what changed -----------------------------------------------------------------------------------------------

    def _changed(self, stream: str, mark: Mark, changes: Changes, poll: Poll) -> Iterator[Page]:
        """The cursor moves with the last page only: before that, a crash reads the same events again."""
        held = cursors.write(mark)
        rows = self._moved(mark, changes) if stream == _MOVEMENTS else self._touched(stream, mark, changes)
        page: list[Row] = []
        for row in rows:
            if len(page) == PAGE_SIZE:
                yield Page(stream, page, held, last=False)
                page = []
            page.append(row)
        mark.position = poll.position
        yield Page(stream, page, self._written(mark), problems=poll.problems)

    def _touched(self, stream: str, mark: Mark, changes: Changes) -> Iterator[Row]:
        table, touched, also = STREAMS[stream], changes.touched[stream], dict[str, Record]()
        if stream == "invoices":
            also = {name: {"payments": {"data": paid}} for name, paid in changes.payments.items()}
        if stream == "payments":
            touched, also = self._recent.with_fees(touched, mark.position.at - OVERLAP_SECONDS)
        for identifier, raw in touched.items():
            yield self._row(table, identifier, raw, also)

    def _row(self, table: Stream, identifier: str, raw: bytes | None, also: Mapping[str, Record]) -> Row:
        if raw is None:
            return self._reader.read_again(table, identifier)
        return self._reader.rows(table, [raw], also)[0] if raw else self._reader.gone(table, identifier)

    def _moved(self, mark: Mark, changes: Changes) -> Iterator[Row]:
        """New transactions, and all those of payouts that changed. Movements without an event (a monthly fee, say) are
        seen when the next one comes that has one: the list is read on from the last that was seen."""
        table = STREAMS[_MOVEMENTS]
        members = {id_of(raw): raw for payout in changes.touched["payouts"] for raw in self._members(payout, changes)}
        yield from self._reader.rows(table, members.values())
        if not changes.money_moved:
            return
        listed = self._recent.movements(mark.moved.at - OVERLAP_SECONDS)
        known = members.keys() | set(mark.moved.seen)
        yield from self._reader.rows(table, [raw for raw in listed if id_of(raw) not in known])
        mark.moved = moved_after(mark.moved, listed)

    def _members(self, payout: str, changes: Changes) -> Sequence[bytes]:
        if self._payouts.settled(payout) is None:
            self._row(STREAMS["payouts"], payout, changes.touched["payouts"][payout], {})
        return self._payouts.members(payout) if self._payouts.settled(payout) else ()

    # -- shared -----------------------------------------------------------------------------------------------------

    def _written(self, mark: Mark) -> str:
        mark.polled = self._clock().isoformat(timespec="seconds")
        return cursors.write(mark)


def fresh(mark: Mark) -> Mark:
    """Everything is to be read again."""
    return Mark(sweeping=True, zone=mark.zone, mode=mark.mode)
