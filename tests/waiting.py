"""Waiting for what other processes do."""

import time
from collections.abc import Callable


def until(done: Callable[[], bool], seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)
