"""The database's server is away when a worker starts, and is restarted while it works: one line, and nothing is lost."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from owed.bootstrap import install
from owed.cli.options import instant
from store import journal, outbox
from tests.chaos.cluster import Cluster, Mode, cluster
from tests.chaos.fleet import running
from tests.chaos.one_hour import NOW, mails, slot_is_done
from tests.chaos.verdict import judge
from tests.e2e.running import product
from tests.waiting import until

pytestmark = pytest.mark.long

MANY = 30
AWAY, BACK = re.compile("^the database.* cannot be used:.*nothing is lost$", re.MULTILINE), "the database is back"


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("cluster")) as found:
        yield found


def test_away_at_the_start(tmp_path: Path, server: Cluster) -> None:
    store = server.database("owed")
    server.stop("fast")
    with running(tmp_path, store, "memory:", MANY) as fleet:
        fleet.start()
        fleet.until(lambda: bool(AWAY.search(fleet.told())))
        time.sleep(2)
        server.start()
        fleet.until(lambda: fleet.slots() == {"done": MANY})
        assert set(fleet.rounds().values()) == {1}
        assert len(fleet.rounds()) == MANY
        assert (len(AWAY.findall(fleet.told())), fleet.told().count(BACK)) == (1, 1)
        assert "Traceback" not in fleet.told()


def test_away_at_the_start_of_a_worker_for_one(tmp_path: Path, server: Cluster) -> None:
    store = server.database("owed")
    server.stop("fast")
    with running(tmp_path, store, "memory:", 1) as fleet:
        fleet.start()
        fleet.until(lambda: bool(AWAY.search(fleet.told())))
        server.start()
        fleet.until(lambda: fleet.slots() == {"done": 1})
        assert (len(AWAY.findall(fleet.told())), fleet.told().count(BACK)) == (1, 1)


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_restarted_while_a_fleet_works(tmp_path: Path, server: Cluster, mode: Mode) -> None:
    with running(tmp_path, server.database("owed"), "memory:", MANY) as fleet:
        fleet.start()
        for number in (1, 2, 3):
            fleet.until(lambda: fleet.slots()["done"] >= number * MANY // 5)  # noqa: B023  # asked at once
            server.stop(mode)
            time.sleep(1)
            server.start()
        fleet.until(lambda: fleet.slots() == {"done": MANY})
        assert len(fleet.rounds()) == MANY
        assert sum(fleet.rounds().values()) <= MANY + 2 * 3, (
            "a round whose receipt was lost is done again, one a thread"
        )
        assert "Traceback" not in fleet.told()
        assert 1 <= len(AWAY.findall(fleet.told())) <= 3, "one line each time"
        assert fleet.told().count(BACK) == len(AWAY.findall(fleet.told()))


def without_limits(settings: str) -> str:
    """Each round that is begun again reads everything once more; waiting for a platform's minute proves nothing here."""
    free = "limits = { calls_per_second = 100000, calls_per_minute = 100000, calls_per_day = 100000 }"
    return re.sub(r'(platform = "(?:xero|quickbooks|stripe)")', rf"\1\n{free}", re.sub(r"\nlimits = .*", "", settings))


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_restarted_while_messages_leave(
    tmp_path: Path, server: Cluster, mode: Mode, request: pytest.FixtureRequest
) -> None:
    """The outside world keeps its own count."""
    with product(tmp_path, "--now", NOW, store=server.database("owed")) as office:
        config = tmp_path / "owed.toml"
        text = config.read_text().replace("[sending]\n", "[sending]\nramp_start = 40\n")
        config.write_text(re.sub("settle_seconds = 2 ", "settle_seconds = 1 ", without_limits(text)))
        office.tell("/limits", enabled=False)
        office.connect(NOW)
        office.owed("sync", "--now", NOW)
        office.owed("golive", "--yes", "--now", NOW)
        worker = office.start("worker", "--now", NOW)
        request.addfinalizer(worker.kill)
        for wanted in (3, 8):
            until(lambda: mails(office) >= wanted)  # noqa: B023  # asked at once
            assert not slot_is_done(config), "it is in the middle of it"
            server.restart(mode)
        until(lambda: slot_is_done(config))
        worker.terminate()
        _, err = worker.communicate(timeout=60)
        ours = install(config, now=instant(NOW))
        with ours.store.read() as tx:
            rows, fault = outbox.listed(tx), journal.verify(tx).fault
        ours.store.close()
        verdict = judge(rows, office.ask("/effects.json"), office.ask("/mailbox.json"))
    assert (verdict.violations, fault) == ([], "")
    assert sum(row.verb == "send_reminder" and row.state == "sent" for row in rows) >= 8
    assert worker.returncode == 0, err
    assert "Traceback" not in err
    assert 1 <= len(AWAY.findall(err)) <= 2
    assert err.count(BACK) == len(AWAY.findall(err))
