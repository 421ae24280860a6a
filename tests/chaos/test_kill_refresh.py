"""kill -9 while a token is renewed: Xero's refresh token can be used once, and the connection survives all the same.

The process dies before the request, while Xero works on it, or after Xero has given the new token to nobody.
"""

import random
import time
from pathlib import Path

import pytest

from tests.e2e.running import Product, product

pytestmark = pytest.mark.long

KILLS = 6
NOW = "2026-11-18T10:00:00Z"
#: Xero's access tokens live for 30 minutes.
AN_AGE = 31 * 60


def test_a_connection_survives_a_kill_at_any_moment_of_a_refresh(tmp_path: Path) -> None:
    chance = random.Random(20261119)
    lost = 0
    with product(tmp_path, "--now", NOW) as running:
        running.connect(NOW)
        running.owed("sync", "books", "--now", NOW)
        for number in range(KILLS):
            running.tell("/clock", advance_seconds=AN_AGE)
            before = renewals(running.ask("/calls.json"))
            slow = {"kind": "hang", "seconds": 0.8} if number % 2 else {"kind": "lost"}
            running.tell("/faults", platform="xero", path="connect/token", count=1, **slow)
            process = running.start("sync", "books", "--now", NOW)
            wait_for_a_renewal(running, before)
            time.sleep(chance.uniform(0.0, 0.9) if number % 2 else chance.uniform(0.0, 0.1))
            process.kill()
            process.communicate()
            lost += renewals(running.ask("/calls.json")) > before
            reports = running.json("sync", "books", "--now", NOW)
            assert [one["error"] for one in reports] == [""], "reconnecting was not needed"
    assert lost == KILLS, "each kill came while the token was renewed, or just after"


def renewals(calls: dict[str, dict[str, int]]) -> int:
    return sum(count for label, count in calls.get("xero", {}).items() if "connect/token" in label)


def wait_for_a_renewal(running: Product, before: int) -> None:
    deadline = time.monotonic() + 20
    while renewals(running.ask("/calls.json")) <= before:
        assert time.monotonic() < deadline, "no token was renewed"
        time.sleep(0.01)
