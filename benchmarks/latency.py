"""A full pull over a slow line: every answer of Stripe takes 150 ms, and 25 requests a second are allowed."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.vendors.office import opened
from benchmarks.vendors.process import serving
from sync.connected import Connected
from sync.pull import pull

COUNT, DELAY_MS = 20_000, 150
#: Pages of 100, one after another.
SERIAL = -(-COUNT // 100)
_LIMITS = "limits = { calls_per_second = 25 }"


def run() -> Iterator[str]:
    times: dict[str, list[float]] = {}

    def note(_connection: str, stream: str, _rows: int) -> None:
        times.setdefault(stream, []).append(time.perf_counter())

    with serving(COUNT, delay_ms=DELAY_MS) as vendors, tempfile.TemporaryDirectory() as folder:
        ours = opened(Path(folder), "stripe", vendors.url, limits=_LIMITS)
        Connected(ours).to("books")
        report = pull(ours, "books", note)
        assert not report.error, report.error
        assert report.saved["invoices"].new == COUNT
        lists = vendors.calls()["/v1/invoices"]
    seconds = times["invoices"][-1] - times["customers"][-1]
    yield (
        f"stripe, {DELAY_MS} ms an answer: {COUNT:,} invoices in {seconds:.1f} s, {COUNT / seconds:,.0f}/s; "
        f"{lists} pages of invoices, {lists / SERIAL:.2f} of the {SERIAL} that a serial pull takes, "
        f"which would need {SERIAL * DELAY_MS / 1000:.0f} s"
    )
