"""The command line: one file a noun. Commands parse, call sync, and print; they decide nothing."""

import typer

from owed.cli import (
    assess,
    connect,
    explain,
    golive,
    journal,
    ledger,
    outbox,
    plan,
    rules,
    serve,
    simulate,
    start,
    statements,
    status,
    sync,
    worker,
)

application = typer.Typer(
    name="owed",
    help="Gets a small business paid: QuickBooks Online, Xero and Stripe in, reminders and payment links out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

for module in (
    start,
    connect,
    golive,
    sync,
    status,
    ledger,
    assess,
    plan,
    explain,
    statements,
    worker,
    serve,
    simulate,
):
    module.register(application)

application.add_typer(rules.application, name="rules")
application.add_typer(outbox.application, name="outbox")
application.add_typer(journal.application, name="journal")
