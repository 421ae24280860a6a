"""owed journal verify at the keyboard: unbroken, broken and where, and compared with a head that was kept elsewhere."""

import sqlite3
from contextlib import closing

import pytest

from tests.owed.conftest import Desk


def change(desk: Desk, statement: str) -> None:
    """As somebody would who can write to the file."""
    with closing(sqlite3.connect(desk.folder / "owed.db", isolation_level=None)) as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        database.execute(statement)


def test_a_kept_head_is_found_again_and_shows_a_cut_end(desk: Desk) -> None:
    desk.owed("stop")
    kept = desk.json("journal", "verify")["head"]
    number = desk.json("journal", "verify")["entries"]
    desk.owed("stop", "--lift")
    told = desk.owed("journal", "verify", "--head", kept.upper())
    assert f"the head that was kept is that of entry {number}: nothing up to there was changed or cut off" in told.out
    assert desk.json("journal", "verify", "--head", kept[:16])["kept"] == number
    change(desk, f"DELETE FROM journal_body WHERE number >= {number}")
    change(desk, f"DELETE FROM journal WHERE number >= {number}")
    assert "unbroken" in desk.owed("journal", "verify").out
    assert "the end was cut off" in desk.owed("journal", "verify", "--head", kept, code=1).err


@pytest.mark.parametrize("word", ["abc", "not-a-hash-at-all-here", "0x" + "0" * 62])
def test_what_is_no_head_is_a_mistake(desk: Desk, word: str) -> None:
    assert "expected the hash itself" in desk.owed("journal", "verify", "--head", word, code=2).err


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET at = 'some day' WHERE number = 2",
        "UPDATE journal SET actor = CAST(x'ff' AS TEXT) WHERE number = 2",
        "UPDATE journal_body SET body = '{}' || body WHERE number = 2",
    ],
)
def test_a_changed_entry_is_one_line_that_names_it(desk: Desk, statement: str) -> None:
    for _ in range(2):
        desk.owed("stop")
    change(desk, statement)
    assert desk.owed("journal", "verify", code=1).err.startswith("journal: entry 2 was changed after it was written")
