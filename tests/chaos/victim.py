"""One round of owed in a process of its own, which may die on the way. Loaded once, then forked for each round."""

import datetime as dt
import resource
import traceback
from pathlib import Path

import connectors.email.connector
import connectors.quickbooks.connector
import connectors.stripe.connector
import connectors.xero.connector  # noqa: F401  # loaded here, so that a round begins at once
from owed.bootstrap import install
from sync.cycle import run_round
from tests.chaos.crash import Steps


def do_round(config: Path, now: dt.datetime, die_at: int, largest_file: int) -> None:
    """`largest_file` in bytes: nothing grows beyond it, as on a full disk. 0: no limit. What it told of its failure
    stands in failed.txt, and how many steps it took in steps.txt."""
    steps = Steps(die_at)
    steps.watch()
    if largest_file:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, resource.RLIM_INFINITY))
    try:
        installation = install(config, now=now)
        run_round(installation)
        installation.store.close()
    except Exception:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        with (config.parent / "failed.txt").open("a") as told:
            traceback.print_exc(file=told)
        raise SystemExit(1) from None
    (config.parent / "steps.txt").write_text(str(steps.count))
