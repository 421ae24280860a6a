"""/metrics: how owed is doing, for Prometheus. Read from the store when asked; names no customer."""

import datetime as dt
import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from owed.errors import outside
from owed.web.service import Served, Service
from receivables.business import WRITE_ONLY
from store.figures import Figures, Pulled, figures
from sync.limits import windows_of

#: So that an alert can be written before the first of them happens.
_STATES = ("planned", "approved", "sending", "uncertain", "needs_human", "sent", "failed", "cancelled", "refused")
_SLOT_STATES = ("waiting", "claimed", "done", "failed", "skipped")
#: A worker writes the first row of a connection.
_NEVER_PULLED = Pulled("ok", None)


@dataclass(frozen=True, slots=True)
class Metrics:
    """A reader shows `Authorization: Bearer TOKEN`, and sees the organisations that have this token."""

    service: Service

    async def answer(self, request: Request) -> Response:
        shown = request.headers.get("authorization", "").encode()
        return await run_in_threadpool(self._answer, shown)

    def _answer(self, shown: bytes) -> Response:
        with_token = [one for one in self.service.served().values() if one.token]
        if not with_token:
            return Response(status_code=404)
        known = {token: hmac.compare_digest(shown, f"Bearer {token}".encode()) for token in _tokens(with_token)}
        allowed = [one for one in with_token if known[one.token]]
        if not allowed:
            return Response(status_code=401, headers={"WWW-Authenticate": "Bearer"})
        found = self._read(allowed)
        if not found:
            return Response(status_code=503)
        registry = CollectorRegistry(auto_describe=False)
        registry.register(FromStores(self.service, allowed, found))
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    def _read(self, allowed: Sequence[Served]) -> dict[str, Figures]:
        """A database that is away leaves out only those who live in it."""
        found: dict[str, Figures] = {}
        for database in self.service.databases({one.organisation for one in allowed}):
            try:
                with database.open().read() as tx:
                    found |= figures(tx, database.organisations)
            except Exception as error:
                if not outside(error):
                    raise
        return found


def _tokens(served: Sequence[Served]) -> set[str]:
    return {one.token for one in served}


class FromStores(Collector):
    """What was read of each organisation."""

    def __init__(self, service: Service, served: Sequence[Served], found: Mapping[str, Figures]) -> None:
        self._served = [(one, found[one.organisation]) for one in served if one.organisation in found]
        self._all = [(one.organisation, one.organisation in found) for one in served]
        self._now, self._wall = service.clock(), service.wall()

    def describe(self) -> list[Metric]:
        """Nothing is looked at when it is registered."""
        return []

    def collect(self) -> Iterator[Metric]:
        yield _gauge("owed_store_ok", "0: its database cannot be used just now.", *self._all)
        yield from self._of_connections()
        yield self._calls_left()
        yield from self._by_state()
        yield from self._of_each()

    def _of_connections(self) -> Iterator[Metric]:
        age = _labelled("owed_sync_age_seconds", "Since the last complete sync; +Inf before the first.", "connection")
        state = _labelled("owed_connection_ok", "0: failing, or to be connected again.", "connection")
        for one, found in self._served:
            for name, endpoint in one.endpoints.items():
                known = found.connections.get(name, _NEVER_PULLED)
                if endpoint.platform not in WRITE_ONLY:  # nothing is read there: it would be an alert for ever
                    synced = _seconds(known.synced_at, self._now, never=float("inf"))
                    age.add_metric([one.organisation, name], synced)
                state.add_metric([one.organisation, name], float(known.state == "ok"))
        yield age
        yield state

    def _calls_left(self) -> Metric:
        left = _labelled(
            "owed_calls_left", "Calls that the platform still allows in this window.", "connection", "window"
        )
        for one, found in self._served:
            for name, endpoint in one.endpoints.items():
                for window in windows_of(endpoint.platform, endpoint.options):
                    if window.is_metered:
                        began, used = found.spent.get(f"{name}/{window.name}", (self._wall, 0))
                        over = window.ends(began) <= self._wall
                        left.add_metric([one.organisation, name, window.name], window.calls - (0 if over else used))
        return left

    def _by_state(self) -> Iterator[Metric]:
        effects = _labelled("owed_outbox_effects", "Effects in the outbox.", "state")
        slots = _labelled("owed_slots", "Hourly rounds of the last weeks, by what became of them.", "state")
        for one, found in self._served:
            for state in _STATES:
                effects.add_metric([one.organisation, state], found.outbox.get(state, 0))
            for state in _SLOT_STATES:
                slots.add_metric([one.organisation, state], found.slots.get(state, 0))
        yield effects
        yield slots

    def _of_each(self) -> Iterator[Metric]:
        for name, help_text, value in _ONE_EACH:
            yield _gauge(name, help_text, *((one.organisation, value(found, self._now)) for one, found in self._served))


def _labelled(name: str, help_text: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, help_text, labels=["organisation", *labels])


def _gauge(name: str, help_text: str, *values: tuple[str, float]) -> Metric:
    family = _labelled(name, help_text)
    for organisation, value in values:
        family.add_metric([organisation], float(value))
    return family


def _seconds(since: dt.datetime | None, now: dt.datetime, *, never: float) -> float:
    return never if since is None else max(0.0, (now - since).total_seconds())


def _doubtful(found: Figures) -> int:
    return found.outbox.get("uncertain", 0) + found.outbox.get("needs_human", 0)


#: One figure an organisation.
_ONE_EACH = (
    ("owed_uncertain_effects", "Nobody knows yet whether these happened.", lambda found, _: _doubtful(found)),
    (
        "owed_breaks_open",
        "Differences that are not closed, accepted ones among them.",
        lambda found, _: found.breaks_open,
    ),
    ("owed_problems_open", "Records that could not be read.", lambda found, _: found.problems_open),
    (
        "owed_hints_waiting",
        "Records that a webhook named and that were not read again yet.",
        lambda found, _: found.hints_waiting,
    ),
    (
        "owed_queue_age_seconds",
        "Since the oldest hour that is due and not finished; 0: none.",
        lambda found, now: _seconds(found.oldest_slot_at, now, never=0),
    ),
    (
        "owed_outbox_age_seconds",
        "Since the oldest approval that has not left; 0: none.",
        lambda found, now: _seconds(found.oldest_effect_at, now, never=0),
    ),
    ("owed_live", "1 after owed golive.", lambda found, _: found.is_live),
    ("owed_stopped", "1 while owed stop is in force.", lambda found, _: found.is_stopped),
    ("owed_journal_entries", "Entries of the journal.", lambda found, _: found.journal_entries),
)
