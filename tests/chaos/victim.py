"""One round of owed, or one worker's hour, in a process of its own, which may die on the way. Loaded once, then forked
for each."""

import datetime as dt
import resource
import traceback
from pathlib import Path

import connectors.email.connector
import connectors.quickbooks.connector
import connectors.stripe.connector
import connectors.xero.connector  # noqa: F401  # loaded here, so that a round begins at once
from owed.bootstrap import install
from owed.fleet import open_fleet
from owed.worker import Worker
from sync.cycle import Round, run_round
from sync.installation import Installation
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


def do_hour(config: Path, now: dt.datetime, die_at: int, is_shared: bool) -> None:
    """What a worker does in an hour: open its slot, send the hint, claim, do the round, renew, finish. Each round leaves
    a line in rounds.txt. `is_shared`: hints are promised before they are sent, as on a queue that others see."""
    steps = Steps(die_at)
    steps.watch()

    def told(_: Installation, __: Round) -> None:
        with (config.parent / "rounds.txt").open("a") as rounds:
            rounds.write("a round\n")
        worker.work.keep_leases()

    fleet = open_fleet([config], None, now)
    worker = Worker(fleet, "memory:", told, once=True)
    worker.dispatcher.is_shared = is_shared
    worker.hands.start()
    for store_url, organisations in fleet.groups():
        worker.dispatcher.dispatch(fleet.group(store_url, organisations))
    worker.hands.finish_all()
    steps.step()
    (config.parent / "steps.txt").write_text(str(steps.count))
