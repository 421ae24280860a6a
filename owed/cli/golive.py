"""owed golive: look at every debtor once, say whom to chase, and let sending begin."""

from typing import Annotated, Any

import typer

from owed.cli.ledger import debtor_rows
from owed.cli.options import DEFAULT_CONFIG, Config, Json, Now, Yes, open_installation
from owed.cli.plan import actor
from owed.cli.printing import print_json, say, table
from owed.errors import Mistake
from store import connections
from sync.assess import BACKLOG_DAYS, Assessment, assess
from sync.golive import go_live as begin
from sync.installation import Installation


def register(application: typer.Typer) -> None:
    application.command("golive")(golive)


def golive(
    config: Config = DEFAULT_CONFIG,
    now: Now = "",
    yes: Yes = False,
    as_json: Json = False,
    skip: Annotated[list[str] | None, typer.Option("--skip", help="A debtor not to chase; repeat it.")] = None,
    release: Annotated[
        list[str] | None, typer.Option("--release", help="A debtor whose old backlog may be chased; repeat it, or all.")
    ] = None,
    sent_elsewhere: Annotated[
        bool,
        typer.Option("--sent-elsewhere", help="Invoices that were never e-mailed reached the customers otherwise."),
    ] = False,
    platform_reminders: Annotated[
        list[str] | None,
        typer.Option("--platform-reminders", help="NAME=on or NAME=off: does the platform remind by itself?"),
    ] = None,
) -> None:
    """Show debtors by age, ask whom to chase, and go live. Sending still needs mode = "live" in owed.toml."""
    installation = open_installation(config, now)
    seen = assess(installation, decide=False)
    rows = _rows(seen)
    known = {row["debtor"] for row in rows}
    for word in [*(skip or ()), *(one for one in release or () if one != "all")]:
        if word not in known:
            raise Mistake(f"{word}: no such debtor; the names stand in the first column of owed customers")
    if as_json:
        print_json(rows)
    else:
        columns = ["debtor", "name", "invoices", "overdue", "oldest_days", "backlog"]
        table("debtors", columns, [[row[name] for name in columns] for row in rows], numbers=columns[2:5])
    answers = _answers(installation, platform_reminders or [])
    _ask_about_reminders(installation, answers, yes)
    if not yes and not typer.confirm(f"Chase these {len(known)} debtors from now on?", default=False):
        raise typer.Exit(0)
    begin(
        installation,
        seen,
        actor=actor(),
        skipped=skip or (),
        released=release or (),
        reminders=answers,
        sent_elsewhere=sent_elsewhere,
    )
    first = installation.sending.ramp_start
    say(f"live: {len(known) - len(skip or ())} debtors will be chased; at most {first} messages on the first day")
    if installation.sending.mode != "live":
        say(f'sending is still {installation.sending.mode!r}: set mode = "live" in [sending] when you are ready')


def _rows(seen: Assessment) -> list[dict[str, Any]]:
    rows = [row for row in debtor_rows(seen) if row["overdue"].minor > 0]
    for row in rows:
        row["backlog"] = f"older than {BACKLOG_DAYS} days: held" if row["oldest_days"] > BACKLOG_DAYS else ""
    return sorted(rows, key=lambda row: -row["oldest_days"])


def _answers(installation: Installation, words: list[str]) -> dict[str, bool]:
    answers = {}
    for word in words:
        name, _, answer = word.partition("=")
        if name not in installation.endpoints or answer not in ("on", "off"):
            raise Mistake(f"--platform-reminders {word}: write NAME=on or NAME=off with a connection's name")
        answers[name] = answer == "on"
    return answers


def _ask_about_reminders(installation: Installation, answers: dict[str, bool], yes: bool) -> None:
    """Where a platform cannot be asked whether it reminds by itself, the owner is."""
    with installation.store.read() as tx:
        known = connections.known(tx)
    for name, endpoint in installation.endpoints.items():
        told = name in answers or installation.books[name].reminds_by_itself is not None
        if endpoint.platform == "email" or told or known[name].reminds_by_itself is not None:
            continue
        if yes:
            say(f"{name}: does it send reminders by itself? Its debts wait for --platform-reminders {name}=off")
        else:
            answers[name] = typer.confirm(f"Does {name} ({endpoint.platform}) send reminders by itself?", default=True)
