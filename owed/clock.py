"""The only place where the clock is read."""

import datetime as dt
import os
import socket


def wall() -> dt.datetime:
    """Real time, UTC: for leases, time-outs and limits."""
    return dt.datetime.now(dt.UTC)


class Clock:
    """owed's clock, UTC: real time, or an instant given by `--now` that then stands still."""

    def __init__(self, fixed: dt.datetime | None = None) -> None:
        self._fixed = fixed.astimezone(dt.UTC) if fixed else None

    def __call__(self) -> dt.datetime:
        return self._fixed or wall()


def process_name() -> str:
    """Who holds a lease: machine and process, so that a dead owner on this machine is known to be dead."""
    return f"{socket.gethostname()}/{os.getpid()}/{_started(os.getpid())}"


def is_alive(owner: str) -> bool | None:
    """Whether the owner of a lease still runs; None when it is on another machine and cannot be asked."""
    machine, _, rest = owner.partition("/")
    pid, _, started = rest.partition("/")
    if machine != socket.gethostname() or not pid.isdigit():
        return None
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return _started(int(pid)) == started


def _started(pid: int) -> str:
    """The process's start, in ticks since boot where the system tells: a reused number is another process."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123  # no Path needed for a proc file
            fields = file.read().rpartition(b")")[2].split()
            return fields[19].decode() if fields[0] != b"Z" else ""  # dead, and nobody has asked how it ended
    except (OSError, IndexError):
        return "?"
