"""`python -m benchmarks.vendors.memory PLATFORM URL`: one full pull, alone in a process; prints rows and peak memory."""

import resource
import sys
import tempfile
from pathlib import Path

from benchmarks.vendors.office import opened
from sync.pull import pull


def main() -> None:
    platform, url = sys.argv[1:3]
    with tempfile.TemporaryDirectory() as folder:
        report = pull(opened(Path(folder), platform, url), "books")
    if report.error:
        sys.exit(report.error)
    print(report.rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)


main()
