"""Starting the sandbox as a process of its own, and talking to its control door."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from owed.errors import Outside

_PATIENCE_SECONDS = 40


@dataclass(frozen=True, slots=True)
class Platforms:
    """A running sandbox. `config` is its sandbox.json."""

    config: dict[str, Any]

    def ask(self, path: str) -> Any:
        return self._checked(requests.get(f"{self.config['control']}{path}", timeout=20))

    def tell(self, path: str, **body: Any) -> Any:
        return self._checked(requests.post(f"{self.config['control']}{path}", json=body, timeout=20))

    @staticmethod
    def _checked(answer: requests.Response) -> Any:
        if not answer.ok:
            raise Outside(f"the sandbox refuses {answer.url}: {answer.text[:200]}")
        return answer.json()


@contextmanager
def running(folder: Path, now: str) -> Iterator[Platforms]:
    """The sandbox of a folder, its clock set to `now` when it is new; stopped at the end. Raises Outside."""
    command = [sys.executable, "-m", "sandbox", "--folder", str(folder), "--port", "0"]
    if not (folder / "sandbox.json").exists():
        command += ["--now", now]
    (folder / "sandbox.json").unlink(missing_ok=True)
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        yield Platforms(_ready(process, folder / "sandbox.json"))
    finally:
        process.terminate()
        process.wait(10)


def _ready(process: subprocess.Popen[bytes], file: Path) -> dict[str, Any]:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if file.exists():
            config: dict[str, Any] = json.loads(file.read_text())
            try:
                requests.get(f"{config['control']}/clock", timeout=2)
            except requests.RequestException:
                time.sleep(0.05)
            else:
                return config
        time.sleep(0.05)
    raise Outside("the sandbox did not start")
