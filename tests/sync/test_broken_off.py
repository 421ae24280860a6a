"""A round under which the database went away: nothing of it is lost, and it is begun again, later and later."""

import datetime as dt
from pathlib import Path

import pytest
import sqlalchemy as sa

from owed.fleet import Fleet, open_fleet
from receivables.commands import SendReminder
from store import outbox
from store.engine import open_engine
from sync.actors import Work, declare
from sync.broker import Hands
from sync.cycle import Round, approve, look, write_down
from sync.dispatch import Dispatcher
from sync.installation import Installation
from sync.recover import LEASE, abandon_dead_leases, abandon_own_leases
from tests.sync.conftest import MORNING, Office

_SETTINGS = """[business]
id = "harbour"
name = "Harbour Joinery Ltd"
timezone = "Europe/London"
country = "GB"
currency = "GBP"
[store]
url = "sqlite:///owed.db"
"""

AWAY = sa.exc.OperationalError("COMMIT", {}, Exception("server closed the connection unexpectedly"))


class Worker:
    """The parts of a worker's process, and real time in our hands. `failures` meet its rounds, one each."""

    def __init__(self, folder: Path, *, is_shared: bool, failures: list[Exception]) -> None:
        (folder / "owed.toml").write_text(_SETTINGS)
        self._store, self._failures = f"sqlite:///{folder}/owed.db", failures
        self.fleet: Fleet = open_fleet([folder / "owed.toml"], None, MORNING)
        self.at = self.fleet.wall()
        self.fleet.wall = lambda: self.at
        self.hands = Hands("memory:")
        self.work = Work(self.fleet, self._told, self.fleet.is_away)
        actors = declare(self.hands, self.work)
        self._dispatcher = Dispatcher(actors, self.fleet.clock, self.fleet.wall, self.fleet.processes, is_shared)
        self.hands.start()

    def after(self, seconds: float) -> int:
        """Look at the rows so much later; how many rounds were begun."""
        self.at += dt.timedelta(seconds=seconds)
        (group,) = self.fleet.groups()
        sent = self._dispatcher.dispatch(self.fleet.group(*group))
        self.hands.finish_all()
        return sent

    def slot(self) -> str:
        engine = open_engine(self._store)
        with engine.connect() as connection:
            state = str(connection.execute(sa.text("SELECT state FROM slot")).scalar_one())
        engine.dispose()
        return state

    def _told(self, _: Installation, __: Round) -> None:
        if self._failures:
            raise self._failures.pop(0)


@pytest.fixture(params=[False, True], ids=["own queue", "shared queue"])
def is_shared(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def test_it_is_begun_again_after_one_two_four_seconds(tmp_path: Path, is_shared: bool) -> None:
    worker = Worker(tmp_path, is_shared=is_shared, failures=[AWAY, AWAY, AWAY])
    assert worker.after(0) == 1
    assert (worker.slot(), worker.work.has_broken_off) == ("claimed", True)
    assert [worker.after(seconds) for seconds in (0.5, 0.5, 1, 1, 3, 1)] == [0, 1, 0, 1, 0, 1]
    assert (worker.slot(), worker.work.has_broken_off) == ("done", False)
    assert worker.after(3600) == 0
    worker.hands.stop(worker.work.is_idle)


def test_what_is_our_own_defect_is_not_begun_again(tmp_path: Path, is_shared: bool) -> None:
    worker = Worker(tmp_path, is_shared=is_shared, failures=[ValueError("a defect")])
    assert worker.after(0) == 1
    assert (worker.slot(), worker.work.has_broken_off) == ("failed", False)
    assert worker.after(3600) == 0
    worker.hands.stop(worker.work.is_idle)


def test_what_it_was_sending_is_in_doubt_and_that_of_others_is_theirs(office: Office) -> None:
    office.go_live()
    ours = office.installation
    seen, made = look(ours)
    mine, theirs, *_ = [one for one in write_down(ours, seen, made) if isinstance(one.command, SendReminder)]
    approve(ours, [mine, theirs], "test")
    with ours.store.write() as tx:
        for one, owner in ((mine, ours.processes.name), (theirs, "elsewhere/1/1")):
            row = outbox.get(tx, one.id)
            assert row is not None
            assert outbox.claim(
                tx,
                office.now,
                row,
                owner=owner,
                wall=ours.wall(),
                lease=LEASE,
                command=row.command,
                before={},
                key=row.id,
            )
    assert abandon_dead_leases(ours) == 0, "both live"
    assert abandon_own_leases(ours) == 1
    states = {one.id: one.state for one in office.effects()}
    assert (states[mine.id], states[theirs.id]) == ("uncertain", "sending")
