"""owed worker: the hourly round, in the background."""

import logging
from collections import Counter
from typing import Annotated

import typer

from owed import worker as process
from owed.bootstrap import read_settings
from owed.cli.options import DEFAULT_CONFIG, Config, Now, open_installation
from owed.cli.printing import say
from owed.errors import Mistake, Outside
from sync.broker import BrokerError
from sync.cycle import Round


def register(application: typer.Typer) -> None:
    application.command("worker")(worker)


def worker(
    config: Config = DEFAULT_CONFIG,
    now: Now = "",
    once: Annotated[bool, typer.Option("--once", help="Do this hour's round, if nobody has, and end.")] = False,
) -> None:
    """Sync every hour, reconcile, decide, and send what needs no approval. Sends nothing before owed golive."""
    installation = open_installation(config, now)
    _log_in_lines()
    say(f"working for {installation.business.name}; sending is {installation.sending.mode}; stop with Ctrl-C")
    if not once:
        say("changes in owed.toml count after a restart; owed stop counts at once")
    try:
        if not process.run(installation, read_settings(config).broker, _tell, once=once):
            raise Outside("the round failed; the line above says why")
    except BrokerError as error:
        raise Mistake(str(error)) from None


def _log_in_lines() -> None:
    log = logging.getLogger("owed.worker")
    handler = logging.StreamHandler()
    handler.setFormatter(process.OneLine())
    log.handlers, log.propagate = [handler], False


def _tell(done: Round) -> None:
    for report in done.pulls:
        say(
            f"{report.connection}: {report.rows} records, {report.calls} calls"
            + (f", {report.error}" if report.error else "")
        )
    counts = Counter(outcome.state for outcome in done.outcomes)
    say("messages: " + (", ".join(f"{count} {state}" for state, count in sorted(counts.items())) or "none"))
