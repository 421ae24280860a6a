"""Several worker processes on one machine, started together, started again when one dies, and stopped together."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence

from owed.cli.printing import say

_LONGEST_WAIT = 60


class Crew:
    """`arguments` are those of one `owed worker`."""

    def __init__(self, arguments: Sequence[str], count: int) -> None:
        self._command = [sys.executable, "-m", "owed", "worker", *arguments]
        self._over = threading.Event()
        self._members = [threading.Thread(target=self._keep_one) for _ in range(count)]

    def run(self) -> None:
        """Until SIGTERM or SIGINT; each process then finishes what it has begun."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._over.set())
        for member in self._members:
            member.start()
        for member in self._members:
            member.join()

    def _keep_one(self) -> None:
        """A process that dies at once again and again is given more and more time."""
        wait = 1.0
        while not self._over.is_set():
            began = time.monotonic()
            process = subprocess.Popen(self._command)  # noqa: S603  # ourselves, with the arguments we were given
            code = self._wait(process)
            if self._over.is_set():
                return
            wait = 1.0 if time.monotonic() - began > _LONGEST_WAIT else min(2 * wait, _LONGEST_WAIT)
            say(f"worker {process.pid} ended with {code}; another begins in {wait:.0f} s")
            self._over.wait(wait)

    def _wait(self, process: subprocess.Popen[bytes]) -> int:
        while process.poll() is None:
            if self._over.wait(0.5):
                process.terminate()
                return process.wait()
        return process.returncode
