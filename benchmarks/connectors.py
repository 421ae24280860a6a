"""Whole pulls through the connectors into the store, beside loops over the official libraries' objects."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.timing import beside, cpu
from benchmarks.vendors import references
from benchmarks.vendors.office import opened
from benchmarks.vendors.process import ROOT, serving
from sync.connected import Connected
from sync.pull import PullReport, pull

COUNT = 10_000
#: Pages of a full pull: Stripe shows 100 records at a time, the others 1,000; one more call for each other stream.
_PAGE = {"xero": 1000, "quickbooks": 1000, "stripe": 100}


def run() -> Iterator[str]:
    for platform in ("stripe", "xero", "quickbooks"):
        yield from full_pull(platform)


def full_pull(platform: str) -> Iterator[str]:
    with serving(COUNT) as vendors, tempfile.TemporaryDirectory() as folder:
        reference = plain_loop(platform, vendors.url)
        ours = opened(Path(folder), platform, vendors.url)
        Connected(ours).to("books")  # importing a vendor's library is no part of a pull
        seconds, report = cpu(lambda: pull(ours, "books"))
        _check(report)
    yield beside(f"{platform}: full pull", seconds, COUNT, references.NAMES[platform], reference)
    pages = -(-COUNT // _PAGE[platform])
    yield f"{platform}: {report.calls} calls, of which {pages} are the pages of invoices"


def plain_loop(platform: str, url: str) -> float:
    """CPU seconds of the loop over the library's objects."""
    command = [sys.executable, "-m", "benchmarks.vendors.reference", platform, url]
    told = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout.split()
    assert int(told[0]) == COUNT, told
    return float(told[1])


def _check(report: PullReport) -> None:
    assert not report.error, report.error
    assert not report.problems, report.problems[0]
    assert report.saved["invoices"].new == COUNT, report.saved
