"""Secrets by where they stand: owed.toml names an environment variable or a file, never the value."""

import os
from dataclasses import dataclass
from pathlib import Path

from owed.errors import Outside
from rules.table import Table


@dataclass(frozen=True, slots=True)
class Secret:
    """`{ env = "NAME" }` or `{ file = "PATH" }`; empty when neither is written."""

    env: str = ""
    file: str = ""

    def read(self, folder: Path) -> str:
        """The value, or "" when it is not there. A relative file stands in `folder`. Raises Outside."""
        if self.env:
            return os.environ.get(self.env, "").strip()
        path = folder / self.file
        if not self.file or not path.exists():
            return ""
        try:
            return path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise Outside(f"{path}: the secret cannot be read ({type(error).__name__})") from None


def take_secret(table: Table, key: str) -> Secret:
    """A secret that is written into the file itself is refused, and its value is never repeated."""
    if isinstance(table.peek(key), str):
        table.take_any(key)
        hint = f'write {key} = {{ env = "NAME" }} or {{ file = "PATH" }}'
        table.report(key, "a secret does not stand in the file", hint)
        return Secret()
    inner = table.take_table(key)
    secret = Secret(env=inner.take_text("env", ""), file=inner.take_text("file", ""))
    inner.finish()
    if isinstance(table.peek(key), dict) and bool(secret.env) == bool(secret.file):
        table.report(key, "expected either env or file", f'write {key} = {{ env = "NAME" }}')
    return secret
