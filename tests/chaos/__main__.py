"""`./run chaos --runs N [--engine sqlite|postgresql] [--seed S]`: kill -9 and worse, counted; prints a table."""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.chaos.run import Run, one_run
from tests.chaos.world import Databases, prepare
from tests.postgresql import server

_MEMORY = Path("/dev/shm")
TEMPLATE = "template"
#: A long run tells after so many runs how it stands.
_TELL_AFTER = 50


@contextmanager
def databases(engine: str, folder: Path) -> Iterator[Databases]:
    if engine == "sqlite":
        yield Databases()
        return
    (folder / "postgresql").mkdir(mode=0o700)
    with server(folder / "postgresql") as url:
        yield Databases(url)


def table(engine: str, runs: list[Run], seconds: float) -> Iterator[str]:
    yield f"{engine}: {len(runs)} runs in {seconds / 60:.0f} minutes"
    rows = {
        "rounds": sum(run.rounds for run in runs),
        "kill -9": sum(run.kills for run in runs),
        "disk full" if engine == "sqlite" else "database cut off": sum(run.cuts for run in runs),
        **({} if engine == "sqlite" else {"database restarted": sum(run.restarts for run in runs)}),
        "two workers at once": sum(run.pairs for run in runs),
        "answers lost, refused or cut": sum(run.faults for run in runs),
        "clock jumps": sum(run.jumps for run in runs),
        "effects in the outside world": sum(run.verdict.effects for run in runs),
        "duplicates": sum(len(run.verdict.duplicates) for run in runs),
        "lost": sum(len(run.verdict.lost) for run in runs),
        "a person asked": sum(run.verdict.asked for run in runs),
        "  of these it had happened": sum(run.verdict.asked_done for run in runs),
        "violations": sum(len(run.verdict.violations) for run in runs),
    }
    yield from (f"  {name:<30}{count:>8,}" for name, count in rows.items())


def main() -> int:
    parser = argparse.ArgumentParser(prog="run chaos", description=__doc__)
    parser.add_argument("--runs", type=int, default=25)
    parser.add_argument("--engine", choices=["sqlite", "postgresql"], action="append")
    parser.add_argument("--seed", type=int, default=1, help="the first run's; each has its own, which repeats it")
    wanted = parser.parse_args()
    bad = 0
    for engine in wanted.engine or ["sqlite", "postgresql"]:
        with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.exists() else None) as place:
            runs, began = [], time.monotonic()
            folder = Path(place)
            with databases(engine, folder) as stores:
                prepare(folder / TEMPLATE, stores.make(TEMPLATE))
                for seed in range(wanted.seed, wanted.seed + wanted.runs):
                    runs.append(one_run(seed, stores, folder / TEMPLATE, folder / f"run-{seed}"))
                    for line in runs[-1].verdict.violations:
                        print(f"{engine} --seed {seed}: {line}", flush=True)
                    if len(runs) % _TELL_AFTER == 0 and len(runs) < wanted.runs:
                        print("\n".join(table(engine, runs, time.monotonic() - began)), flush=True)
            print("\n".join(table(engine, runs, time.monotonic() - began)), flush=True)
            bad += sum(bool(run.verdict.violations) for run in runs)
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
