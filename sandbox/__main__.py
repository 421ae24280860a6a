"""`python -m sandbox --folder DIR`: runs the look-alikes until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from datetime import date
from pathlib import Path

from sandbox.clock import read_instant
from sandbox.ledger import LedgerErrors
from sandbox.serve import SEED, Sandbox


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("sandbox", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where state and sandbox.json are kept")
    parser.add_argument("--port", type=int, default=0, help="first of five ports; 0 takes free ones")
    parser.add_argument("--ledger", type=Path, help="fill a new folder from this CSV file instead of the seed")
    parser.add_argument("--as-of", type=date.fromisoformat, help="the day the ledger is looked at (YYYY-MM-DD)")
    parser.add_argument("--seed", type=int, default=SEED, help="seed of the invented company")
    parser.add_argument("--now", type=read_instant, help="set the sandbox's clock to this instant")
    parser.add_argument("--empty", action="store_true", help="start a new folder without customers and invoices")
    return parser.parse_args(argv)


def build(options: argparse.Namespace) -> Sandbox:
    """Raises LedgerErrors for a ledger that cannot be read."""
    if (options.ledger is None) != (options.as_of is None):
        raise LedgerErrors(["--ledger FILE and --as-of DATE go together"])
    return Sandbox(
        options.folder, port=options.port, seed=options.seed, now=options.now,
        company="empty" if options.empty else "seeded", ledger=options.ledger, as_of=options.as_of,
    )  # fmt: skip


async def serve(sandbox: Sandbox) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, sandbox.ask_to_stop)
    loop.create_task(announce(sandbox))  # noqa: RUF006 - lives as long as the loop
    await sandbox.run()


async def announce(sandbox: Sandbox) -> None:
    while not sandbox.ready:
        await asyncio.sleep(0.01)
    print(f"sandbox ready: {sandbox.config['control']} (see {sandbox.folder / 'sandbox.json'})", flush=True)  # noqa: T201 - the one line it says


def main() -> int:
    try:
        sandbox = build(arguments())
    except LedgerErrors as errors:
        for line in errors.lines:
            print(line, file=sys.stderr)  # noqa: T201 - a user's mistakes go to the terminal
        return 2
    except OSError as problem:
        print(f"sandbox: {problem}", file=sys.stderr)  # noqa: T201 - a port in use, a folder that cannot be written
        return 1
    try:
        asyncio.run(serve(sandbox))
    finally:
        sandbox.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
