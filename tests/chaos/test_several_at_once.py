"""Three `owed apply` at the same moment on one store: every message leaves once."""

from collections import Counter
from pathlib import Path

import pytest

from tests.e2e.running import product
from tests.postgresql import fresh_database

pytestmark = pytest.mark.long

NOW = "2026-11-18T10:00:00Z"


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_three_workers_send_each_message_once(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    store = "sqlite:///owed.db"
    if engine == "postgresql":
        store = fresh_database(request.getfixturevalue("postgresql"))
    with product(tmp_path, "--now", NOW, store=store) as running:
        running.connect(NOW)
        running.owed("sync", "--now", NOW)
        running.owed("golive", "--yes", "--now", NOW)
        workers = [running.start("apply", "--yes", "--now", NOW) for _ in range(3)]
        told = [worker.communicate(timeout=120) for worker in workers]
        mails = running.ask("/mailbox.json")
        rows = running.json("outbox", "list", "--now", NOW)
        fault = running.json("journal", "verify", "--now", NOW)["fault"]
    assert not any("Traceback" in err for _, err in told), told
    assert set(Counter(mail["headers"]["Message-ID"] for mail in mails).values()) == {1}
    assert set(Counter((mail["to"][0], mail["subject"]) for mail in mails).values()) == {1}
    sent = [row for row in rows if row["verb"] == "send_reminder" and row["state"] == "sent"]
    assert len(sent) == len(mails) >= 10
    assert max(Counter(row["intent"] for row in rows).values()) == 1
    assert fault == ""
