"""What is the same for every item of one run: the day, the limits, and how old the facts are."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from receivables.business import BOOKS, Business, ConnectionState
from receivables.decisions import Reason
from receivables.workdays import workdays_between
from rules.schema import Guards
from rules.wording import day, days

#: Platforms where a payment may be seen: all of them must be fresh before anybody is asked for money.
_MONEY_IS_SEEN_AT = BOOKS | {"stripe"}


@dataclass(slots=True)
class Situation:
    """`today` is the business's day; `now` is aware."""

    business: Business
    connections: Mapping[str, ConnectionState]
    guards: Guards
    now: dt.datetime
    today: dt.date
    zone: ZoneInfo
    #: When a message may next arrive, by time zone and country: filled by `rules.hours`.
    allowed: dict[tuple[str, str], dt.datetime] = field(default_factory=dict)
    #: By connection: why nobody who is overdue there is asked for money, since no receipts were recorded lately.
    behind: dict[str, Reason] = field(default_factory=dict)
    #: Casefolded.
    never_chase: frozenset[str] = frozenset()
    _starts: dict[dt.date, dt.datetime] = field(default_factory=dict)
    _days: dict[dt.datetime, dt.date] = field(default_factory=dict)
    _stale: dict[str, Reason] = field(default_factory=dict)

    @classmethod
    def of(
        cls, business: Business, connections: Mapping[str, ConnectionState], guards: Guards, now: dt.datetime
    ) -> "Situation":
        zone = ZoneInfo(business.timezone)
        situation = cls(business, connections, guards, now, now.astimezone(zone).date(), zone)
        situation.never_chase = frozenset(name.casefold() for name in guards.never_chase)
        situation.behind = dict(situation._behind())
        for state in connections.values():
            if state.platform in _MONEY_IS_SEEN_AT and not situation.is_fresh(state.synced_at):
                situation._stale[state.name] = situation.stale_reason(state.name, state.synced_at)
        return situation

    def start_of(self, day: dt.date) -> dt.datetime:
        """The first instant of a day of the business, in UTC."""
        found = self._starts.get(day)
        if found is None:
            found = dt.datetime.combine(day, dt.time(), self.zone).astimezone(dt.UTC)
            self._starts[day] = found
        return found

    def day_of(self, instant: dt.datetime) -> dt.date:
        """The business's calendar day of an instant."""
        found = self._days.get(instant)
        if found is None:
            found = self._days[instant] = instant.astimezone(self.zone).date()
        return found

    def _behind(self) -> Iterator[tuple[str, Reason]]:
        """Whoever enters payments once a month would see every payer of that month reminded."""
        for state in self.connections.values():
            newest = max(filter(None, (state.newest_receipt_on, state.receipts_complete_on)), default=None)
            if state.platform not in BOOKS or state.newest_receipt_on is None or newest is None:
                continue
            if workdays_between(newest, self.today, self.business.country) > self.guards.behind_after_workdays:
                since = f"no receipts are recorded in {state.name} since {day(state.newest_receipt_on)}"
                text = f"{since}; if none is missing: owed confirm-receipts {state.name}"
                yield state.name, Reason("books_behind", text)

    def is_fresh(self, read_at: dt.datetime | None) -> bool:
        return read_at is not None and self.now - read_at <= dt.timedelta(hours=self.guards.max_data_age_hours)

    def stale_reason(self, connection: str, read_at: dt.datetime | None) -> Reason:
        """Nothing changes by itself here: the next pull that comes through does."""
        limit = self.guards.max_data_age_hours
        if read_at is None:
            return Reason("stale_data", f"{connection} has never been read in full; a payment may be unknown")
        age = _age(self.now - read_at)
        return Reason(
            "stale_data", f"{connection} was last read {age} ago, more than {limit} h; a payment may be unknown"
        )

    def staleness(self, connection: str, read_at: dt.datetime | None) -> list[Reason]:
        """Why the facts about a debt of one connection are too old; of that one the newer of two readings counts.

        Every other connection where money is seen must be fresh too: the payment may be there.
        """
        if not self._stale and connection in self.connections:
            return []
        others = [reason for name, reason in self._stale.items() if name != connection]
        state = self.connections.get(connection)
        synced_at = state.synced_at if state else None
        if self.is_fresh(read_at) or self.is_fresh(synced_at):
            return others
        return [self.stale_reason(connection, max(filter(None, (read_at, synced_at)), default=None)), *others]


def _age(age: dt.timedelta) -> str:
    return days(age.days) if age.days >= 2 else f"{int(age.total_seconds() // 3600)} h"
