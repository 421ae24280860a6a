"""owed golive: look at every debtor once, say whom to chase, and let sending begin."""

from typing import Annotated, Any

import typer

from owed.cli.asking import confirmed
from owed.cli.ledger import debtor_rows
from owed.cli.options import DEFAULT_CONFIG, Config, Json, Now, Yes, open_installation
from owed.cli.plan import actor
from owed.cli.printing import note, print_json, say, table
from owed.errors import Mistake
from receivables.business import WRITE_ONLY
from receivables.local_facts import Release
from store import connections
from sync.assess import BACKLOG_DAYS, Assessment, assess
from sync.golive import go_live as begin
from sync.golive import overdue_debtors
from sync.installation import Installation


def register(application: typer.Typer) -> None:
    application.command("golive")(golive)


def golive(
    config: Config = DEFAULT_CONFIG,
    now: Now = "",
    yes: Yes = False,
    as_json: Json = False,
    skip: Annotated[
        list[str] | None, typer.Option("--skip", help="A debtor not to chase, also later; repeat it.")
    ] = None,
    release: Annotated[
        list[str] | None,
        typer.Option(
            "--release", help="A debtor that was skipped, or whose old backlog may be chased; repeat it, or all."
        ),
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
    _must_have_read_everything(installation)
    seen = assess(installation, decide=False)
    known = overdue_debtors(seen)
    for word in [*(skip or ()), *(one for one in release or () if one != "all")]:
        if word not in known:
            raise Mistake(f"{word}: no such debtor has anything overdue; the names: owed customers, first column")
    skipped = {*(skip or ()), *(_skipped_before(seen) - set(release or ()))}
    _show(_rows(seen, skipped), as_json=as_json)
    answers = _answers(installation, platform_reminders or [])
    _ask_about_reminders(installation, answers, yes)
    _tell_of_receipts(seen)
    if not yes and not confirmed(f"Chase these {len(known - skipped)} debtors from now on?"):
        raise typer.Exit(0)
    begin(
        installation,
        seen,
        actor=actor(),
        skipped=skipped,
        released=release or (),
        reminders=answers,
        sent_elsewhere=sent_elsewhere,
    )
    if not as_json:
        _say_what_follows(installation, len(known - skipped))


def _must_have_read_everything(installation: Installation) -> None:
    """What is old at go-live is held as backlog; debts that were not read yet could not be told from new ones."""
    with installation.store.read() as tx:
        known = connections.known(tx)
    books = [name for name, endpoint in installation.endpoints.items() if endpoint.platform not in WRITE_ONLY]
    unread = [name for name in books if known[name].synced_at is None]
    if not books:
        raise Mistake(
            "there is nothing to chase yet: add a [[connection]] to owed.toml, then owed connect and owed sync"
        )
    if unread:
        raise Mistake(f"{', '.join(unread)}: never read completely; run owed sync first, so that old debts are known")


def _skipped_before(seen: Assessment) -> set[str]:
    """Whom the owner chose not to chase at an earlier go-live: that holds until the debtor is released by name."""
    return {one.subject for one in seen.snapshot.local if isinstance(one, Release) and not one.chase}


def _show(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print_json(rows)
        return
    columns = ["debtor", "name", "invoices", "overdue", "oldest_days", "backlog"]
    shown = [[row[name] for name in columns] for row in rows]
    table("debtors", columns, shown, numbers=columns[2:5], prose=["name", "backlog"])


def _say_what_follows(installation: Installation, count: int) -> None:
    first = min(installation.sending.ramp_start, installation.sending.daily_cap)
    say(f"live: {count} debtors will be chased; at most {first} messages on the first day")
    if installation.sending.mode != "live":
        say(f'sending is still {installation.sending.mode!r}: set mode = "live" in [sending] when you are ready')


def _rows(seen: Assessment, skipped: set[str]) -> list[dict[str, Any]]:
    rows = [row for row in debtor_rows(seen) if row["overdue"].minor > 0]
    for row in rows:
        row["backlog"] = f"older than {BACKLOG_DAYS} days: held" if row["oldest_days"] > BACKLOG_DAYS else ""
        row["skipped"] = row["debtor"] in skipped
        if row["skipped"]:
            row["backlog"] = "skipped"
    return sorted(rows, key=lambda row: -row["oldest_days"])


def _answers(installation: Installation, words: list[str]) -> dict[str, bool]:
    answers = {}
    for word in words:
        name, _, answer = word.partition("=")
        if name not in installation.endpoints or answer not in ("on", "off"):
            raise Mistake(f"--platform-reminders {word}: write NAME=on or NAME=off with a connection's name")
        answers[name] = answer == "on"
    return answers


def _tell_of_receipts(seen: Assessment) -> None:
    """Going live says that the books are up to date: whoever has paid must stand in them."""
    for state in seen.snapshot.connections.values():
        if state.newest_receipt_on and state.newest_receipt_on < seen.snapshot.today:
            note(
                f"{state.name}: the newest receipt is of {state.newest_receipt_on}; going live says that none is missing"
            )


def _ask_about_reminders(installation: Installation, answers: dict[str, bool], yes: bool) -> None:
    """Where a platform cannot be asked whether it reminds by itself, the owner is."""
    with installation.store.read() as tx:
        known = connections.known(tx)
    for name, endpoint in installation.endpoints.items():
        told = name in answers or installation.books[name].reminds_by_itself is not None
        if endpoint.platform in WRITE_ONLY or told or known[name].reminds_by_itself is not None:
            continue
        if yes:
            note(f"{name}: does it send reminders by itself? Its debts wait for --platform-reminders {name}=off")
        else:
            answers[name] = confirmed(f"Does {name} ({endpoint.platform}) send reminders by itself?", default=True)
