"""Peak memory of a full pull, by the number of invoices: it must not grow with it."""

import subprocess
import sys
from collections.abc import Iterator

from benchmarks.vendors.process import ROOT, serving

COUNTS = (10_000, 100_000, 1_000_000)


def run() -> Iterator[str]:
    for platform in ("stripe", "xero", "quickbooks"):
        for count in COUNTS:
            rows, megabytes = peak(platform, count)
            yield f"{platform}: {rows:,} invoices pulled, peak memory of the process {megabytes} MB"


def peak(platform: str, count: int) -> tuple[int, int]:
    with serving(count) as vendors:
        command = [sys.executable, "-m", "benchmarks.vendors.memory", platform, vendors.url]
        told = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    rows, megabytes = map(int, told.split())
    assert rows == count, told
    return rows, megabytes
