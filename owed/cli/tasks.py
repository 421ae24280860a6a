"""owed tasks: the calls and letters that the rules ask a person for."""

from typing import Annotated

import msgspec
import typer

from owed.cli.options import DEFAULT_CONFIG, Config, Json, Now, open_installation
from owed.cli.plan import actor
from owed.cli.printing import print_json, say, table
from owed.errors import Mistake
from receivables.local_facts import Task
from store import ingest, journal, snapshots
from sync.installation import Installation

_SHORTEST = 4

application = typer.Typer(help="Calls and letters that a person has to do.", invoke_without_command=True)

Which = Annotated[str, typer.Argument(metavar="ID", help="The first letters of an id of owed tasks.")]


@application.callback()
def listing(
    context: typer.Context,
    config: Config = DEFAULT_CONFIG,
    now: Now = "",
    as_json: Json = False,
    everything: Annotated[bool, typer.Option("--all", help="Also those that are done.")] = False,
) -> None:
    """What is to be done, oldest first."""
    if context.invoked_subcommand:
        return
    tasks = [one for one in _tasks(open_installation(config, now)) if everything or one.done_at is None]
    if as_json:
        print_json([{**msgspec.structs.asdict(one), "kind": one.kind} for one in tasks])
        return
    rows = [
        [one.id[:8], one.action, f"{one.stated_at:%Y-%m-%d}" if one.stated_at else "", one.title, one.outcome]
        for one in tasks
    ]
    table("tasks", ["id", "what", "since", "about", "outcome"], rows, prose=["about", "outcome"])


@application.command("show")
def show(task: Which, config: Config = DEFAULT_CONFIG, now: Now = "") -> None:
    """One task in full: whom to call, or the letter to print."""
    found = _find(open_installation(config, now), task)
    say(found.title)
    say(f"about {', '.join(map(str, found.invoices))}")
    say()
    say(found.text)


@application.command("done")
def done(
    task: Which,
    config: Config = DEFAULT_CONFIG,
    now: Now = "",
    outcome: Annotated[str, typer.Option("--outcome", help="What came of it; it stands in the history.")] = "",
) -> None:
    """It is done, or no longer wanted. A promise is recorded with owed promise."""
    installation = open_installation(config, now)
    found = _find(installation, task)
    if found.done_at is not None:
        raise Mistake(f"{task}: it was done on {found.done_at:%Y-%m-%d}")
    instant = installation.clock()
    closed = msgspec.structs.replace(found, done_at=instant, done_by=actor(), outcome=outcome)
    with installation.store.write() as tx:
        ingest.state(tx, instant, closed)
        journal.append(tx, instant, "task done", closed.id, {"outcome": outcome}, actor())
    say(f"done: {found.title}")


def _tasks(installation: Installation) -> list[Task]:
    with installation.store.read() as tx:
        return sorted(snapshots.all_stated(tx, Task), key=lambda one: (str(one.stated_at), one.id))


def _find(installation: Installation, word: str) -> Task:
    found = [one for one in _tasks(installation) if one.id.startswith(word)] if len(word) >= _SHORTEST else []
    if len(found) != 1:
        raise Mistake(f"{word}: {'no' if not found else 'more than one'} task begins so; see: owed tasks --all")
    return found[0]
