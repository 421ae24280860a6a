"""Steps of a process that are seen from outside, and its death at one of them.

A step is a moment just before or after a transaction is committed, and before or after bytes leave by a socket: every
call to a platform, every line to a mail server. Between two steps a process does nothing that anybody could notice, so
dying at each of them is dying anywhere. kill -9, sent to itself: no clean-up runs.
"""

import os
import signal
import socket
import threading
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa


class Steps:
    """Counts the steps of this process; at number `die_at` it is gone. 0: it lives."""

    def __init__(self, die_at: int = 0) -> None:
        self.count = 0
        self._die_at = die_at
        self._lock = threading.Lock()

    def step(self, *_: object) -> None:
        with self._lock:
            self.count += 1
            if self.count == self._die_at:
                os.kill(os.getpid(), signal.SIGKILL)

    def watch(self) -> None:
        """From now on, for the rest of the process."""
        sa.event.listen(sa.Engine, "commit", self.step)
        sa.event.listen(sa.Engine, "begin", self.step)
        socket.socket.sendall = self._around(socket.socket.sendall)  # type: ignore[method-assign]
        socket.socket.send = self._around(socket.socket.send)  # type: ignore[method-assign]

    def _around(self, send: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*arguments: Any) -> Any:
            self.step()
            answer = send(*arguments)
            self.step()
            return answer

        return watched
