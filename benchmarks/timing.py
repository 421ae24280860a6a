"""CPU seconds of one call, and how a figure and its reference are written."""

import gc
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def cpu(work: Callable[[], T]) -> tuple[float, T]:
    """CPU seconds of this process, garbage of earlier work not included."""
    gc.collect()
    started = time.process_time()
    result = work()
    return time.process_time() - started, result


def beside(what: str, seconds: float, count: int, reference: str, reference_seconds: float) -> str:
    rate, other = count / seconds, count / reference_seconds
    return f"{what}: {seconds:.2f} CPU s, {rate:,.0f}/s; {reference}: {other:,.0f}/s; {rate / other:.2f} of it"
