"""Counting, reading again, PDFs, whole sweeps and batches at Xero."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import Malformed, NotFound, Refused, Unsupported
from connectors.protocol import Page, Standing
from receivables.facts import Customer, Fact, Gone, Invoice, Payment, Payout
from tests.connectors.conftest import Company
from tests.connectors.loopback import Asked, Reply, loopback, replies
from tests.connectors.test_xero_pull import Organisation, contact, spread
from tests.connectors.xero_office import MISSING, Office, opened
from tests.connectors.xero_world import GUID, START, connector
from tests.sandbox.worlds import Xero


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with opened(tmp_path) as found:
        yield found


def facts(pages: Iterator[Page]) -> list[Fact]:
    return [fact for page in pages for row in page.rows for fact in row.facts]


# -- census -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stream", ["invoices", "customers"])
def test_a_census_says_of_every_record_what_a_pull_says(company: Company, stream: str) -> None:
    counted = [one for page in company.connect("xero").census(stream) for one in page]
    pulled = facts(company.connect("xero").pull(stream, ""))
    told = {one.id: (one.version, one.open) for one in counted}
    assert told == {one.id: (one.version, one.open if isinstance(one, Invoice) else None) for one in pulled}
    assert len(counted) == len(told) > 100


def test_a_census_costs_fewer_bytes_and_no_more_calls_than_a_pull(office: Office) -> None:
    calls = office.sandbox.world.calls
    calls.clear()
    list(office.connect().census("invoices"))
    assert calls.all()["xero"] == {"GET /api.xro/2.0/Invoices": 1}


def test_a_census_asks_for_summaries_of_sales_invoices_in_order(office: Office) -> None:
    body = json.dumps({"Invoices": [], "pagination": {"page": 1, "pageCount": 0, "itemCount": 0}})
    with loopback(replies(Reply(body))) as server:
        assert list(connector(server).census("invoices")) == [[]]
        query = server.asked[0].query
    assert (query["summaryOnly"], query["where"], query["pageSize"]) == ("true", 'Type=="ACCREC"', "1000")
    assert "if-modified-since" not in server.asked[0].headers


def test_streams_that_are_no_cheaper_to_count_than_to_pull_are_not_counted(office: Office) -> None:
    office.sandbox.world.calls.clear()
    for stream in ("payments", "credit_notes", "nonsense"):
        with pytest.raises(Unsupported):
            list(office.connect().census(stream))
    assert office.sandbox.world.calls.all() == {}


def test_a_census_that_shows_fewer_than_xero_counts_proves_nothing() -> None:
    pagination = {"page": 1, "pageSize": 1000, "pageCount": 1, "itemCount": 3}
    body = json.dumps({"pagination": pagination, "Contacts": [contact(1, START), contact(2, START)]})
    with loopback(replies(Reply(body))) as server, pytest.raises(Malformed, match="counts 3"):
        list(connector(server).census("customers"))


def test_a_census_misses_no_record_that_is_edited_meanwhile() -> None:
    organisation = Organisation(spread(2500))
    organisation.touch = {2: 5, 3: 7}
    with loopback(organisation) as server:
        pages = list(connector(server).census("customers"))
    assert {one.id for page in pages for one in page} == {str(number) for number in range(2500)}


@pytest.mark.parametrize(
    ("fields", "version", "open_amount"),
    [
        ({}, None, None),
        ({"AmountDue": 12.5, "CurrencyCode": "GBP", "UpdatedDateUTC": "/Date(1)/"}, "/Date(1)/", 1250),
        ({"AmountDue": 12.5, "CurrencyCode": "XQQ"}, None, None),
        ({"AmountDue": "12.5", "CurrencyCode": "GBP"}, None, None),
    ],
)
def test_what_a_census_cannot_understand_is_not_told(
    fields: dict[str, Any], version: str | None, open_amount: int | None
) -> None:
    body = json.dumps({"Invoices": [{"InvoiceID": GUID} | fields], "pagination": {"page": 1, "pageCount": 1}})
    with loopback(replies(Reply(body))) as server:
        assert list(connector(server).census("invoices")) == [[Standing(GUID, version, open_amount)]]


# -- reading again ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stream", "name", "calls"),
    [
        ("invoices", "invoice", 1),
        ("customers", "customer", 1),
        ("credit_notes", "credit_note", 2),
        ("payments", "payment", 2),
        ("overpayments", "overpayment", 2),
        ("prepayments", "prepayment", 2),
        ("batch_payments", "batch", 2),
    ],
)
def test_a_record_is_read_again_as_a_pull_tells_it_and_one_that_is_missing_is_gone(
    office: Office, stream: str, name: str, calls: int
) -> None:
    wanted = office.ids[name]
    (pulled,) = [fact for fact in facts(office.connect().pull(stream, "")) if fact.id == wanted]
    office.sandbox.world.calls.clear()
    pages = list(office.connect().reread(stream, [wanted, MISSING, "no guid"]))
    told = [fact for page in pages for row in page.rows for fact in row.facts]
    assert told[0] == pulled
    assert told[1:] == [Gone(connection="books", id=one, of_kind=pulled.kind) for one in (MISSING, "no guid")]
    assert [(page.stream, page.cursor, page.last) for page in pages] == [(stream, "", True)]
    made = office.sandbox.world.calls.all()["xero"]
    assert sum(count for endpoint, count in made.items() if "BrandingThemes" not in endpoint) == calls


def test_forty_invoices_are_one_call() -> None:
    guids = [f"d4956132-ed94-4dd7-9eaa-{number:012d}" for number in range(81)]
    body = json.dumps({"Invoices": [], "pagination": {"page": 1, "pageCount": 0}})
    with loopback(replies(Reply(body))) as server:
        pages = list(connector(server).reread("invoices", [*guids, guids[0]]))
        assert [len(asked.query["IDs"].split(",")) for asked in server.asked] == [40, 40, 1]
    assert [page.last for page in pages] == [False, False, True]
    assert len(facts(iter(pages))) == 81


def test_nothing_asked_is_nothing_read() -> None:
    with loopback(replies(Reply())) as server:
        assert list(connector(server).reread("invoices", [])) == []
        assert server.asked == []


@pytest.mark.parametrize("row", [{"InvoiceID": GUID, "Status": "ODD"}, {"Status": "ODD"}, {"InvoiceID": 5}])
def test_a_record_that_was_shown_but_cannot_be_read_is_not_gone(row: dict[str, Any]) -> None:
    body = json.dumps({"Invoices": [row], "pagination": {"page": 1, "pageCount": 1}})
    with loopback(replies(Reply(body))) as server:
        (page,) = connector(server).reread("invoices", [GUID])
    (only,) = page.rows
    assert only.problem is not None
    assert json.loads(only.raw) == row


def test_a_stream_that_does_not_exist_is_unsupported(office: Office) -> None:
    for call in (office.connect().pull, office.connect().reread):
        with pytest.raises(Unsupported):
            list(call("nonsense", ""))


# -- PDF ----------------------------------------------------------------------------------------------------------------


def test_an_invoice_can_be_had_as_pdf(office: Office) -> None:
    found = office.connect().read_pdf(office.ids["invoice"])
    assert found.startswith(b"%PDF-")
    assert b"INV-1" in found


def test_the_pdf_of_an_invoice_that_does_not_exist_is_not_found(office: Office) -> None:
    with pytest.raises(NotFound):
        office.connect().read_pdf(MISSING)


def test_an_answer_that_is_no_pdf_is_none() -> None:
    with loopback(replies(Reply("<html>sign in</html>"))) as server, pytest.raises(Malformed, match="no PDF"):
        connector(server).read_pdf(GUID)
    assert server.asked[0].headers["accept"] == "application/pdf"


@pytest.mark.parametrize("status", [200, 400])
def test_answers_may_come_compressed(status: int) -> None:
    body = {"Contacts": [contact(1, START)], "pagination": {"page": 1, "pageCount": 1}, "Message": "no such thing"}
    packed = Reply(gzip.compress(json.dumps(body).encode()), status, {"Content-Encoding": "gzip"})
    with loopback(replies(packed)) as server:
        if status == 200:
            assert [fact.id for fact in facts(connector(server).pull("customers", ""))] == ["1"]
        else:
            with pytest.raises(Refused, match="no such thing"):
                list(connector(server).pull("customers", ""))
        assert server.asked[0].headers["accept-encoding"] == "gzip"


# -- whole sweeps -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "stream", ["customers", "invoices", "credit_notes", "payments", "overpayments", "batch_payments"]
)
def test_a_sweep_from_the_beginning_to_the_end_is_complete_and_a_later_pull_is_not(
    company: Company, stream: str
) -> None:
    xero = company.connect("xero")
    pages = list(xero.pull(stream, ""))
    assert [page.complete for page in pages] == [False] * (len(pages) - 1) + [True]
    assert not any(page.complete for page in xero.pull(stream, pages[-1].cursor))


def test_a_sweep_in_two_pulls_is_not_complete() -> None:
    with loopback(Organisation(spread(2500))) as server:
        first = next(iter(connector(server).pull("customers", "")))
        assert not any(page.complete for page in connector(server).pull("customers", first.cursor))


def test_a_sweep_with_a_row_that_cannot_be_read_is_not_complete() -> None:
    rows = [*spread(3), {"ContactID": None, "UpdatedDateUTC": f"/Date({START + 9000}+0000)/"}]
    with loopback(Organisation(rows)) as server:
        (page,) = connector(server).pull("customers", "")
    assert page.last
    assert not page.complete


def test_a_sweep_that_shows_fewer_than_xero_counts_is_not_complete() -> None:
    body = json.dumps({"Contacts": [contact(1, START)], "pagination": {"page": 1, "pageCount": 1, "itemCount": 2}})
    with loopback(replies(Reply(body))) as server:
        (page,) = connector(server).pull("customers", "")
    assert (page.last, page.complete) == (True, False)


def test_pages_asked_for_by_number_are_never_complete_because_a_record_may_have_slipped_between_them() -> None:
    organisation = Organisation(spread(2500))
    organisation.refuses_order = True
    with loopback(organisation) as server:
        assert not any(page.complete for page in connector(server).pull("customers", ""))


# -- batches ------------------------------------------------------------------------------------------------------------


def test_a_batch_is_a_payout_of_its_payments_and_is_read_in_one_call(office: Office) -> None:
    office.sandbox.world.calls.clear()
    pages = list(office.connect().pull("batch_payments", ""))
    assert office.sandbox.world.calls.all()["xero"] == {"GET /api.xro/2.0/BatchPayments": 1}
    (batch,) = facts(iter(pages))
    assert isinstance(batch, Payout)
    assert (batch.amount, batch.currency, batch.status, batch.reference) == (2_500, "GBP", "settled", "Deposit")
    assert batch.payment_ids == (office.ids["batched_payment"],)
    members = [fact for fact in facts(office.connect().pull("payments", "")) if isinstance(fact, Payment)]
    assert [one.id for one in members if one.group_id == batch.id] == [office.ids["batched_payment"]]
    (again,) = office.connect().pull("batch_payments", pages[-1].cursor)
    assert again.last


def test_a_deleted_batch_is_told_as_void_and_its_payments_too(office: Office) -> None:
    cursors = {name: list(office.connect().pull(name, ""))[-1].cursor for name in ("batch_payments", "payments")}
    office.sandbox.clock.advance(600)
    path = f"/BatchPayments/{office.ids['batch']}"
    assert Xero(office.sandbox).call("POST", path, json={"Status": "DELETED"}).status_code == 200
    (batch,) = facts(office.connect().pull("batch_payments", cursors["batch_payments"]))
    (paid,) = facts(office.connect().pull("payments", cursors["payments"]))
    assert isinstance(batch, Payout)
    assert isinstance(paid, Payment)
    assert (batch.status, batch.amount, paid.status) == ("void", 2_500, "void")
    assert office.open("batched") == 10_000


# -- the organisation ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("locks", "until"),
    [
        ({}, None),
        ({"PeriodLockDate": "/Date(1772150400000+0000)/"}, "2026-02-27"),
        ({"EndOfYearLockDate": "/Date(1767139200000+0000)/"}, "2025-12-31"),
        (
            {"PeriodLockDate": "/Date(1767139200000+0000)/", "EndOfYearLockDate": "/Date(1772150400000+0000)/"},
            "2026-02-27",
        ),
    ],
)
def test_the_books_are_closed_until_the_later_of_both_lock_dates(locks: dict[str, str], until: str | None) -> None:
    def script(asked: Asked) -> Reply:
        if asked.path.endswith("Settings"):
            return Reply('{"InvoiceReminders":[]}')
        return Reply(json.dumps({"Organisations": [{"Name": "Harbour"} | locks]}))

    with loopback(script) as server:
        found = connector(server).check().locked_until
    assert (found.isoformat() if found else None) == until


def test_a_whole_first_pull_of_a_small_organisation_is_one_call_a_stream(office: Office) -> None:
    xero = office.connect()
    with office.sandbox.changes():
        for invoice in office.books.invoices:
            invoice["theme"] = ""
    office.sandbox.world.calls.clear()
    for stream in xero.manifest.streams:
        list(xero.pull(stream, ""))
    made = office.sandbox.world.calls.all()["xero"]
    assert sum(made.values()) == len(xero.manifest.streams) == 8


def test_a_contact_that_asked_to_be_forgotten_or_was_merged_is_told_as_such(office: Office) -> None:
    kept = office.ids["customer"]
    with office.sandbox.changes():
        for status, merged in (("GDPRREQUEST", None), ("ARCHIVED", kept)):
            gone = office.books.contacts[kept] | {"id": f"{len(status):08}-0000-4000-8000-000000000000"}
            office.books.save_contact(gone | {"status": status, "merged_to": merged, "name": status})
    told = {fact.name: fact for fact in facts(office.connect().pull("customers", "")) if isinstance(fact, Customer)}
    assert [told[name].active for name in ("GDPRREQUEST", "ARCHIVED", "Acme Ltd")] == [False, False, True]
    assert told["ARCHIVED"].merged_into == kept


def test_refusals_of_reading_are_told_with_xeros_words(office: Office) -> None:
    office.fault("error", status=412, count=-1)
    with pytest.raises(Refused):
        list(office.connect().pull("invoices", ""))


# -- aged receivables ---------------------------------------------------------------------------------------------------


def aged_row(invoice: str, due: str) -> dict[str, Any]:
    words = [
        "2018-05-13T00:00:00",
        "IV1242016",
        "2018-06-22T00:00:00",
        "305 days overdue",
        "100.00",
        "0.00",
        "0.00",
        due,
    ]
    return {
        "RowType": "Row",
        "Cells": [{"Value": word, "Attributes": [{"Value": invoice, "Id": "invoiceID"}]} for word in words],
    }


def aged_report(*rows: dict[str, Any]) -> str:
    """As in the example of Xero's description, with its opening balance and sums, which name no invoice."""
    names = ("Date", "Number", "Due Date", "", "Total", "Paid", "Credited", "Due")
    header = {"RowType": "Header", "Cells": [{"Value": name} for name in names]}
    sums = {"RowType": "SummaryRow", "Cells": [{"Value": word} for word in ("Total", *[""] * 6, "150.00")]}
    opening = {"RowType": "Row", "Cells": [{"Value": word} for word in ("", "Opening Balance", *[""] * 5, "0.00")]}
    sections = [{"RowType": "Section", "Title": "", "Rows": found} for found in ([opening], [*rows, sums])]
    return json.dumps({"Reports": [{"Rows": [header, *sections]}]})


def test_aged_receivables_say_what_is_due_of_each_invoice() -> None:
    body = aged_report(aged_row(GUID, "100.00"), aged_row(MISSING, "50.00"))
    with loopback(replies(Reply(body))) as server:
        found = connector(server).aged_receivables("c-1")
        assert server.asked[0].query == {"contactId": "c-1"}
    assert {name: str(due) for name, due in found.items()} == {GUID: "100.00", MISSING: "50.00"}


@pytest.mark.parametrize("body", ['{"Reports":[]}', aged_report(aged_row(GUID, "much"))])
def test_a_report_of_another_shape_is_malformed(body: str) -> None:
    with loopback(replies(Reply(body))) as server, pytest.raises(Malformed):
        connector(server).aged_receivables("c-1")
