"""Pulling one connection: page by page, each saved with its cursor; what fails here stops nobody else."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

from connectors.errors import ConnectorError, Malformed, Refused, Throttled, Unauthorised
from connectors.protocol import Connector, Page
from receivables.facts import Gone
from receivables.problems import Problem
from store import archive, connections, ingest
from store.ingest import Saved
from sync.connected import Connected
from sync.installation import Installation

_CHECK_EVERY = dt.timedelta(hours=24)

#: (connection, stream, rows so far)
Progress = Callable[[str, str, int], None]


@dataclass(slots=True)
class PullReport:
    """What one pull of one connection brought. `error` is empty when every stream came through."""

    connection: str
    platform: str
    saved: dict[str, Saved] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    calls: int = 0
    error: str = ""

    @property
    def rows(self) -> int:
        return sum(saved.new + saved.changed + saved.same + saved.gone for saved in self.saved.values())


def pull(installation: Installation, name: str, progress: Progress | None = None) -> PullReport:
    """Bring one connection up to date. Failures are reported and remembered, never raised."""
    report = PullReport(name, installation.endpoints[name].platform)
    started = installation.clock()
    connected = Connected(installation)
    try:
        connector = connected.to(name)
        _ask_once_a_day(installation, connector, name)
        for stream in connector.manifest.streams:
            _pull_stream(installation, connector, name, stream, report, progress)
    except ConnectorError as error:
        report.error = str(error)
        _remember(installation, name, started, error)
    else:
        with installation.store.write() as tx:
            connections.update(tx, name, state="ok", problem="", synced_at=started, tried_at=started)
    report.calls = connected.calls(name)
    return report


def _ask_once_a_day(installation: Installation, connector: Connector, name: str) -> None:
    """What only the platform can tell: who we are connected to, and whether it reminds customers by itself."""
    now = installation.clock()
    with installation.store.read() as tx:
        known = connections.known(tx).get(name)
    if known and known.checked_at and now - known.checked_at < _CHECK_EVERY:
        return
    try:
        health = connector.check()
    except (Refused, Malformed):
        return  # a server that cannot tell who it is may still show its records
    answer = health.reminds_by_itself
    with installation.store.write() as tx:
        connections.update(
            tx, name, title=health.name, reminds_by_itself=None if answer is None else int(answer), checked_at=now
        )


def _pull_stream(
    installation: Installation,
    connector: Connector,
    name: str,
    stream: str,
    report: PullReport,
    progress: Progress | None,
) -> None:
    with installation.store.read() as tx:
        cursor = connections.load_cursor(tx, name, stream)
    for page in connector.pull(stream, cursor):
        report.saved.setdefault(page.stream, Saved())
        report.saved[page.stream] += _save(installation, name, page, report)
        if progress:
            progress(name, page.stream, report.rows)


def _save(installation: Installation, name: str, page: Page, report: PullReport) -> Saved:
    """One page and the cursor behind it: one transaction."""
    now = installation.clock()
    unread = [(row.problem, row.raw) for row in page.rows if row.problem]
    report.problems += [problem for problem, _ in unread] + list(page.problems)
    with installation.store.write() as tx:
        saved = ingest.save_rows(
            tx, name, page.stream, now, ((row.raw, row.facts) for row in page.rows if not row.problem)
        )
        kept = archive.keep(tx, name, page.stream, now, [raw for _, raw in unread])
        connections.report(tx, name, now, zip((problem for problem, _ in unread), kept, strict=True))
        connections.report(tx, name, now, ((problem, "") for problem in page.problems))
        read = (str(fact.ref) for row in page.rows for fact in row.facts if not isinstance(fact, Gone))
        connections.mend(tx, name, now, read)
        connections.save_cursor(tx, name, page.stream, page.cursor, now)
    return saved


def _remember(installation: Installation, name: str, at: dt.datetime, error: ConnectorError) -> None:
    state = "reconnect" if isinstance(error, Unauthorised) else "failing"
    problem = f"paused until {error.retry_at:%H:%M} UTC" if isinstance(error, Throttled) else str(error)
    with installation.store.write() as tx:
        connections.update(tx, name, state=state, problem=problem, tried_at=at)
