"""`./run bench [NAME ...]`: all benchmarks, or those named; `./run bench fleet --help` tells its options."""

import sys
from collections.abc import Iterable

from benchmarks import connectors, effects, hourly, ingest, latency, memory, reconcile, rules
from benchmarks.fleet import run as fleet
from benchmarks.match import run as match

BENCHMARKS = {
    "connectors": connectors.run,
    "effects": effects.run,
    "fleet": fleet.run,
    "hourly": hourly.run,
    "latency": latency.run,
    "match": match.run,
    "memory": memory.run,
    "ingest": ingest.run,
    "reconcile": reconcile.run,
    "rules": rules.run,
}


def main() -> int:
    if sys.argv[1:2] == ["fleet"] and len(sys.argv) > 2 and sys.argv[2].startswith("--"):
        return show(fleet.run(sys.argv[2:]))
    wanted = sys.argv[1:] or list(BENCHMARKS)
    unknown = [name for name in wanted if name not in BENCHMARKS]
    if unknown:
        print(f"no benchmark named {unknown[0]!r}; there are: {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    for name in wanted:
        print(f"== {name}")
        show(BENCHMARKS[name]())
    return 0


def show(lines: Iterable[str]) -> int:
    for line in lines:
        print(f"  {line}", flush=True)
    return 0


sys.exit(main())
