"""Pulling one connection: page by page, each saved with its cursor; what fails here stops nobody else."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

from connectors.errors import ConnectorError, Forbidden, Malformed, Refused, Throttled, Unauthorised
from connectors.protocol import Connector
from receivables.problems import Problem
from store import connections, hints, journal, standings
from store.ingest import Saved
from sync import census
from sync.census import Count
from sync.connected import Connected
from sync.installation import Installation
from sync.saving import notes_of, problems_of, save_page
from sync.turns import Busy, reading
from sync.vanished import Sweeps, close_unseen

_ONCE_A_DAY = dt.timedelta(hours=24)

#: (connection, stream, rows so far)
Progress = Callable[[str, str, int], None]


@dataclass(slots=True)
class PullReport:
    """What one pull of one connection brought. `error` is empty when every stream came through."""

    connection: str
    platform: str
    saved: dict[str, Saved] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    #: Oddities that need nobody: a record in an older version than ours, or twice in one page.
    notes: list[str] = field(default_factory=list)
    #: The kinds that were counted record by record, once a day.
    counts: list[Count] = field(default_factory=list)
    calls: int = 0
    error: str = ""

    @property
    def rows(self) -> int:
        return sum(saved.new + saved.changed + saved.same + saved.gone for saved in self.saved.values())


def pull(installation: Installation, name: str, progress: Progress | None = None, *, count: bool = False) -> PullReport:
    """Bring one connection up to date. Failures are reported and remembered, never raised.

    Once a day, and when `count` asks for it, every record is counted as well: see `sync.census`.
    """
    report = PullReport(name, installation.endpoints[name].platform)
    started = installation.clock()
    connected = Connected(installation, urgent=False)

    def keep_turn(connection: str, stream: str, rows: int) -> None:
        keep()
        if progress:
            progress(connection, stream, rows)

    try:
        with reading(installation, name) as keep:
            connector = connected.to(name)
            _ask_once_a_day(installation, connector, name)
            _pull_streams(installation, connector, name, report, keep_turn)
            _count_once_a_day(installation, connector, name, report, now=count)
    except Busy as error:
        report.error = str(error)
    except ConnectorError as error:
        report.error = str(error)
        remember_failure(installation, name, started, error)
    else:
        with installation.store.write() as tx:
            connections.update(tx, name, state="ok", problem="", synced_at=started, tried_at=started)
            hints.follow(tx, name, started, installation.clock())
    report.calls = connected.calls(name)
    return report


def _ask_once_a_day(installation: Installation, connector: Connector, name: str) -> None:
    """What only the platform can tell: who we are connected to, whether it reminds customers by itself, and until
    which day its books are closed."""
    now = installation.clock()
    with installation.store.read() as tx:
        known = connections.known(tx).get(name)
    if known and known.checked_at and now - known.checked_at < _ONCE_A_DAY:
        return
    try:
        health = connector.check()
    except (Refused, Malformed):
        return  # a server that cannot tell who it is may still show its records
    answer = health.reminds_by_itself
    account = {"account": health.account} if health.account and not (known and known.account) else {}
    with installation.store.write() as tx:
        connections.update(
            tx,
            name,
            title=health.name,
            reminds_by_itself=None if answer is None else int(answer),
            locked_until=health.locked_until,
            checked_at=now,
            **account,
        )


def _pull_streams(
    installation: Installation, connector: Connector, name: str, report: PullReport, progress: Progress
) -> None:
    """A key that may not read one stream still reads the others; the first such refusal is raised at the end."""
    told = frozenset(connector.manifest.kinds.values())
    with installation.store.read() as tx:
        known = frozenset(kind for kind in told if not standings.is_empty(tx, kind, name))
    sweeps = Sweeps(connector.manifest, installation.clock(), known)
    forbidden: list[Forbidden] = []
    for stream in connector.manifest.streams:
        try:
            _pull_stream(installation, connector, name, stream, sweeps, report, progress)
        except Forbidden as error:
            if connector.manifest.auth != "key":
                raise
            forbidden.append(error)
    for kind, seen in sweeps.whole_kinds().items():
        closed = close_unseen(installation, connector, name, kind, seen, sweeps.began_at)
        report.saved[connector.manifest.streams_of(kind)[0]] += closed
    if forbidden:
        raise Forbidden("; ".join(dict.fromkeys(map(str, forbidden))), code=forbidden[0].code)


def _pull_stream(
    installation: Installation,
    connector: Connector,
    name: str,
    stream: str,
    sweeps: Sweeps,
    report: PullReport,
    progress: Progress,
) -> None:
    with installation.store.read() as tx:
        cursor = connections.load_cursor(tx, name, stream)
    for page in connector.pull(stream, cursor):
        report.saved.setdefault(page.stream, Saved())
        saved = save_page(installation, name, page)
        report.saved[page.stream] += saved
        report.notes += notes_of(saved)
        report.problems += problems_of(page)
        sweeps.show(page)
        progress(name, page.stream, report.rows)


def _count_once_a_day(
    installation: Installation, connector: Connector, name: str, report: PullReport, *, now: bool
) -> None:
    """The first pull read everything, so the first count is due a day later."""
    at = installation.clock()
    with installation.store.read() as tx:
        known = connections.known(tx)[name]
    if known.verified_at and not now and at - known.verified_at < _ONCE_A_DAY:
        return
    if known.verified_at or now:
        report.counts = census.take(installation, connector, name)
    repaired = {count.kind: str(count.repaired) for count in report.counts if count.repaired}
    with installation.store.write() as tx:
        connections.update(tx, name, verified_at=at)
        if repaired:
            journal.append(tx, at, "repaired", name, body=repaired)


def remember_failure(installation: Installation, name: str, at: dt.datetime, error: ConnectorError) -> None:
    """For `owed status`, and for the worker, which tries a failing connection again later."""
    state = "reconnect" if isinstance(error, Unauthorised) else "failing"
    problem = f"paused until {error.retry_at:%H:%M} UTC" if isinstance(error, Throttled) else str(error)
    with installation.store.write() as tx:
        connections.update(tx, name, state=state, problem=problem, tried_at=at)
