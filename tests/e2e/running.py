"""The product as a user has it: the sandbox and `owed` as processes of their own, over real HTTP."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from owed.demo.settings import write_settings

_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Product:
    """A folder with an owed.toml, and the sandbox it talks to."""

    folder: Path
    config: dict[str, Any]

    def owed(self, *arguments: str, code: int = 0, **environment: str) -> str:
        done = self.start(*arguments, **environment)
        out, err = done.communicate(timeout=120)
        assert done.returncode == code, f"owed {' '.join(arguments)} ended with {done.returncode}:\n{out}\n{err}"
        return out

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        which = [] if "--fleet" in arguments else ["--config", str(self.folder / "owed.toml")]
        command = [sys.executable, "-m", "owed", *arguments, *which]
        return subprocess.Popen(
            command,
            cwd=_ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def json(self, *arguments: str, code: int = 0) -> Any:
        return json.loads(self.owed(*arguments, "--json", code=code))

    def ask(self, path: str) -> Any:
        return requests.get(f"{self.config['control']}{path}", timeout=20).json()

    def tell(self, path: str, /, **body: Any) -> Any:
        answer = requests.post(f"{self.config['control']}{path}", json=body, timeout=20)
        assert answer.ok, answer.text
        return answer.json()

    def connect(self, now: str) -> None:
        """As the README says: credentials from the environment."""
        for name, platform in (("books", "xero"), ("ledger", "quickbooks")):
            given = self.config[platform]
            self.owed(
                *("connect", name, "--access-token", "--refresh-token", "--now", now),
                OWED_ACCESS_TOKEN=given["access_token"],
                OWED_REFRESH_TOKEN=given["refresh_token"],
                OWED_CLIENT_ID=given["client_id"],
                OWED_CLIENT_SECRET=given["client_secret"],
            )
        self.owed("connect", "cards", "--api-key", "--now", now, OWED_API_KEY=self.config["stripe"]["api_key"])
        self.owed("connect", "mail", "--now", now)


@contextmanager
def product(folder: Path, *sandbox: str, store: str = "sqlite:///owed.db", rules: str = "") -> Iterator[Product]:
    """`sandbox` are options of `python -m sandbox`; `rules` replace the starter's."""
    command = [sys.executable, "-m", "sandbox", "--folder", str(folder / "sandbox"), *sandbox]
    process = subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert "ready" in line, f"the sandbox did not start: {line}"
        config = json.loads((folder / "sandbox" / "sandbox.json").read_text())
        write_settings(folder, config, store, rules)
        yield Product(folder, config)
    finally:
        process.terminate()
        process.wait(10)
        assert process.stdout is not None
        process.stdout.close()
