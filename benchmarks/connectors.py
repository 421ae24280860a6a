"""Whole pulls through the connectors into the store, beside loops over the official libraries' objects."""

import os
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
from tests.postgresql import fresh_database, server

COUNT = 10_000
#: Pages of a full pull: Stripe shows 100 records at a time, the others 1,000; one more call for each other stream.
_PAGE = {"xero": 1000, "quickbooks": 1000, "stripe": 100}


def run() -> Iterator[str]:
    for platform in ("stripe", "xero", "quickbooks"):
        yield from full_pull(platform)
    yield into_postgresql()


def full_pull(platform: str) -> Iterator[str]:
    with serving(COUNT) as vendors, tempfile.TemporaryDirectory() as folder:
        reference = plain_loop(platform, vendors.url)
        raw = plain_loop("raw", vendors.url) if platform == "stripe" else 0
        ours = opened(Path(folder), platform, vendors.url)
        Connected(ours).to("books")  # importing a vendor's library is no part of a pull
        seconds, report = cpu(lambda: pull(ours, "books"))
        _check(report)
    yield beside(f"{platform}: full pull", seconds, COUNT, references.NAMES[platform], reference)
    if raw:
        yield f"stripe: JSON and executemany alone, no objects, versions, digests or archive: {COUNT / raw:,.0f}/s"
    pages = -(-COUNT // _PAGE[platform])
    yield f"{platform}: {report.calls} calls, of which {pages} are the pages of invoices"


def into_postgresql() -> str:
    """The server's own work is counted as well."""
    with tempfile.TemporaryDirectory() as folder, serving(COUNT) as vendors, server(Path(folder)) as url:
        ours = opened(Path(folder), "stripe", vendors.url, fresh_database(url))
        Connected(ours).to("books")
        before = server_seconds(Path(folder))
        seconds, report = cpu(lambda: pull(ours, "books"))
        _check(report)
        seconds += server_seconds(Path(folder)) - before
        ours.store.close()
    return f"stripe into PostgreSQL, its server included: {seconds:.2f} CPU s, {COUNT / seconds:,.0f}/s"


def server_seconds(folder: Path) -> float:
    """CPU seconds of the database server: the first process, those it has now, and those that have ended."""
    first = int((folder / "cluster" / "postmaster.pid").read_text().split()[0])
    ticks = sum(
        _ticks(process) for process in Path("/proc").iterdir() if process.name.isdigit() and _is_of(process, first)
    )
    return ticks / os.sysconf("SC_CLK_TCK")


def _stat(process: Path) -> list[str]:
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _is_of(process: Path, first: int) -> bool:
    found = _stat(process)
    return int(process.name) == first or (len(found) > 1 and int(found[1]) == first)


def _ticks(process: Path) -> int:
    """utime, stime, and those of children that have ended."""
    return sum(map(int, _stat(process)[11:15]))


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
