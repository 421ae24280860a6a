"""A backup at the keyboard: made while owed works, restored into an empty folder, and nothing goes out twice."""

import datetime as dt
import shutil
from pathlib import Path

import pytest

from tests.owed.conftest import Desk


@pytest.fixture
def copied(desk: Desk) -> Path:
    """A backup of a desk where one message was sent and the others were approved, but have not left."""
    desk.settings(r"ramp_start = \d+|\[sending\]", "[sending]\nramp_start = 1")
    desk.go_live("--release", "all")
    desk.owed("apply", "--yes")
    assert desk.effects("approved"), "the first day's ramp holds the others back"
    file = desk.folder / "store.backup"
    told = desk.owed("backup", str(file))
    assert "journal of" in told.out
    assert "keep the key file too" in told.err
    return file


def moved(desk: Desk, folder: Path) -> Desk:
    """The same settings and key on another machine, with an empty store."""
    folder.mkdir()
    for name in ("owed.toml", "owed.key"):
        shutil.copy(desk.folder / name, folder)
    return Desk(folder, desk.sandbox, desk.now)


def test_after_a_restore_nothing_is_sent_twice(desk: Desk, copied: Path, tmp_path: Path) -> None:
    other = moved(desk, tmp_path / "other")
    doubtful = len(desk.effects("approved", "planned"))
    told = other.owed("restore", str(copied))
    assert f"{doubtful} open effects now need a person's word" in told.out
    assert other.json("journal", "verify")["fault"] == ""
    before = len(desk.mails())
    assert "stopped" in other.owed("apply", "--yes", code=2).err
    other.owed("stop", "--lift")
    other.owed("apply", "--yes")
    other.owed("worker", "--once")
    assert len(desk.mails()) == before
    assert other.json("status")["needs_person"] == doubtful
    assert not other.effects("approved", "sending")


def test_what_is_planned_after_a_restore_waits_for_approval(desk: Desk, tmp_path: Path) -> None:
    desk.go_live("--release", "all")
    desk.owed("backup", str(desk.folder / "store.backup"))
    desk.owed("apply", "--yes")  # after the backup: the restored store knows nothing of it
    sent = len(desk.mails())
    other = moved(desk, tmp_path / "other")
    other.owed("restore", str(desk.folder / "store.backup"))
    other.owed("stop", "--lift")
    other.owed("worker", "--once")
    assert len(desk.mails()) == sent
    assert [one.verb for one in other.effects("planned") if one.verb.startswith("send_")]


def test_a_restore_without_the_key_says_so_at_once_and_later(desk: Desk, copied: Path, tmp_path: Path) -> None:
    other = moved(desk, tmp_path / "other")
    key = other.folder / "owed.key"
    key.unlink()
    assert f"put the key file of this store back to {key} first" in other.owed("restore", str(copied)).err
    assert "locked" in other.owed("status").out
    shutil.copy(desk.folder / "owed.key", key)
    assert "locked" not in other.owed("status").out


@pytest.fixture
def restored(desk: Desk, tmp_path: Path) -> Desk:
    """Another machine with a backup that knows nothing of what left after it was made."""
    desk.go_live("--release", "all")
    desk.owed("backup", str(desk.folder / "store.backup"))
    desk.owed("apply", "--yes")
    assert desk.mails()
    other = moved(desk, tmp_path / "other")
    other.owed("restore", str(desk.folder / "store.backup"))
    return other


def works_for_two_hours(desk: Desk, days: int = 0) -> None:
    """What was not approved in time is taken back in the first, and planned anew in the second."""
    desk.now += dt.timedelta(days=days)
    for _ in range(2):
        desk.now += dt.timedelta(hours=1)
        desk.owed("worker", "--once")


def test_a_stop_that_is_lifted_weeks_later_releases_nothing_by_itself(restored: Desk) -> None:
    sent = restored.mails()
    restored.now += dt.timedelta(days=15)
    restored.owed("stop", "--lift")
    works_for_two_hours(restored)
    assert restored.mails() == sent


def test_what_nobody_answers_is_planned_anew_and_goes_on_waiting(restored: Desk) -> None:
    """Only what came due later leaves by itself: the word before the due date of an invoice that was not due soon."""
    sent = restored.mails()
    restored.owed("stop", "--lift")
    for days in (0, 8, 8):
        works_for_two_hours(restored, days)
        assert [one.verb for one in restored.effects("planned") if one.verb.startswith("send_")]
    (new,) = restored.mails()[len(sent) :]
    assert "A-101" in new["text"]
    assert "A-100" not in new["text"]


def test_a_database_brought_back_by_its_own_means_is_made_safe_too(desk: Desk) -> None:
    """A copy of the file, or PostgreSQL's own backup: owed cannot see it, and is told."""
    desk.go_live("--release", "all")
    shutil.copy(desk.folder / "owed.db", desk.folder / "copy.db")
    desk.owed("apply", "--yes")
    sent = desk.mails()
    for path in desk.folder.glob("owed.db*"):
        path.unlink()
    shutil.copy(desk.folder / "copy.db", desk.folder / "owed.db")
    assert "look first" in desk.owed("stop", "--restored", "--lift", code=2).err
    assert "need a person's word" in desk.owed("stop", "--restored").out
    desk.owed("stop", "--lift")
    works_for_two_hours(desk)
    assert desk.mails() == sent
    assert [entry["event"] for entry in desk.json("journal", "list")].count("restored") == 1


def test_a_store_in_use_is_not_replaced(desk: Desk, copied: Path) -> None:
    assert "the store is not empty" in desk.owed("restore", str(copied), code=2).err
    assert "is there already" in desk.owed("backup", str(copied), code=2).err
    assert "a folder that is there" in desk.owed("backup", str(copied.parent / "none" / "b.zip"), code=2).err


@pytest.mark.parametrize("content", [b"", b"not a backup"])
def test_another_file_is_refused(desk: Desk, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    other = moved(desk, tmp_path / "other")
    assert "not a backup of owed" in other.owed("restore", str(tmp_path / "file"), code=2).err
    assert "no such file" in other.owed("restore", str(tmp_path / "missing"), code=2).err
