"""Facts keep their old versions; an unchanged fact writes nothing; an older word never replaces a newer one."""

import datetime as dt

from receivables.facts import Gone, Invoice
from store import archive, codec, connections, ingest, snapshots
from store.engine import Store
from store.tables import FACTS
from tests.builders import NOW, invoice

HOUR = dt.timedelta(hours=1)


def save(store: Store, fact: Invoice | Gone, at: dt.datetime, raw: bytes = b"{}") -> ingest.Saved:
    with store.write() as tx:
        return ingest.save_rows(tx, "books", "invoices", at, [(raw, [fact])])


def facts(store: Store, at: dt.datetime | None = None) -> list[object]:
    with store.read() as tx:
        return list(snapshots.load_facts(tx, at))


def test_an_unchanged_fact_writes_nothing(store: Store) -> None:
    assert save(store, invoice(), NOW).new == 1
    again = save(store, invoice(), NOW + HOUR)
    assert (again.new, again.changed, again.same) == (0, 0, 1)
    with store.read() as tx:
        assert len(snapshots.versions(tx, "invoice", "books", "i1")) == 1


def test_an_older_version_is_named_and_archived_and_not_used(store: Store) -> None:
    newer, older = invoice(updated_at=NOW), invoice(updated_at=NOW - HOUR, open=1)
    save(store, newer, NOW)
    saved = save(store, older, NOW + HOUR, b'{"older": true}')
    assert saved.stale == [older.ref]
    assert facts(store) == [newer]
    with store.read() as tx:
        assert archive.fetch(tx, codec.digest(b'{"older": true}')) == b'{"older": true}'


def test_of_two_versions_in_one_page_the_newer_counts_in_either_order(store: Store) -> None:
    newer, older = invoice(updated_at=NOW), invoice(updated_at=NOW - HOUR, open=1)
    for number, rows in enumerate([[(b"1", [newer]), (b"2", [older])], [(b"2", [older]), (b"1", [newer])]]):
        with store.write() as tx:
            saved = ingest.save_rows(tx, "books", "invoices", NOW + number * HOUR, rows)
        assert saved.twice == [newer.ref]
        assert facts(store) == [newer]
    with store.read() as tx:
        assert archive.fetch(tx, codec.digest(b"2")) == b"2"


def test_the_same_record_twice_in_one_page_is_one_record(store: Store) -> None:
    with store.write() as tx:
        saved = ingest.save_rows(tx, "books", "invoices", NOW, [(b"1", [invoice()]), (b"1", [invoice()])])
    assert (saved.new, saved.twice) == (1, [])


def test_a_past_instant_shows_what_was_known_then(store: Store) -> None:
    first, second = invoice(), invoice(open=4_000)
    save(store, first, NOW)
    save(store, second, NOW + HOUR)
    assert facts(store, NOW) == [first]
    assert facts(store, NOW + HOUR) == [second]
    assert facts(store) == [second]
    assert facts(store, NOW - HOUR) == []


def test_a_change_at_the_same_instant_replaces_the_version(store: Store) -> None:
    save(store, invoice(), NOW)
    save(store, invoice(open=4_000), NOW)
    assert facts(store) == [invoice(open=4_000)]


def test_a_deleted_record_ends_and_may_come_back(store: Store) -> None:
    save(store, invoice(), NOW)
    gone = Gone(connection="books", id="i1", of_kind="invoice")
    assert save(store, gone, NOW + HOUR).gone == 1
    assert facts(store) == []
    assert facts(store, NOW) == [invoice()]
    save(store, invoice(), NOW + HOUR)
    assert facts(store) == [invoice()]


def test_the_record_as_received_is_kept_with_the_fact(store: Store) -> None:
    save(store, invoice(), NOW, raw=b'{"InvoiceID": "i1"}')
    with store.read() as tx:
        digest = tx.execute(FACTS["invoice"].select()).one().raw
        assert archive.fetch(tx, digest) == b'{"InvoiceID": "i1"}'


def test_two_organisations_in_one_database_do_not_see_each_other(store: Store) -> None:
    save(store, invoice(), NOW)
    neighbour = Store(store.engine, "neighbour")
    assert facts(neighbour) == []
    with neighbour.write() as tx:
        connections.declare(tx, "books", "xero", "t")
        assert ingest.close(tx, FACTS["invoice"], "books", NOW + HOUR, ["i1"]) == 0
    assert facts(store) == [invoice()]
