"""`owed demo` on both engines: it sends, is paid, posts back and closes; the second time it sends nothing twice."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.postgresql import fresh_database

_ROOT = Path(__file__).resolve().parents[2]


def demo(folder: Path, store: str) -> str:
    command = [sys.executable, "-m", "owed", "demo", "--folder", str(folder)]
    environment = {**os.environ, "OWED_DEMO_STORE": store}
    done = subprocess.run(command, cwd=_ROOT, env=environment, capture_output=True, text=True, timeout=150, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgresql", marks=pytest.mark.long)])
def test_the_demo_tells_the_whole_story_and_then_goes_on(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    store = "sqlite:///owed.db"
    if engine == "postgresql":
        store = fresh_database(request.getfixturevalue("postgresql"))
    first = demo(tmp_path / "demo", store)
    assert "10 × send reminder sent" in first
    assert first.count("a customer pays") == 2
    assert "written back to books" in first
    assert first.count("paid, 0.00 GBP open; its reminders stop") == 2
    assert "the sandbox's mailbox: 10 via smtp" in first
    again = demo(tmp_path / "demo", store)
    assert "the sandbox's mailbox: 10 via smtp" in again
    assert (tmp_path / "demo" / "owed.db").exists() == (engine == "sqlite")
