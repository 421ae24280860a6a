"""owed worker: the hourly rounds, in the background."""

import logging
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from owed import worker as process
from owed.cli.options import DEFAULT_CONFIG, Now, instant
from owed.cli.printing import say
from owed.errors import Mistake, Outside
from owed.fleet import Fleet, open_fleet
from owed.logs import use_json
from owed.processes import Crew
from sync.broker import BrokerError
from sync.cycle import Round
from sync.installation import Installation

_log = logging.getLogger("owed.worker")

Configs = Annotated[
    list[Path] | None,
    typer.Option("--config", help="The settings file; several for several organisations.", show_default="owed.toml"),
]
Folder = Annotated[
    Path | None, typer.Option("--fleet", help="Serve every *.toml of this folder, an organisation each.")
]
Threads = Annotated[int, typer.Option("--threads", min=1, max=64, help="Organisations worked for at the same time.")]
Count = Annotated[int, typer.Option("--processes", min=1, max=64, help="So many worker processes.")]


def register(application: typer.Typer) -> None:
    application.command("worker")(worker)


def worker(
    config: Configs = None,
    fleet: Folder = None,
    now: Now = "",
    threads: Threads = 2,
    processes: Count = 1,
    once: Annotated[bool, typer.Option("--once", help="Do this hour's rounds that nobody has done, and end.")] = False,
) -> None:
    """Sync every hour, reconcile, decide, and send what needs no approval. Sends nothing before owed golive.

    Start it as often as you like, on as many machines as you like: each hour of each organisation is done once."""
    _log_in_lines()
    files = config or ([] if fleet else [DEFAULT_CONFIG])
    if processes > 1 and not once:
        Crew(_arguments(files, fleet, now, threads), processes).run()
        return
    served = open_fleet(files, fleet, instant(now))
    in_json = any(one.log == "json" for one in served.tenants.by_organisation.values())
    if in_json:
        use_json()
        quieten_libraries()
    else:
        say(_greeting(served))
    try:
        one = process.Worker(
            served, served.tenants.broker(), log_round if in_json else _teller(served), threads=threads, once=once
        )
    except BrokerError as error:
        raise Mistake(str(error)) from None
    if not one.run() and once:
        raise Outside("a round failed; the line above says why")


def _arguments(files: list[Path], folder: Path | None, now: str, threads: int) -> list[str]:
    named = [part for file in files for part in ("--config", str(file))]
    fleet = ["--fleet", str(folder)] if folder else []
    return [*named, *fleet, *(["--now", now] if now else []), "--threads", str(threads)]


def _greeting(fleet: Fleet) -> str:
    served = list(fleet.tenants.by_organisation)
    if len(served) != 1:
        return f"working for {len(served):,} organisations; stop with Ctrl-C"
    settings = fleet.tenants.settings_in_force(fleet.tenants.by_organisation[served[0]])
    whose = f"{settings.business.name}; sending is {settings.sending.mode}" if settings else served[0]
    return f"working for {whose}; stop with Ctrl-C"


def _log_in_lines() -> None:
    """Our own lines, and nothing of the libraries below: a broker that is away is one line of ours."""
    log = logging.getLogger("owed.worker")
    handler = logging.StreamHandler()
    handler.setFormatter(process.OneLine())
    log.handlers, log.propagate = [handler], False
    quieten_libraries()


def quieten_libraries() -> None:
    for name in ("dramatiq", "dramatiq_postgres", "pika", "psycopg"):
        library = logging.getLogger(name)
        library.handlers, library.propagate = [logging.NullHandler()], False


def log_round(installation: Installation, done: Round) -> None:
    """The same as a line of a log: counts, and no words."""
    whose = {"organisation": installation.business.id}
    for report in done.pulls:
        read = {"connection": report.connection, "records": report.rows, "calls": report.calls}
        _log.info("pulled", extra={"event": "pulled", **whose, **read, "failed": bool(report.error)})
    for state, count in sorted(Counter(outcome.state for outcome in done.outcomes).items()):
        _log.info("messages", extra={"event": "messages", **whose, "state": state, "count": count})


def _teller(fleet: Fleet) -> process.Told:
    """Whose round it was is said where there are several."""

    def tell(installation: Installation, done: Round) -> None:
        whose = f"{installation.business.id}: " if len(fleet.tenants.by_organisation) > 1 else ""
        for report in done.pulls:
            read = f"{report.rows} records, {report.calls} calls"
            say(f"{whose}{report.connection}: {read}" + (f", {report.error}" if report.error else ""))
        counts = Counter(outcome.state for outcome in done.outcomes)
        say(f"{whose}messages: " + (", ".join(f"{n} {state}" for state, n in sorted(counts.items())) or "none"))

    return tell
