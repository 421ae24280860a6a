"""`python -m benchmarks.vendors.reference PLATFORM URL`: the plain loop, alone in a process; prints rows and CPU seconds.

A process of its own, because owed tunes Python's collector of garbage, and most programs do not.
"""

import sys
import tempfile
from pathlib import Path

from benchmarks.timing import cpu
from benchmarks.vendors import references


def main() -> None:
    platform, url = sys.argv[1:3]
    references.load(platform)
    with tempfile.TemporaryDirectory() as folder:
        seconds, rows = cpu(lambda: references.pull(platform, url, Path(folder)))
    print(rows, seconds)


main()
