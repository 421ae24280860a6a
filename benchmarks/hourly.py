"""An hourly run in a worker that is already warm: 100 of 100,000 invoices have changed."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.timing import cpu
from benchmarks.vendors.office import opened
from benchmarks.vendors.process import serving
from sync.pull import pull

COUNT, CHANGED = 100_000, 100


def run() -> Iterator[str]:
    for platform in ("stripe", "xero", "quickbooks"):
        yield hourly_run(platform)


def hourly_run(platform: str) -> str:
    with serving(COUNT, CHANGED) as vendors, tempfile.TemporaryDirectory() as folder:
        ours = opened(Path(folder), platform, vendors.url)
        first = pull(ours, "books")
        assert first.rows == COUNT, first
        vendors.move_on()
        seconds, report = cpu(lambda: pull(ours, "books"))
    assert not report.error, report.error
    found = sum(saved.changed for saved in report.saved.values())
    return f"{platform}: {found} of {CHANGED} changes found, {report.calls} calls, {seconds:.2f} CPU s"
