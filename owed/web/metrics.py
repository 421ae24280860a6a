"""/metrics: how owed is doing, for Prometheus. Read from the store when asked; names nobody."""

import datetime as dt
import hmac
from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from owed.errors import outside
from store import allowances, connections, journal, organisations
from store.connections import Known
from store.engine import Transaction
from store.figures import Figures, figures
from sync.installation import Installation
from sync.limits import windows_of

#: So that an alert can be written before the first of them happens.
_STATES = ("planned", "approved", "sending", "uncertain", "needs_human", "sent", "failed", "cancelled", "refused")
_SLOT_STATES = ("waiting", "claimed", "done", "failed", "skipped")


@dataclass(frozen=True, slots=True)
class Metrics:
    """`token` is what a reader has to show as `Authorization: Bearer TOKEN`; without one nobody may read."""

    installation: Installation
    token: str

    async def answer(self, request: Request) -> Response:
        if not self.token:
            return Response(status_code=404)
        if not hmac.compare_digest(request.headers.get("authorization", "").encode(), f"Bearer {self.token}".encode()):
            return Response(status_code=401, headers={"WWW-Authenticate": "Bearer"})
        body = await run_in_threadpool(self._read)
        return Response(status_code=503) if body is None else Response(body, media_type=CONTENT_TYPE_LATEST)

    def _read(self) -> bytes | None:
        registry = CollectorRegistry(auto_describe=False)
        registry.register(FromStore(self.installation))
        try:
            return generate_latest(registry)
        except Exception as error:
            if not outside(error):
                raise
            return None


class FromStore(Collector):
    """One look at the store."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def describe(self) -> list[Metric]:
        """Nothing is looked at when it is registered."""
        return []

    def collect(self) -> Iterator[Metric]:
        ours = self._installation
        with ours.store.read() as tx:
            known = connections.known(tx)
            mine = [known[name] for name in ours.endpoints if name in known]
            standing, head = organisations.standing(tx), journal.head(tx)
            yield from _of_connections(mine, ours.clock())
            yield _calls_left(tx, ours)
            yield from _of_figures(figures(tx), ours.clock())
        yield _one("owed_live", "1 after owed golive.", standing.live_at is not None)
        yield _one("owed_stopped", "1 while owed stop is in force.", standing.stopped_at is not None)
        yield _one("owed_journal_entries", "Entries of the journal.", head.number)


def _of_connections(known: list[Known], now: dt.datetime) -> Iterator[Metric]:
    age = GaugeMetricFamily(
        "owed_sync_age_seconds", "Since the last complete sync; +Inf before the first.", labels=["connection"]
    )
    state = GaugeMetricFamily("owed_connection_ok", "0: failing, or to be connected again.", labels=["connection"])
    for one in known:
        age.add_metric([one.name], _seconds(one.synced_at, now, never=float("inf")))
        state.add_metric([one.name], float(one.state == "ok"))
    yield age
    yield state


def _calls_left(tx: Transaction, installation: Installation) -> Metric:
    left = GaugeMetricFamily(
        "owed_calls_left", "Calls that the platform still allows in this window.", labels=["connection", "window"]
    )
    for name, endpoint in installation.endpoints.items():
        for window in windows_of(endpoint.platform, endpoint.options):
            if window.is_metered:
                used = allowances.used(tx, f"{name}/{window.name}", window.ends, installation.wall())
                left.add_metric([name, window.name], window.calls - used)
    return left


def _of_figures(found: Figures, now: dt.datetime) -> Iterator[Metric]:
    effects = GaugeMetricFamily("owed_outbox_effects", "Effects in the outbox.", labels=["state"])
    for state in _STATES:
        effects.add_metric([state], found.outbox.get(state, 0))
    yield effects
    slots = GaugeMetricFamily(
        "owed_slots", "Hourly rounds of the last weeks, by what became of them.", labels=["state"]
    )
    for state in _SLOT_STATES:
        slots.add_metric([state], found.slots.get(state, 0))
    yield slots
    doubtful = found.outbox.get("uncertain", 0) + found.outbox.get("needs_human", 0)
    yield _one("owed_uncertain_effects", "Nobody knows yet whether these happened.", doubtful)
    yield _one("owed_breaks_open", "Differences that are not closed, accepted ones among them.", found.breaks_open)
    yield _one("owed_problems_open", "Records that could not be read.", found.problems_open)
    yield _one(
        "owed_hints_waiting", "Records that a webhook named and that were not read again yet.", found.hints_waiting
    )
    age = _seconds(found.oldest_slot_at, now, never=0)
    yield _one("owed_queue_age_seconds", "Since the oldest hour that is due and not finished; 0: none.", age)
    waiting = _seconds(found.oldest_effect_at, now, never=0)
    yield _one("owed_outbox_age_seconds", "Since the oldest approval that has not left; 0: none.", waiting)


def _one(name: str, help_text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, help_text, value=float(value))


def _seconds(since: dt.datetime | None, now: dt.datetime, *, never: float) -> float:
    return never if since is None else max(0.0, (now - since).total_seconds())
