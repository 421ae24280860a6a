"""The journal shows every edit, deletion, insertion and reordering, and the database itself refuses them."""

import pytest
import sqlalchemy as sa

from store import journal
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
        for verb in ("UPDATE", "DELETE"):
            tx.execute(sa.text(f"DROP TRIGGER journal_no_{verb}"))
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
        ("UPDATE journal SET body = '{}' WHERE number = 3", "entry 3"),
        ("UPDATE journal SET actor = 'somebody' WHERE number = 1", "entry 1"),
        ("DELETE FROM journal WHERE number = 2", "entry 2"),
        ("UPDATE journal SET number = 99 WHERE number = 4", "entry 4"),
    ],
)
def test_tampering_is_found_and_located(written: Store, change: str, entry: str) -> None:
    assert tamper(written, change).fault.startswith(entry)


def test_the_database_refuses_to_change_an_entry(store: Store) -> None:
    fill(store)
    with pytest.raises(sa.exc.DatabaseError, match="append-only"), store.write() as tx:
        tx.execute(sa.text("DELETE FROM journal"))
