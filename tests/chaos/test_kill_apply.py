"""kill -9 of `owed apply` at random moments: keyed and readable channels act exactly once, SMTP at most once.

The sandbox keeps its own count of what it did; nothing that owed believes is trusted here.
"""

import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.running import Product, product

pytestmark = pytest.mark.long

KILLS = 20
NOW = "2026-11-18T10:00:00Z"

RULES = """
[[policy]]
name = "by the books' own e-mail"
per = "invoice"
when = { platform = { in = ["xero", "quickbooks"] }, days_past_due = { lte = 20 } }
[[policy.step]]
name = "platform"
days_after_due = 1
channel = "platform"

[[policy]]
name = "by our own e-mail"
[[policy.step]]
name = "friendly"
days_after_due = 1
"""


def kill_at_a_random_moment(running: Product, chance: random.Random) -> bool:
    """True when the process was still at work."""
    process = running.start("apply", "--yes", "--now", NOW)
    time.sleep(chance.uniform(1.4, 3.4))
    alive = process.poll() is None
    process.kill()
    process.communicate()
    return alive


def finish(running: Product) -> None:
    """Run it undisturbed until nothing moves any more; what is over today's number of messages stays approved."""
    before: Counter[str] = Counter()
    for _ in range(8):
        running.start("apply", "--yes", "--now", NOW).communicate(timeout=200)
        states = Counter(row["state"] for row in running.json("outbox", "list", "--now", NOW))
        if states == before and not states.keys() & {"sending", "uncertain"}:
            return
        before = states
    raise AssertionError(f"the outbox does not come to rest: {before}")


def test_every_effect_happens_once_whatever_is_killed_when(tmp_path: Path) -> None:
    chance = random.Random(20261118)
    with product(tmp_path, "--now", NOW, rules=RULES) as running:
        settings = tmp_path / "owed.toml"
        settings.write_text(settings.read_text().replace("[sending]\n", "[sending]\nramp_start = 30\n"))
        running.connect(NOW)
        running.owed("sync", "--now", NOW)
        running.owed("golive", "--yes", "--now", NOW)
        killed = sum(kill_at_a_random_moment(running, chance) for _ in range(KILLS))
        finish(running)
        rows = running.json("outbox", "list", "--now", NOW)
        mails, effects = running.ask("/mailbox.json"), running.ask("/effects.json")
        assert running.json("journal", "verify", "--now", NOW)["fault"] == ""
    assert killed >= KILLS // 2, "most runs were killed while they worked"
    by_smtp(rows, mails)
    by_platform(rows, effects)


def of(rows: list[dict[str, Any]], verb: str, state: str) -> list[dict[str, Any]]:
    return [row for row in rows if row["verb"] == verb and row["state"] == state]


def by_smtp(rows: list[dict[str, Any]], mails: list[dict[str, Any]]) -> None:
    """At most once; what is not surely sent is listed for a person."""
    ours = Counter(mail["headers"]["Message-ID"] for mail in mails if mail["via"] == "smtp")
    told = Counter((tuple(mail["to"]), mail["subject"]) for mail in mails if mail["via"] == "smtp")
    sent, doubtful = of(rows, "send_reminder", "sent"), of(rows, "send_reminder", "needs_human")
    assert set(ours.values()) <= {1}
    assert set(told.values()) <= {1}
    assert len(sent) <= len(ours) <= len(sent) + len(doubtful)
    assert sent


def by_platform(rows: list[dict[str, Any]], effects: list[dict[str, Any]]) -> None:
    """Exactly once for every row that is sent, and never for one that is not."""
    kinds = {"email": "send_invoice_email", "note": "add_note", "metadata": "add_note"}
    done = Counter(
        (kinds[one["kind"]], one["platform"], one["target"].rpartition("/")[2])
        for one in effects
        if one["kind"] in kinds and one["platform"] != "smtp"
    )
    platforms = {"books": "xero", "ledger": "quickbooks", "cards": "stripe"}
    wanted = Counter(
        (row["verb"], platforms[row["connection"]], row["subjects"][0].split(":")[2])
        for row in rows
        if row["verb"] in kinds.values() and row["state"] == "sent"
    )
    assert done == wanted
    assert {verb for verb, _, _ in done} == set(kinds.values())
    links = [one for one in effects if one["kind"] == "payment_link"]
    at_stripe = [row for row in of(rows, "create_payment_link", "sent") if row["connection"] == "cards"]
    assert len(links) == len(at_stripe)
    assert [row for row in rows if row["state"] == "needs_human" and row["verb"] != "send_reminder"] == []
