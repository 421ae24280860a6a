"""The demo's work by two worker processes that share a broker and a PostgreSQL; the one that does it is killed."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from owed.bootstrap import install
from owed.cli.options import instant
from store import journal, outbox
from tests.brokers import Server, rabbitmq, valkey
from tests.chaos.one_hour import NOW, mails, slot_is_done
from tests.chaos.verdict import judge
from tests.e2e.running import product
from tests.postgresql import fresh_database
from tests.waiting import until

pytestmark = pytest.mark.long


@pytest.fixture(params=["redis", "amqp"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    folder = tmp_path / "broker"
    folder.mkdir()
    with {"redis": valkey, "amqp": rabbitmq}[request.param](folder) as server:
        yield server


def test_the_other_worker_ends_what_a_killed_one_began(
    tmp_path: Path, broker: Server, postgresql: str, request: pytest.FixtureRequest
) -> None:
    with product(tmp_path, "--now", NOW, store=fresh_database(postgresql)) as running:
        config = tmp_path / "owed.toml"
        text = config.read_text().replace("[sending]\n", f'[worker]\nbroker = "{broker.url}"\n\n[sending]\n')
        config.write_text(re.sub("settle_seconds = 2 ", "settle_seconds = 1 ", text))
        running.connect(NOW)
        running.owed("sync", "--now", NOW)
        running.owed("golive", "--yes", "--now", NOW)
        workers = {name: running.start("worker", "--now", NOW) for name in ("first", "second")}
        for process in workers.values():
            request.addfinalizer(process.kill)
        until(lambda: mails(running) >= 3)
        ours = install(config, now=instant(NOW))
        with ours.store.engine.connect() as connection:
            owner = connection.exec_driver_sql("SELECT owner FROM slot").scalar_one()
        ours.store.close()
        busy = next(name for name, process in workers.items() if f"/{process.pid}/" in owner)
        workers[busy].kill()
        assert not slot_is_done(config), "it was killed half-way"
        until(lambda: slot_is_done(config))
        other = next(process for name, process in workers.items() if name != busy)
        other.terminate()
        told = other.communicate(timeout=60)
        workers[busy].communicate()
        assert other.returncode == 0, told
        ours = install(config, now=instant(NOW))
        with ours.store.read() as tx:
            rows, fault = outbox.listed(tx), journal.verify(tx).fault
        ours.store.close()
        verdict = judge(rows, running.ask("/effects.json"), running.ask("/mailbox.json"))
    assert (verdict.violations, fault) == ([], "")
    assert sum(row.verb == "send_reminder" and row.state == "sent" for row in rows) >= 3
    assert "messages:" in told[0]
