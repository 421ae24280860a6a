"""What a pull brought, as plain values for printing."""

from typing import Any

from sync.pull import PullReport


def what_changed(report: PullReport) -> dict[str, Any]:
    return {
        "connection": report.connection,
        "platform": report.platform,
        "calls": report.calls,
        "error": report.error,
        "streams": {
            stream: {"new": saved.new, "changed": saved.changed, "same": saved.same, "gone": saved.gone}
            for stream, saved in report.saved.items()
        },
        "notes": report.notes,
        "counted": {
            count.kind: {"counted": count.counted, "reread": count.reread, "repaired": count.repaired}
            for count in report.counts
        },
        "problems": [str(problem) for problem in report.problems],
    }
