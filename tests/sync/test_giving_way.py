"""A platform that allows no more calls for now keeps its own organisation waiting, and nobody else's."""

import dataclasses
import datetime as dt
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.protocol import Clock
from owed.bootstrap import install
from store.engine import Store
from sync.actors import Work, declare
from sync.broker import Hands
from sync.cycle import Round
from sync.installation import Installation, Processes
from sync.schedule import slot_of
from tests.brokers import rabbitmq, valkey
from tests.postgresql import fresh_database
from tests.sync.conftest import MORNING, Office
from tests.waiting import until

OTHER = """[business]
id = "other"
name = "Harbour Boats Ltd"
timezone = "Europe/London"
country = "GB"
currency = "GBP"
[store]
url = "sqlite:///other.db"
"""


class Fleet:
    """See sync.actors.Fleet: one organisation whose platform allows few calls a minute, and others without any."""

    def __init__(self, office: Office, folder: Path) -> None:
        ours = office.installation
        self.clock: Clock = lambda: office.now
        self.moved = dt.timedelta()
        self.wall: Clock = lambda: ours.wall() + self.moved
        self.processes: Processes = ours.processes
        self.throttled = ours.business.id
        self._folder = folder
        self._ready = {self.throttled: dataclasses.replace(ours, wall=self.wall, sleep=self._sleep)}
        self.done: list[str] = []
        self.waits = 0
        self._nobody_else = threading.Event()

    def add(self, organisation: str) -> None:
        config = self._folder / f"{organisation}.toml"
        config.write_text(OTHER.replace("other", organisation))
        self._ready[organisation] = install(config, now=MORNING)

    def store(self, organisation: str) -> Store | None:
        return self._ready[organisation].store

    def installation(self, organisation: str, *, anew: bool) -> Installation | None:  # noqa: ARG002  # the protocol's
        return self._ready[organisation]

    def told(self, installation: Installation, done: Round) -> None:
        assert not [one.error for one in done.pulls if one.error]
        self.done.append(installation.business.id)
        if set(self.done) >= self._ready.keys() - {self.throttled}:
            self._nobody_else.set()

    def _sleep(self, seconds: float) -> None:
        """The minute ends when all others have had their turn."""
        if seconds > 1:
            self.waits += 1
            assert self._nobody_else.wait(60), "nobody else had a turn while this one waited"
        self.moved += dt.timedelta(seconds=seconds)


@pytest.fixture
def fleet(office: Office, tmp_path: Path) -> Fleet:
    office.settings("calls_per_minute = 100000", "calls_per_minute = 4")
    office.later(hours=2)
    return Fleet(office, tmp_path)


@pytest.mark.parametrize("others", [1, 3])
def test_while_one_waits_for_its_platform_the_others_have_their_turn(fleet: Fleet, others: int) -> None:
    """One thread for all of them; the one that waited goes on where it was, and its round is done."""
    names = [f"other{number}" for number in range(others)]
    for name in names:
        fleet.add(name)
    hands = Hands("memory:", threads=1)
    work = Work(fleet, fleet.told)
    actors = declare(hands, work)
    slot = slot_of(fleet.clock()).isoformat()
    for name in (fleet.throttled, *names):
        actors.round(name, slot)
    hands.start()
    hands.finish_all()
    hands.stop(work.is_idle)
    assert fleet.waits
    assert fleet.done == [*names, fleet.throttled]
    assert work.failures == 0


@pytest.fixture(params=["redis", "postgresql", pytest.param("amqp", marks=pytest.mark.long)])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a broker that other processes share."""
    if request.param == "postgresql":
        yield fresh_database(request.getfixturevalue("postgresql"))
        return
    folder = tmp_path / "broker"
    folder.mkdir()
    with {"redis": valkey, "amqp": rabbitmq}[request.param](folder) as server:
        yield server.url


def test_a_shared_broker_gives_more_hints_while_somebody_waits(shared: str) -> None:
    """It would hold them back until the first one is done with: a process gets as many as it has threads."""
    hands = Hands(shared, threads=1)
    hands.reach()
    others_are_done = threading.Event()
    done: list[str] = []

    def work(name: str) -> None:
        if name == "waits":
            with hands.stand_in():
                assert others_are_done.wait(60)
        done.append(name)
        if len(done) == 3:
            others_are_done.set()

    send = hands.declare("work", work, minutes=5, queue="rounds", priority=0)
    for name in ("waits", "one", "two", "three"):
        send(name)
    hands.start()
    until(lambda: len(done) == 4)
    hands.stop(lambda: False)
    assert done == ["one", "two", "three", "waits"]


def threads_at_work(hands: Hands) -> int:
    return sum(one.is_alive() for one in hands._worker.workers)


def test_who_stands_in_ends_when_the_other_is_back() -> None:
    hands = Hands("memory:", threads=2)
    hands.start()
    with hands.stand_in():
        with hands.stand_in():
            assert threads_at_work(hands) == 4
        *_, outer, inner = hands._worker.workers
        inner.join()
        assert threads_at_work(hands) == 3
    outer.join()
    with hands.stand_in():
        assert len(hands._worker.workers) == 3, "those that ended are forgotten"
    hands.stop(lambda: True)
    with hands.stand_in():
        assert threads_at_work(hands) == 0, "nobody begins anything while the process ends"


def test_there_is_an_end_to_standing_in() -> None:
    hands = Hands("memory:", threads=1)
    hands.start()
    waits = [hands.stand_in() for _ in range(40)]
    for one in waits:
        one.__enter__()
    assert threads_at_work(hands) == 33
    for one in waits:
        one.__exit__(None, None, None)
    hands.stop(lambda: True)
