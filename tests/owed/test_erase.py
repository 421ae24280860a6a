"""Erasing a customer's data: nothing of it is left in any table or in the file, and it does not come back."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import zstandard

from store import journal
from sync.assess import assess
from tests.owed.conftest import Desk

#: Of Brook & Sons, whose debts at Xero are B-100 (open) and B-099 (paid).
WORDS = ("brook & sons", "pay@brook.example")


@contextmanager
def database_of(desk: Desk) -> Iterator[sqlite3.Connection]:
    """Committed and closed at the end."""
    with closing(sqlite3.connect(desk.folder / "owed.db")) as database, database:
        yield database


def everything_in(desk: Desk) -> str:
    """Every value of every table, archived records unpacked, in small letters."""
    found = []
    with database_of(desk) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for row in database.execute(f'SELECT * FROM "{table}"'):
                found += [_text(table, value) for value in row]
    return "\n".join(found).casefold()


def _text(table: str, value: object) -> str:
    if isinstance(value, bytes) and table == "raw":
        return zstandard.ZstdDecompressor().decompress(value).decode()
    return str(value)


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.glob("owed.db*")))


def reminded(desk: Desk) -> None:
    desk.go_live("--release", "all")
    desk.owed("apply", "--yes")
    assert any(mail["to"] == ["pay@brook.example"] or "brook" in str(mail).casefold() for mail in desk.mails())


def test_an_open_debt_stands_in_the_way(desk: Desk) -> None:
    told = desk.owed("erase", "Brook & Sons", "--yes", code=2)
    assert "invoice B-100: 500.00 GBP is open" in told.err
    assert WORDS[0] in everything_in(desk)


def test_force_needs_a_reason(desk: Desk) -> None:
    assert desk.owed("erase", "Brook & Sons", "--yes", "--force", code=2).err == "--force needs --reason\n"


def test_nothing_is_erased_without_a_yes(desk: Desk) -> None:
    desk.owed("erase", "Brook & Sons", "--force", "--reason", "asked", answers="n\n", code=2)
    assert WORDS[0] in everything_in(desk)


def test_nothing_is_left_of_whom_was_erased_and_the_journal_is_whole(desk: Desk) -> None:
    reminded(desk)
    desk.owed("hold", "Brook & Sons", "--reason", "Brook & Sons asked for time, write to pay@brook.example")
    before = everything_in(desk)
    assert all(word in before for word in WORDS)
    told = desk.owed("erase", "Brook & Sons", "--yes", "--force", "--reason", "request of 18 November")
    assert "the journal is unbroken" in told.out
    after = everything_in(desk)
    assert [word for word in WORDS if word in after] == []
    bytes_left = on_disk(desk.folder)
    assert b"pay@brook.example" not in bytes_left
    assert b"Brook & Sons" not in bytes_left
    verdict = desk.json("journal", "verify")
    assert verdict["fault"] == ""


def test_others_keep_what_is_theirs(desk: Desk) -> None:
    reminded(desk)
    desk.owed("hold", "Delta Dental", "--reason", "on holiday")
    differences = {one["key"] for one in desk.json("breaks")}
    before = {one["number"]: one for one in desk.json("invoices") if one["number"] != "B-100"}
    desk.owed("erase", "Brook & Sons", "--yes", "--force", "--reason", "asked")
    after = {one["number"]: one for one in desk.json("invoices") if one["number"] != "B-100"}
    assert after == before
    desk.owed("reconcile")
    assert {one["key"] for one in desk.json("breaks")} == differences, "what was erased still matches"
    left = everything_in(desk)
    assert "ap@acme.example" in left
    assert "on holiday" in left
    with desk.installation.store.read() as tx:
        told = [entry for entry in journal.entries(tx) if entry.subject.startswith("cards:customer")]
    assert told
    assert all(entry.body for entry in told)


def test_the_next_pull_does_not_bring_it_back_and_amounts_stay(desk: Desk) -> None:
    desk.owed("erase", "Brook & Sons", "--yes", "--force", "--reason", "asked")
    with database_of(desk) as database:
        database.execute("DELETE FROM cursor")
    desk.owed("sync", "books")
    left = everything_in(desk)
    assert [word for word in WORDS if word in left] == []
    (invoice,) = [one for one in desk.json("invoices") if one["number"] == "B-100"]
    assert invoice["open"] == {"amount": "500.00", "currency": "GBP"}


def test_nobody_writes_to_whom_was_erased(desk: Desk) -> None:
    desk.go_live("--release", "all")
    desk.owed("erase", "Brook & Sons", "--yes", "--force", "--reason", "asked")
    decision = desk.json("explain", "B-100")["rules"]["decision"]
    assert decision["verdict"] != "act"


def test_an_uncertain_message_has_to_be_settled_first(desk: Desk) -> None:
    reminded(desk)
    with database_of(desk) as database:
        database.execute("UPDATE outbox SET state = 'needs_human' WHERE verb = 'send_reminder'")
    told = desk.owed("erase", "Brook & Sons", "--yes", "--force", "--reason", "asked", code=2)
    assert "it is not known what became of" in told.err


def test_a_lifted_erasure_lets_the_customer_come_back(desk: Desk) -> None:
    (ref,) = {
        one.ref for one in assess(desk.installation, decide=False).snapshot.customers.values() if "Brook" in one.name
    }
    desk.owed("erase", str(ref), "--yes", "--force", "--reason", "asked")
    desk.owed("erase", str(ref), "--lift")
    with database_of(desk) as database:
        database.execute("DELETE FROM cursor")
        database.execute("UPDATE customer SET updated_at = NULL")
    desk.owed("sync", "books")
    assert WORDS[0] in everything_in(desk)
    assert "was not erased" in desk.owed("erase", str(ref), "--lift", code=2).err
