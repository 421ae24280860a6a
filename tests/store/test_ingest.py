"""Facts keep their old versions; an unchanged fact writes nothing; an older word never replaces a newer one."""

import datetime as dt

import msgspec

from receivables.facts import Gone, Invoice
from store import archive, connections, ingest, snapshots
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


def test_an_answer_that_was_overtaken_is_not_believed(store: Store) -> None:
    newer = msgspec.structs.replace(invoice(open=0), updated_at=NOW)
    older = msgspec.structs.replace(invoice(), updated_at=NOW - HOUR)
    save(store, newer, NOW)
    assert save(store, older, NOW + HOUR).same == 1
    assert facts(store) == [newer]


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
