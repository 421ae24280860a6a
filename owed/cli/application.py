"""The command line: one file a noun. Commands parse, call sync, and print; they decide nothing."""

from owed.cli import (
    assess,
    backtest,
    backup,
    breaks,
    connect,
    customers,
    erase,
    evidence,
    explain,
    golive,
    journal,
    ledger,
    match,
    outbox,
    plan,
    rules,
    serve,
    simulate,
    start,
    statements,
    status,
    sync,
    tasks,
    worker,
)
from owed.cli.frame import empty

application = empty()

for module in (
    start,
    connect,
    golive,
    sync,
    status,
    ledger,
    assess,
    backup,
    match,
    plan,
    backtest,
    explain,
    statements,
    worker,
    serve,
    simulate,
    evidence,
    erase,
):
    module.register(application)

application.add_typer(breaks.application, name="breaks")
application.add_typer(customers.application, name="customers")
application.add_typer(rules.application, name="rules")
application.add_typer(outbox.application, name="outbox")
application.add_typer(tasks.application, name="tasks")
application.add_typer(journal.application, name="journal")
