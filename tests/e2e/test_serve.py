"""owed serve as a process: it says where it listens, answers, believes nobody without a secret, and ends when told."""

import re
import signal
from pathlib import Path

import requests

from tests.e2e.running import product

NOW = "2026-11-18T10:00:00Z"


def test_the_service_listens_answers_and_ends(tmp_path: Path) -> None:
    with product(tmp_path, "--now", NOW) as running:
        process = running.start("serve", "--port", "0", "--now", NOW, PYTHONUNBUFFERED="1")
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"books: (http://127\.0\.0\.1:\d+)/webhooks/books +\(webhook_secret is not set", line)
        assert found, line
        while "Ctrl-C" not in line:
            line = process.stdout.readline()
        try:
            answers = [requests.get(f"{found[1]}/readyz", timeout=10).status_code]
            answers.append(requests.post(f"{found[1]}/webhooks/books", data=b"{}", timeout=10).status_code)
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=20)
    assert answers == [200, 401]
