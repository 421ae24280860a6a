"""Many organisations, several worker processes, each broker: every hour is done once, whatever is killed or restarted.

That every slot ends up done says that nothing was lost; how often a round was finished says that nothing was doubled.
"""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.brokers import Server, rabbitmq, valkey
from tests.chaos.cluster import cluster
from tests.chaos.fleet import Fleet, running
from tests.postgresql import fresh_database

pytestmark = pytest.mark.long

MANY = 30


@pytest.fixture(params=["redis", "amqp", "postgresql"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    if request.param == "postgresql":
        with cluster(request.getfixturevalue("tmp_path_factory").mktemp("broker")) as found:
            yield Server(found.database("broker"), lambda: found.stop("fast"), found.start)
        return
    folder = tmp_path / "broker"
    folder.mkdir()
    with {"redis": valkey, "amqp": rabbitmq}[request.param](folder) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/owed.db"
    return fresh_database(request.getfixturevalue("postgresql"))


def all_done(fleet: Fleet, count: int = MANY) -> bool:
    return fleet.slots() == {"done": count}


def each_once(fleet: Fleet, kills: int = 0) -> None:
    """A worker that is killed between the end of a round and its receipt may have one round a thread done again."""
    rounds = fleet.rounds()
    assert len(rounds) <= MANY
    assert sum(rounds.values()) <= MANY + 2 * kills, rounds
    assert max(rounds.values()) <= 1 + kills


def test_two_workers_of_which_one_is_killed(tmp_path: Path, broker: Server, postgresql: str) -> None:
    with running(tmp_path, fresh_database(postgresql), broker.url, MANY) as fleet:
        victim = fleet.start()
        fleet.until(lambda: fleet.slots()["done"] >= MANY // 6)
        fleet.start()
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        assert not all_done(fleet), "it was killed half-way"
        fleet.until(lambda: all_done(fleet))
        each_once(fleet, kills=1)


def test_four_schedulers_under_kills(tmp_path: Path, store: str) -> None:
    """Each has a queue of its own, so that only the slots' rows keep them apart."""
    with running(tmp_path, store, "memory:", MANY) as fleet:
        for _ in range(4):
            fleet.start()
        kills = 0
        while kills < 3:
            fleet.until(lambda: fleet.slots()["done"] >= (kills + 1) * MANY // 5)  # noqa: B023  # asked at once
            fleet.workers[kills].kill()
            fleet.workers[kills].wait()
            kills += 1
            fleet.start()
        fleet.until(lambda: all_done(fleet))
        each_once(fleet, kills)


def test_a_broker_that_is_away_at_the_start_and_goes_away(tmp_path: Path, broker: Server) -> None:
    if not (broker.start and broker.stop):
        pytest.skip("this server is not ours to stop")
    broker.stop()
    with running(tmp_path, f"sqlite:///{tmp_path}/owed.db", broker.url, MANY) as fleet:
        fleet.start()
        fleet.until(lambda: "cannot be reached" in fleet.told())
        time.sleep(2)
        broker.start()
        fleet.until(lambda: fleet.slots()["done"] >= MANY // 6)
        broker.stop()
        broker.start()
        fleet.until(lambda: fleet.slots()["done"] >= MANY // 6)
        fleet.start()
        fleet.until(lambda: all_done(fleet))
        each_once(fleet)
        assert "Traceback" not in fleet.told()
        assert fleet.told().count("cannot be reached") <= 2, "one line each time"


def test_a_worker_that_is_told_to_stop_finishes_what_it_has_begun(tmp_path: Path, store: str) -> None:
    with running(tmp_path, store, "memory:", MANY) as fleet:
        first = fleet.start()
        fleet.until(lambda: fleet.slots()["done"] >= MANY // 6)
        first.terminate()
        assert first.wait(60) == 0
        assert fleet.slots().keys() == {"done", "waiting"}, "nothing is left half-way"
        fleet.start("--processes", "2")
        fleet.until(lambda: all_done(fleet))
        each_once(fleet)
