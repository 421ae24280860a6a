"""The files of a fleet's folder come, change, break and go while a worker runs; nobody else notices."""

import datetime as dt
import logging
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from owed.errors import Mistake
from owed.fleet import Fleet, open_fleet
from store.engine import open_engine
from sync.actors import Work
from tests.owed.conftest import MORNING, run

_GOOD = """[business]
id = "{id}"
name = "{name}"
timezone = "Europe/London"
country = "GB"
currency = "GBP"
[store]
url = "sqlite:///owed.db"
"""

BROKEN = {
    "no TOML": "\n[[policy\n",
    "a bad rule": '\n[[policy]]\nname = "x"\n[[policy.step]]\nname = "y"\ndays_after_due = "soon"\n',
    "an unknown key": "\n[matching]\ncolour = 3\n",
    "several at once": "\n[matching]\ncolour = 3\nshape = 4\n",
}


class Folder:
    """A folder of settings files, the worker's part that reads them, and what it has told."""

    def __init__(self, place: Path) -> None:
        self.place, self.lines = place, list[str]()
        self.place.mkdir()

    def write(self, name: str, title: str, broken: str = "") -> Path:
        path = self.place / f"{name}.toml"
        path.write_text(_GOOD.format(id=name, name=title) + broken)
        return path

    def open(self) -> Fleet:
        return open_fleet([], self.place, MORNING)

    def hour(self, fleet: Fleet, number: int) -> None:
        """What a worker does in an hour: look at the files twice, and do the rounds of all that it serves."""
        work = Work(fleet, lambda _, __: None)
        for _ in range(2):
            fleet.tenants.look()
        for organisation in fleet.tenants.by_organisation:
            work.round(organisation, (MORNING + dt.timedelta(hours=number)).isoformat())

    def slots(self, organisation: str) -> Counter[str]:
        engine = open_engine(f"sqlite:///{self.place}/owed.db")
        with engine.connect() as connection:
            rows = connection.execute(sa.text("SELECT state FROM slot WHERE organisation = :id"), {"id": organisation})
            found = Counter(rows.scalars())
        engine.dispose()
        return found


class _Kept(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(record.getMessage())


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    made, log = Folder(tmp_path / "fleet"), logging.getLogger("owed.worker")
    handler = _Kept(made.lines)
    log.addHandler(handler)
    yield made
    log.removeHandler(handler)


def name_in_force(fleet: Fleet, organisation: str) -> str:
    found = fleet.installation(organisation, anew=True)
    assert found is not None
    return found.business.name


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_change_with_a_problem_leaves_the_version_before_in_force(folder: Folder, broken: str) -> None:
    path = folder.write("a", "First")
    folder.write("b", "Other")
    fleet = folder.open()
    folder.hour(fleet, 0)
    folder.write("a", "Second", broken)
    folder.hour(fleet, 1)
    folder.hour(fleet, 2)
    (line,) = folder.lines
    assert re.fullmatch(rf"{re.escape(str(path))}:\d+:\d+: .+; what stood there before stays in force", line)
    assert name_in_force(fleet, "a") == "First"
    folder.write("a", "Third")
    folder.hour(fleet, 3)
    assert folder.lines[1:] == [f"{path}: mended; what stands there now is in force"]
    assert name_in_force(fleet, "a") == "Third"
    assert folder.slots("a") == folder.slots("b") == {"done": 4}


def test_that_holds_for_one_of_many_that_are_not_kept_ready(folder: Folder) -> None:
    folder.write("a", "First")
    for number in range(66):
        folder.write(f"t{number}", "Other")
    fleet = folder.open()
    folder.hour(fleet, 0)
    folder.write("a", "Second", BROKEN["a bad rule"])
    folder.hour(fleet, 1)
    assert name_in_force(fleet, "a") == "First"
    assert folder.slots("a") == {"done": 2}


def test_a_broken_file_cannot_take_its_organisation_elsewhere(folder: Folder) -> None:
    path = folder.write("a", "First")
    fleet = folder.open()
    folder.hour(fleet, 0)
    text = path.read_text().replace('id = "a"', 'id = "z"').replace("owed.db", "other.db")
    path.write_text(text + BROKEN["a bad rule"])
    folder.hour(fleet, 1)
    assert list(fleet.tenants.by_organisation) == ["a"]
    assert folder.slots("a") == {"done": 2}
    path.write_text(text)
    folder.hour(fleet, 2)
    assert list(fleet.tenants.by_organisation) == ["z"]
    assert (folder.place / "other.db").exists()


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_new_file_that_is_broken_from_the_start_stops_nobody_else(folder: Folder, broken: str) -> None:
    folder.write("a", "First")
    fleet = folder.open()
    folder.hour(fleet, 0)
    path = folder.write("b", "Broken", broken)
    folder.hour(fleet, 1)
    folder.hour(fleet, 2)
    (line,) = folder.lines
    assert re.fullmatch(rf"{re.escape(str(path))}:\d+:\d+: .+; nothing is done for it until that is mended", line)
    assert folder.slots("a") == {"done": 3}
    assert folder.slots("b")["done"] == 0
    folder.write("b", "Mended")
    folder.hour(fleet, 3)
    assert folder.lines[1:] == [f"{path}: mended; what stands there now is in force"]
    assert folder.slots("b")["done"] == 1


def test_another_problem_is_another_line(folder: Folder) -> None:
    folder.write("a", "First")
    fleet = folder.open()
    for broken in BROKEN.values():
        folder.write("a", "Second", broken)
        fleet.tenants.look()
    assert len(folder.lines) == len(BROKEN)


def test_a_file_that_is_gone_takes_its_organisation_with_it(folder: Folder) -> None:
    path = folder.write("a", "First")
    folder.write("b", "Other")
    fleet = folder.open()
    folder.hour(fleet, 0)
    path.unlink()
    folder.hour(fleet, 1)
    assert [organisations for _, organisations in fleet.groups()] == [("b",)]
    assert fleet.installation("a", anew=False) is None, "a hint that is still on its way changes nothing"
    assert folder.slots("a") == {"done": 1}
    assert folder.slots("b") == {"done": 2}
    folder.write("a", "Back")
    folder.hour(fleet, 2)
    assert name_in_force(fleet, "a") == "Back"
    assert folder.slots("a") == {"done": 2}
    assert folder.lines == []


def test_a_broken_file_that_went_and_came_back_is_told_of_again(folder: Folder) -> None:
    folder.write("a", "First")
    fleet = folder.open()
    for _ in range(2):
        path = folder.write("b", "Broken", BROKEN["no TOML"])
        fleet.tenants.look()
        path.unlink()
        fleet.tenants.look()
    assert len(folder.lines) == 2


def test_a_folder_that_is_away_for_a_while_stops_nobody(folder: Folder, tmp_path: Path) -> None:
    folder.write("a", "First")
    fleet = folder.open()
    folder.place.rename(tmp_path / "elsewhere")
    for _ in range(2):
        fleet.tenants.look()
    assert list(fleet.tenants.by_organisation) == ["a"]
    (tmp_path / "elsewhere").rename(folder.place)
    fleet.tenants.look()
    assert [line.removeprefix(str(folder.place)) for line in folder.lines] == [
        ": No such file or directory; its organisations are served as before",
        " can be read again",
    ]


def test_a_folder_that_is_not_there_at_the_start_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(Mistake, match="No such file"):
        open_fleet([], tmp_path / "nowhere", MORNING)


def test_as_a_command(folder: Folder) -> None:
    folder.write("a", "First")
    path = folder.write("b", "Broken", BROKEN["no TOML"])
    told = run("worker", "--fleet", str(folder.place), "--once", "--now", MORNING.isoformat())
    assert told.code == 0
    assert folder.slots("a") == {"done": 1}
    assert told.err.count("\n") == 1
    assert told.err.startswith(f"{path}:10:9: not TOML")


def test_a_file_that_is_named_has_to_be_right_at_the_start(folder: Folder) -> None:
    path = folder.write("a", "First", BROKEN["a bad rule"])
    told = run("worker", "--config", str(path), "--once", "--now", MORNING.isoformat())
    assert told.code == 2
    assert told.err.startswith(f"{path}:14:18: ")
    assert folder.lines == [], "it is said once"
