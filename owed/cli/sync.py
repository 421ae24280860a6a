"""owed sync."""

from typing import Annotated, Any

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from owed.cli.options import DEFAULT_CONFIG, Config, Json, Now, open_installation
from owed.cli.printing import console, print_json, say, table
from owed.errors import Mistake
from sync.census import Count
from sync.cycle import synchronise
from sync.installation import Installation
from sync.mailbox import MAILBOX
from sync.pull import PullReport
from sync.report import what_changed


def register(application: typer.Typer) -> None:
    application.command("sync")(sync)


def sync(
    names: Annotated[list[str] | None, typer.Argument(help="Connections, or mailbox; all when none is named.")] = None,
    config: Config = DEFAULT_CONFIG,
    now: Now = "",
    verify: Annotated[
        bool, typer.Option("--verify", help="Also count every record there and compare it, as is done once a day.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Pull what changed at every connection, reconcile it, and say what was found."""
    installation = open_installation(config, now)
    known = [*installation.endpoints, *([MAILBOX] if installation.mailbox else ())]
    unknown = sorted(set(names or ()) - set(known))
    if unknown:
        raise Mistake(f"no connection named {unknown[0]!r}; owed.toml has: {', '.join(known)}")
    reports = pull_with_progress(installation, names or None, count=verify)
    if as_json:
        print_json([what_changed(report) for report in reports])
    else:
        print_reports(reports)
    if any(report.error or report.problems for report in reports):
        raise typer.Exit(1)


def pull_with_progress(
    installation: Installation, names: list[str] | None = None, *, count: bool = False
) -> list[PullReport]:
    """A spinner and counts on a terminal; silent elsewhere."""
    shown = console(stderr=True)
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=shown,
        transient=True,
        disable=not shown.is_terminal,
    )
    with bar:
        task = bar.add_task("connecting")

        def show(name: str, stream: str, rows: int) -> None:
            bar.update(task, description=f"{name}: {stream}, {rows:,} records")

        return synchronise(installation, names, show, count=count)


def print_reports(reports: list[PullReport]) -> None:
    table(
        "",
        ["connection", "platform", "records", "new", "changed", "gone", "calls", "result"],
        [_row(report) for report in reports],
        numbers=["records", "new", "changed", "gone", "calls"],
        prose=["result"],
    )
    for report in reports:
        if report.counts:
            say(f"{report.connection}: counted {', '.join(map(_counted, report.counts))}")
        for line in [*report.notes, *report.problems]:
            say(f"{line}")


def _row(report: PullReport) -> list[Any]:
    saved = report.saved.values()
    counts = [sum(getattr(one, name) for one in saved) for name in ("new", "changed", "gone")]
    result = report.error or (f"{len(report.problems)} records could not be read" if report.problems else "ok")
    return [report.connection, report.platform, report.rows, *counts, report.calls, result]


def _counted(count: Count) -> str:
    return f"{count.counted:,} {count.kind.replace('_', ' ')}s ({count.repaired} repaired)"
