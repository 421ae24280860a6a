"""The journal shows every edit, deletion, insertion and reordering, and the database itself refuses them."""

import pytest
import sqlalchemy as sa

from store import journal, tables
from store.engine import Store
from tests.builders import NOW


@pytest.fixture
def written(sqlite_store: Store) -> Store:
    return fill(sqlite_store)


def fill(store: Store) -> Store:
    with store.write() as tx:
        for number in range(5):
            journal.append(tx, NOW, "sent", f"effect-{number}", {"number": number})
    return store


def tamper(store: Store, statement: str) -> journal.Verdict:
    """As somebody would who can write to the file: the triggers are dropped first."""
    with store.write() as tx:
        for name in ("journal_no_UPDATE", "journal_no_DELETE", "journal_body_no_UPDATE"):
            tx.execute(sa.text(f"DROP TRIGGER {name}"))
        tx.execute(sa.text(statement))
    with store.read() as tx:
        return journal.verify(tx)


def test_an_untouched_journal_is_whole(store: Store) -> None:
    with fill(store).read() as tx:
        verdict = journal.verify(tx)
    assert (verdict.count, verdict.fault) == (5, "")


@pytest.mark.parametrize(
    ("change", "entry"),
    [
        ("UPDATE journal_body SET body = '{}' WHERE number = 3", "entry 3"),
        ("UPDATE journal_body SET salt = '' WHERE number = 3", "entry 3"),
        ("DELETE FROM journal_body WHERE number = 3", "entry 3"),
        ("UPDATE journal SET sealed = '' WHERE number = 3", "entry 3"),
        ("UPDATE journal SET at = '2026-01-01T00:00:00.000000Z' WHERE number = 2", "entry 2"),
        ("UPDATE journal SET actor = 'somebody' WHERE number = 1", "entry 1"),
        ("DELETE FROM journal WHERE number = 2", "entry 2"),
        ("UPDATE journal SET number = 99 WHERE number = 4", "entry 4"),
        ("UPDATE journal SET number = 0 WHERE number = 5", "entry 1"),
        ("UPDATE journal SET at = 'noon' WHERE number = 3", "entry 3"),
        ("UPDATE journal SET actor = CAST(x'ff' AS TEXT) WHERE number = 3", "entry 3"),
        ("UPDATE journal_body SET body = CAST(x'ff' AS TEXT) WHERE number = 2", "entry 2"),
        ("DELETE FROM journal WHERE number > 3", "entry 4"),
        ("INSERT INTO journal_body SELECT organisation, 0, salt, body FROM journal_body WHERE number = 3", "entry 0"),
    ],
)
def test_tampering_is_found_and_located(written: Store, change: str, entry: str) -> None:
    assert tamper(written, change).fault.startswith(entry)


def test_an_entry_before_the_first_is_found(written: Store) -> None:
    columns = "at, actor, event, subject, sealed, previous, hash FROM journal WHERE number = 1"
    assert tamper(written, f"INSERT INTO journal SELECT organisation, 0, {columns}").fault.startswith("entry 1")


def verified(store: Store, kept: str) -> journal.Verdict:
    with store.read() as tx:
        return journal.verify(tx, kept)


def test_a_head_that_was_kept_elsewhere_shows_a_cut_end_and_a_chain_that_was_written_anew(store: Store) -> None:
    fill(store)
    heads = [entry.hash for entry in _entries(store)]
    assert [verified(store, head).kept for head in heads] == [1, 2, 3, 4, 5]
    assert verified(store, heads[2][:16]).kept == 3
    assert verified(store, "0" * 64).fault.startswith("no entry has the head 0000")


def _entries(store: Store) -> list[journal.Entry]:
    with store.read() as tx:
        return list(journal.entries(tx))


def test_an_end_that_was_cut_off_whole_shows_against_a_kept_head(written: Store) -> None:
    head = _entries(written)[-1].hash
    with written.write() as tx:
        tx.execute(sa.text("DELETE FROM journal_body WHERE number > 3"))
    assert tamper(written, "DELETE FROM journal WHERE number > 3").fault == ""
    assert "cut off" in verified(written, head).fault


@pytest.mark.parametrize("change", ["DELETE FROM journal", "UPDATE journal_body SET body = '{}'"])
def test_the_database_refuses_to_change_an_entry(store: Store, change: str) -> None:
    fill(store)
    with pytest.raises(sa.exc.DatabaseError, match="append-only"), store.write() as tx:
        tx.execute(sa.text(change))


def erase(store: Store, *numbers: int) -> None:
    with store.write() as tx:
        chosen = [entry for entry in journal.entries(tx) if entry.number in numbers]
        journal.erase_bodies(tx, NOW, chosen, {"reason": "asked"}, "anna")


def test_what_an_entry_told_can_be_erased_and_the_chain_stays_whole(store: Store) -> None:
    erase(fill(store), 2, 4)
    with store.read() as tx:
        verdict = journal.verify(tx)
        told = [entry.body for entry in journal.entries(tx)]
    assert (verdict.count, verdict.fault, verdict.erased) == (6, "", 2)
    assert [body is None for body in told] == [False, True, False, True, False, False]


@pytest.mark.parametrize(
    "change",
    ["UPDATE journal SET actor = 'somebody' WHERE number = 2", "UPDATE journal SET hash = 'x' WHERE number = 2"],
)
def test_an_erased_entry_still_cannot_be_changed(written: Store, change: str) -> None:
    erase(written, 2)
    assert tamper(written, change).fault.startswith("entry 2")


def test_an_entry_of_the_first_form_can_be_erased_and_is_still_vouched_for(sqlite_store: Store) -> None:
    with sqlite_store.write() as tx:
        before = journal.Entry(1, NOW, "anna", "hold", "books:customer:1", "", journal.GENESIS, "", "", '{"a":"b"}')
        row = {"organisation": tx.organisation, "number": 1, "at": NOW, "actor": "anna", "event": "hold"}
        sealed = {"subject": before.subject, "sealed": "", "previous": journal.GENESIS}
        tx.execute(tables.journal.insert(), {**row, **sealed, "hash": journal.first_seal(tx.organisation, before)})
        tx.execute(
            tables.journal_body.insert(),
            {"organisation": tx.organisation, "number": 1, "salt": "", "body": before.body},
        )
        assert journal.verify(tx).fault == ""
    erase(sqlite_store, 1)
    with sqlite_store.read() as tx:
        assert journal.verify(tx).fault == ""
    assert tamper(sqlite_store, "UPDATE journal SET actor = 'somebody' WHERE number = 1").fault.startswith("entry 1")
