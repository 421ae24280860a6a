"""`./run bench [NAME ...]`: all benchmarks, or those named."""

import sys

from benchmarks import connectors, effects, fleet, hourly, ingest, latency, memory, reconcile, rules
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
    wanted = sys.argv[1:] or list(BENCHMARKS)
    unknown = [name for name in wanted if name not in BENCHMARKS]
    if unknown:
        print(f"no benchmark named {unknown[0]!r}; there are: {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    for name in wanted:
        print(f"== {name}")
        for line in BENCHMARKS[name]():
            print(f"  {line}", flush=True)
    return 0


sys.exit(main())
