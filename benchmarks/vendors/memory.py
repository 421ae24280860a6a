"""`python -m benchmarks.vendors.memory PLATFORM URL`: one full pull, alone in a process; prints rows and peak memory."""

import re
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
    print(report.rows, peak_megabytes())


def peak_megabytes() -> int:
    """Of this process alone: getrusage would tell the parent's peak too, which fork hands on."""
    told = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", told)[1]) // 1024  # type: ignore[index]  # Linux always tells it


main()
