"""owed sandbox, owed demo: look-alikes of the platforms on this machine, and the whole product run on them."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from owed.demo.story import tell_story

Folder = Annotated[Path, typer.Option("--folder", help="Where the state is kept.")]


def register(application: typer.Typer) -> None:
    application.command("sandbox")(sandbox)
    application.command("demo")(demo)


def sandbox(
    folder: Folder = Path("owed-sandbox"),
    port: Annotated[int, typer.Option(help="First of five ports; 0 takes free ones.")] = 0,
    ledger: Annotated[Path | None, typer.Option(help="Fill it from this CSV; headers: docs/sandbox.md.")] = None,
    as_of: Annotated[str, typer.Option(help="The day on which the ledger is looked at, 2026-01-31.")] = "",
    seed: Annotated[int | None, typer.Option(help="Of the invented company.")] = None,
    now: Annotated[str, typer.Option("--now", help="Set its clock to this instant.")] = "",
    empty: Annotated[bool, typer.Option("--empty", help="Without customers and invoices.")] = False,
) -> None:
    """QuickBooks Online, Xero, Stripe and a mailbox on 127.0.0.1, until Ctrl-C; addresses stand in FOLDER/sandbox.json."""
    command = [sys.executable, "-m", "sandbox", "--folder", str(folder), "--port", str(port)]
    for option, value in (("--ledger", ledger), ("--as-of", as_of), ("--seed", seed), ("--now", now)):
        command += [option, str(value)] if value not in (None, "") else []
    command += ["--empty"] if empty else []
    try:
        raise typer.Exit(subprocess.call(command))
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


def demo(folder: Folder = Path("owed-demo")) -> None:
    """The whole product once, for real, over HTTP, on an invented company; run again in the same folder it goes on."""
    tell_story(folder)
