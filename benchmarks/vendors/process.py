"""The stand-ins in a process of their own, so that their work is not counted as ours."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import requests

from benchmarks.vendors.templates import make

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Vendors:
    """`move_on` lets the newest records appear; `calls` are those since then, by path."""

    url: str

    def move_on(self) -> None:
        requests.get(f"{self.url}/move-on", timeout=20).raise_for_status()

    def calls(self) -> dict[str, int]:
        found: dict[str, int] = requests.get(f"{self.url}/calls", timeout=20).json()
        return found


@lru_cache(maxsize=1)
def _templates() -> str:
    return json.dumps(make())


@contextmanager
def serving(count: int, changed: int = 0, delay_ms: int = 0) -> Iterator[Vendors]:
    words = [str(count), str(changed), str(delay_ms), _templates()]
    command = [sys.executable, "-m", "benchmarks.vendors", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        try:
            yield Vendors(f"http://127.0.0.1:{int(process.stdout.readline())}")
        finally:
            process.terminate()
