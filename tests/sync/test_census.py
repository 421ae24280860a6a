"""Once a day every record is counted: a proof that the hourly pulls missed nothing, and a repair where they did."""

from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from connectors.registry import MANIFESTS
from receivables.facts import Customer, Gone, Invoice
from store import connections, ingest, snapshots
from store.tables import FACTS
from sync.census import Count
from sync.pull import PullReport, pull
from tests.sync.conftest import Office

NAMES = {"books": "xero", "ledger": "quickbooks", "cards": "stripe"}
every_connection = pytest.mark.parametrize("name", NAMES)


def counted(report: PullReport) -> dict[str, Count]:
    assert not report.error, report.error
    return {count.kind: count for count in report.counts}


def open_invoices(office: Office, name: str) -> list[Invoice]:
    with office.installation.store.read() as tx:
        return [one for one in snapshots.current(tx, Invoice) if one.connection == name and one.is_open]


def pretend(office: Office, invoice: Invoice, **columns: Any) -> None:
    """As if a change had never been told: the store holds another word than the platform."""
    table = FACTS["invoice"]
    with office.installation.store.write() as tx:
        here = sa.and_(tx.mine(table), table.c.id == invoice.id, table.c.known_to.is_(None))
        tx.execute(table.update().where(here).values(**columns))


@every_connection
def test_a_census_of_unchanged_books_reads_nothing_again(office: Office, name: str) -> None:
    office.later(hours=25)
    report = pull(office.installation, name)
    counts = counted(report)
    manifest = MANIFESTS[NAMES[name]]
    assert set(counts) == {manifest.kinds[stream] for stream in manifest.censuses}
    assert counts["invoice"].counted > 100 or name == "cards"
    assert all(count.reread == 0 for count in counts.values()), counts


@every_connection
def test_it_is_taken_once_a_day_and_when_asked(office: Office, name: str) -> None:
    office.later(hours=1)
    assert pull(office.installation, name).counts == []
    assert pull(office.installation, name, count=True).counts
    office.later(hours=23)
    assert pull(office.installation, name).counts == []
    office.later(hours=2)
    assert pull(office.installation, name).counts


@every_connection
def test_an_invoice_that_slipped_is_found(office: Office, name: str) -> None:
    lost = open_invoices(office, name)[0]
    with office.installation.store.write() as tx:
        gone = Gone(connection=name, id=lost.id, of_kind="invoice")
        ingest.save_rows(tx, name, "", office.now, [(b"", [gone])])
    assert lost not in open_invoices(office, name)
    office.later(hours=1)
    counts = counted(pull(office.installation, name, count=True))
    assert counts["invoice"].repaired == 1
    assert lost in open_invoices(office, name)


@every_connection
def test_a_balance_that_slipped_is_mended(office: Office, name: str) -> None:
    invoice = open_invoices(office, name)[0]
    body = sa.func.replace(FACTS["invoice"].c.body, f'"open":{invoice.open}', f'"open":{invoice.open + 5}')
    pretend(office, invoice, body=body, digest="another", updated_at=None)
    office.later(hours=1)
    counts = counted(pull(office.installation, name, count=True))
    assert counts["invoice"].repaired == 1
    assert invoice in open_invoices(office, name)


def plant_ghost(office: Office, name: str) -> str:
    """An invoice that we know and the platform does not: as if its deletion had never been told."""
    invoice = open_invoices(office, name)[0]
    ghost = "00000000-0000-4000-8000-0000000000ff" if name == "books" else "987654" if name == "ledger" else "in_ghost"
    with office.installation.store.write() as tx:
        ingest.state(tx, office.now, msgspec.structs.replace(invoice, id=ghost))
    assert ghost in {one.id for one in open_invoices(office, name)}
    return ghost


@every_connection
def test_an_invoice_that_is_no_longer_there_is_closed(office: Office, name: str) -> None:
    ghost = plant_ghost(office, name)
    office.later(hours=1)
    report = pull(office.installation, name, count=True)
    assert counted(report)["invoice"].repaired == 1
    assert ghost not in {one.id for one in open_invoices(office, name)}


@every_connection
def test_a_full_sweep_closes_what_vanished_and_keeps_everything_else(office: Office, name: str) -> None:
    """What a whole sweep does not show is asked for, and closed when it is gone."""
    ghost, before = plant_ghost(office, name), len(open_invoices(office, name))
    with office.installation.store.write() as tx:
        connections.reset_cursors(tx, name)
    office.later(hours=1)
    report = pull(office.installation, name)
    assert not report.error
    assert sum(saved.gone for saved in report.saved.values()) == 1
    assert ghost not in {one.id for one in open_invoices(office, name)}
    assert len(open_invoices(office, name)) == before - 1


@every_connection
def test_a_list_that_is_cut_short_by_a_fault_ends_no_debt(office: Office, name: str) -> None:
    """The sweep shows no invoice at all; each is asked for, and is still there."""
    before = open_invoices(office, name)
    with office.installation.store.write() as tx:
        connections.reset_cursors(tx, name)
    office.later(hours=1)
    empty = {
        "books": (r'"InvoiceID":', '"invoiceid":'),
        "ledger": ('"Invoice":', '"Nothing":'),
        "cards": ('"in_', '"gone_'),
    }
    find, replace = empty[name]
    path = {"books": "Invoices", "ledger": "query", "cards": "/v1/invoices"}[name]
    office.tell("/faults", platform=NAMES[name], kind="rewrite", count=1, path=path, find=find, replace=replace)
    pull(office.installation, name)
    assert [one.id for one in open_invoices(office, name)] == [one.id for one in before]


def test_a_customers_balance_that_slipped_is_mended(office: Office) -> None:
    """QuickBooks does not say that a customer changed when an invoice of theirs did."""
    with office.installation.store.write() as tx:
        customer = next(one for one in snapshots.current(tx, Customer) if one.connection == "ledger" and one.balance)
        ingest.state(tx, office.now, msgspec.structs.replace(customer, balance=1))
    office.later(hours=1)
    assert counted(pull(office.installation, "ledger", count=True))["customer"].repaired == 1
    with office.installation.store.read() as tx:
        assert customer.balance in {one.balance for one in snapshots.current(tx, Customer) if one.ref == customer.ref}


def test_until_which_day_the_books_are_closed_is_asked_once_a_day(office: Office) -> None:
    with office.installation.store.write() as tx:
        closed = connections.known(tx)["books"].locked_until
        connections.update(tx, "books", locked_until=None)
    assert closed is not None
    office.later(hours=25)
    pull(office.installation, "books")
    with office.installation.store.read() as tx:
        assert connections.known(tx)["books"].locked_until == closed
