"""Paging, change data, census and rereading at QuickBooks, against a scripted server."""

import datetime as dt
import json
from typing import Any

import pytest

from connectors.errors import Malformed, NotFound, Refused
from connectors.protocol import Page, Standing
from receivables.facts import Gone
from tests.connectors.loopback import Asked, Reply, loopback, replies
from tests.connectors.quickbooks_world import TIME, Realm, an_invoice, connector, refund
from tests.connectors.stands import NOW


def ids(pages: list[Page]) -> list[int]:
    return [int(fact.id) for page in pages for row in page.rows for fact in row.facts]


def since(moment: str) -> str:
    return json.dumps({"since": moment})


@pytest.mark.parametrize(("count", "calls"), [(0, 1), (999, 1), (1000, 2), (1500, 2), (1999, 3), (2500, 3)])
def test_every_record_is_read_once_in_pages_of_a_thousand(count: int, calls: int) -> None:
    with loopback(Realm(count)) as server:
        pages = list(connector(server).pull("refunds", ""))
        assert ids(pages) == list(range(1, count + 1))
        assert len(server.asked) == calls
        assert [page.complete for page in pages] == [False] * (calls - 1) + [True]


def test_a_crash_between_pages_goes_on_from_the_saved_page() -> None:
    with loopback(Realm(2500)) as server:
        first = next(iter(connector(server).pull("refunds", "")))
        rest = list(connector(server).pull("refunds", first.cursor))
        assert ids([first, *rest]) == list(range(1, 2501))
        assert not any(page.complete for page in rest), "what came before the crash was not shown again"


def test_trap_offset_paging_is_no_snapshot_a_deletion_while_sweeping_loses_no_record() -> None:
    realm = Realm(2500)

    def delete_one(position: int) -> None:
        if position == 1000 and len(realm.rows) == 2500:
            del realm.rows[10]

    realm.on_query = delete_one
    with loopback(realm) as server:
        assert set(ids(list(connector(server).pull("refunds", "")))) == {*range(1, 2501)}


def test_a_server_that_ignores_the_position_does_not_keep_us_for_ever() -> None:
    rows = [refund(number) for number in range(1, 1001)]
    answer = json.dumps({"QueryResponse": {"RefundReceipt": rows}, "time": TIME})
    with loopback(replies(Reply(answer))) as server, pytest.raises(Malformed, match="do not fit together"):
        list(connector(server).pull("refunds", ""))


def test_inactive_customers_are_asked_for_too() -> None:
    with loopback(Realm(0)) as server:
        list(connector(server).pull("customers", ""))
        assert b"WHERE Active IN (true, false)" in server.asked[0].body


def test_one_change_data_call_serves_all_streams_of_a_poll() -> None:
    realm = Realm(0)
    realm.changes = {"RefundReceipt": [refund(5)], "Deposit": [refund(6)]}
    with loopback(realm) as server:
        books = connector(server)
        shown = {
            stream: list(books.pull(stream, since("2026-03-02T03:00:00-08:00"))) for stream in books.manifest.streams
        }
        assert [asked.path.rpartition("/")[2] for asked in server.asked] == ["cdc"]
        assert ids(shown["refunds"]) == [5]
        assert ids(shown["deposits"]) == [6]
        assert ids(shown["customers"]) == []
        assert not any(page.complete for pages in shown.values() for page in pages)


def test_the_next_poll_of_the_same_connector_asks_again() -> None:
    with loopback(Realm(0)) as server:
        books = connector(server)
        for _ in range(2):
            list(books.pull("refunds", since("2026-03-02T03:00:00-08:00")))
        assert len(server.asked) == 2


def test_a_run_that_was_broken_off_is_not_finished_with_an_old_answer() -> None:
    """A reader may live for long; what it heard an hour ago is no news."""
    moments = [NOW]
    with loopback(Realm(0)) as server:
        books = connector(server, lambda: moments[-1])
        list(books.pull("refunds", since("2026-03-02T03:00:00-08:00")))
        moments.append(NOW + dt.timedelta(hours=1))
        list(books.pull("deposits", since("2026-03-02T03:00:00-08:00")))
        assert [asked.path.rpartition("/")[2] for asked in server.asked] == ["cdc", "cdc"]


def test_sweeps_of_one_run_go_on_from_one_instant_and_later_ones_from_their_own() -> None:
    realm = Realm(3)
    with loopback(realm) as server:
        books = connector(server)
        told = []
        for realm.time in (TIME, "2026-03-02T04:10:00.000-08:00", "2026-03-09T04:00:00.000-08:00"):
            (page,) = books.pull("refunds", "")
            told.append(json.loads(page.cursor)["since"])
    assert told == ["2026-03-02T03:55:00-08:00", "2026-03-02T03:55:00-08:00", "2026-03-09T03:55:00-08:00"]


def test_the_watermark_is_the_platforms_clock_less_five_minutes() -> None:
    with loopback(Realm(0)) as server:
        (page,) = connector(server).pull("refunds", since("2026-03-02T03:00:00-08:00"))
        assert json.loads(page.cursor)["since"] == "2026-03-02T03:55:00-08:00"


def test_trap_change_data_keeps_the_offset_of_an_aware_time() -> None:
    """T7: the SDK drops it, and asks for another hour."""
    with loopback(Realm(0)) as server:
        list(connector(server).pull("refunds", since("2026-03-02T03:00:00-08:00")))
        assert server.asked[0].query["changedSince"] == "2026-03-02T03:00:00-08:00"


def test_a_deleted_record_is_gone() -> None:
    realm = Realm(0)
    realm.changes = {"Invoice": [{"domain": "QBO", "status": "Deleted", "Id": "3", "MetaData": {}}]}
    with loopback(realm) as server:
        (page,) = connector(server).pull("invoices", since("2026-03-02T03:00:00-08:00"))
        assert page.rows[0].facts == (Gone(connection="books", id="3", of_kind="invoice"),)


def test_change_data_that_may_be_cut_off_is_not_trusted() -> None:
    realm = Realm(1500)
    realm.changes = {"RefundReceipt": realm.rows[:1000]}
    with loopback(realm) as server:
        pages = list(connector(server).pull("refunds", since("2026-03-02T03:00:00-08:00")))
        assert ids(pages) == list(range(1, 1501))
        assert pages[-1].complete


def test_of_a_large_company_only_what_changed_is_queried_where_change_data_is_cut_off() -> None:
    realm = Realm(5000, changed=range(1, 1201))
    gone = {"status": "Deleted", "Id": "9000"}
    realm.changes = {"RefundReceipt": [*realm.rows[:999], gone]}
    with loopback(realm) as server:
        pages = list(connector(server).pull("refunds", since("2026-03-02T03:00:00-08:00")))
        assert ids(pages) == [9000, *range(1, 1201)], "with those deletions that were told"
        assert not any(page.complete for page in pages), "a window shows nobody else's deletion"
        queries = [asked for asked in server.asked if asked.path.endswith("/query")]
        assert len(queries) == 4, "two counts and two pages"
        assert all(b"MetaData.LastUpdatedTime >= '2026-03-02T03:00:00-08:00'" in asked.body for asked in queries[2:])
        assert json.loads(pages[-1].cursor) == {"since": "2026-03-02T03:55:00-08:00"}


def test_a_crash_inside_such_a_window_goes_on_inside_it() -> None:
    realm = Realm(5000, changed=range(1, 1201))
    realm.changes = {"RefundReceipt": realm.rows[:1000]}
    with loopback(realm) as server:
        pages = connector(server).pull("refunds", since("2026-03-02T03:00:00-08:00"))
        shown = [next(pages), next(pages)]
        rest = list(connector(server).pull("refunds", shown[-1].cursor))
        assert set(ids([*shown, *rest])) == {*range(1, 1201)}
        assert not any(page.complete for page in rest)


def test_many_changes_elsewhere_are_asked_for_one_stream_at_a_time() -> None:
    realm = Realm(1500)
    realm.changes = {"Payment": [refund(number) for number in range(1, 1001)], "RefundReceipt": [refund(4)]}
    with loopback(realm) as server:
        assert ids(list(connector(server).pull("refunds", since("2026-03-02T03:00:00-08:00")))) == [4]
        assert [asked.query.get("entities") for asked in server.asked][1] == "RefundReceipt"


def test_after_more_than_a_month_everything_is_read_again() -> None:
    with loopback(Realm(3)) as server:
        pages = list(connector(server).pull("refunds", since("2026-01-02T03:00:00-08:00")))
        assert ids(pages) == [1, 2, 3]
        assert pages[-1].complete


def test_a_refused_look_back_of_a_month_reads_everything_again_and_a_short_one_is_an_error() -> None:
    realm = Realm(3)

    def refuse(asked: Asked) -> Reply:
        return (
            Reply('{"Fault":{"Error":[{"Message":"no","code":"4001"}]}}', 400) if "cdc" in asked.path else realm(asked)
        )

    with loopback(refuse) as server:
        assert ids(list(connector(server).pull("refunds", since("2026-01-02T03:00:00-08:00")))) == [1, 2, 3]
        with pytest.raises(Refused):
            list(connector(server).pull("refunds", since("2026-03-02T03:00:00-08:00")))


def test_the_home_currency_is_asked_for_once_and_kept_in_the_cursor() -> None:
    realm = Realm(3)
    for row in realm.rows:
        del row["CurrencyRef"]
    with loopback(realm) as server:
        books = connector(server)
        (page,) = books.pull("refunds", "")
        assert {getattr(fact, "currency", "") for row in page.rows for fact in row.facts} == {"CAD"}
        list(books.pull("refunds", ""))
        assert sum("preferences" in asked.path for asked in server.asked) == 1
        assert json.loads(page.cursor)["home"] == "CAD"


def test_a_fault_inside_a_200_is_still_a_refusal() -> None:
    fault = '{"Fault":{"Error":[{"Message":"bad","Detail":"query","code":"4000"}],"type":"ValidationFault"},"time":"x"}'
    with loopback(replies(Reply(fault))) as server, pytest.raises(Refused, match="bad: query") as raised:
        list(connector(server).pull("refunds", ""))
    assert raised.value.code == "4000"


def test_the_support_id_of_a_failure_is_kept() -> None:
    with loopback(replies(Reply("", 400, {"intuit_tid": "1-abc"}))) as server, pytest.raises(Refused) as raised:
        list(connector(server).pull("refunds", ""))
    assert raised.value.reference == "1-abc"


def test_trap_minor_version_is_sent_with_every_call() -> None:
    with loopback(Realm(0)) as server:
        list(connector(server).pull("refunds", ""))
        assert server.asked[0].query == {"minorversion": "75"}


def test_trap_no_hidden_calls_nothing_is_asked_before_the_first_read() -> None:
    """T5: the SDK's OAuth client asks for a discovery document in its constructor."""
    with loopback(Realm(0)) as server:
        connector(server)
        assert server.asked == []


def test_reading_invoices_again_is_one_call_for_many_and_missing_ones_no_longer_exist() -> None:
    answer = json.dumps({"QueryResponse": {"Invoice": [an_invoice("7")]}, "time": TIME})
    with loopback(replies(Reply(answer))) as server:
        found = connector(server).read_invoices(["7", "8", "x' OR 1"])
        assert server.asked[0].body == b"SELECT * FROM Invoice WHERE Id IN ('7', '8') MAXRESULTS 1000"
        assert found["7"].invoice is not None
        assert found["8"].invoice is None
        assert found["x' OR 1"].invoice is None
        assert len(server.asked) == 1


# --- census ---------------------------------------------------------------------------------------------------------


def query_answer(entity: str, *rows: dict[str, Any]) -> Reply:
    return Reply(json.dumps({"QueryResponse": {entity: list(rows)} if rows else {}, "time": TIME}))


def test_a_census_asks_for_the_least_and_tells_version_and_balance_in_minor_units() -> None:
    row = {"Id": "7", "SyncToken": "3", "CurrencyRef": {"value": "JPY"}, "Balance": 1250}
    with loopback(replies(query_answer("Invoice", row))) as server:
        assert list(connector(server).census("invoices")) == [[Standing("7", "3", 1250)]]
        asked = b"SELECT Id, SyncToken, CurrencyRef, Balance FROM Invoice ORDERBY Id STARTPOSITION 1 MAXRESULTS 1000"
        assert server.asked[0].body == asked


def test_a_census_of_a_thousand_and_more_pages_on() -> None:
    with loopback(Realm(1500)) as server:
        pages = list(connector(server).census("refunds"))
        assert [standing.id for page in pages for standing in page] == [str(number) for number in range(1, 1501)]
        assert len(server.asked) == 2


def test_trap_projections_are_not_promised_a_server_that_refuses_them_is_asked_for_whole_records() -> None:
    refusal = Reply('{"Fault":{"Error":[{"Message":"Error parsing query","code":"4000"}]}}', 400)

    def script(asked: Asked) -> Reply:
        return query_answer("Invoice", an_invoice("7")) if b"SELECT * " in asked.body else refusal

    with loopback(script) as server:
        assert list(connector(server).census("invoices")) == [[Standing("7", "0", 500)]]


def test_a_census_that_is_refused_for_another_reason_is_an_error() -> None:
    refusal = Reply('{"Fault":{"Error":[{"Message":"no","code":"2500"}]}}', 400)
    with loopback(replies(refusal)) as server:
        with pytest.raises(Refused):
            list(connector(server).census("invoices"))
        assert len(server.asked) == 1


def test_in_a_census_a_balance_that_cannot_be_read_is_not_told() -> None:
    rows = [an_invoice("1", Balance="5"), an_invoice("2", CurrencyRef={"value": "ZZZ"}), {"SyncToken": "1"}]
    with loopback(replies(query_answer("Invoice", *rows))) as server:
        (page,) = connector(server).census("invoices")
        assert [(standing.id, standing.open) for standing in page] == [("1", None), ("2", None)]


def test_the_census_of_sales_receipts_uses_the_ids_of_the_facts() -> None:
    with loopback(replies(query_answer("SalesReceipt", {"Id": "5", "SyncToken": "1"}))) as server:
        assert list(connector(server).census("sales_receipts")) == [[Standing("salesreceipt-5", "1")]]


# --- rereading ------------------------------------------------------------------------------------------------------


def test_rereading_asks_for_a_hundred_at_a_time_and_tells_what_is_gone() -> None:
    realm = Realm(120)
    with loopback(realm) as server:
        pages = list(connector(server).reread("refunds", [*map(str, range(1, 121)), "900", "900"]))
        assert len(server.asked) == 2
        facts = [fact for page in pages for row in page.rows for fact in row.facts]
        assert [fact.id for fact in facts if not isinstance(fact, Gone)] == [str(number) for number in range(1, 121)]
        assert [fact for fact in facts if isinstance(fact, Gone)] == [
            Gone(connection="books", id="900", of_kind="refund")
        ]
        assert {page.cursor for page in pages} == {""}


def test_rereading_customers_finds_inactive_ones() -> None:
    with loopback(replies(query_answer("Customer"))) as server:
        list(connector(server).reread("customers", ["7"]))
        assert b"WHERE Id IN ('7') AND Active IN (true, false)" in server.asked[0].body


def test_a_record_that_is_shown_but_cannot_be_read_is_not_gone() -> None:
    with loopback(replies(query_answer("Invoice", an_invoice("7", TotalAmt="5")))) as server:
        (page,) = connector(server).reread("invoices", ["7"])
        (row,) = page.rows
        assert row.problem is not None
        assert row.facts == ()


def test_a_record_without_an_id_may_be_any_so_nothing_is_gone() -> None:
    with loopback(replies(query_answer("Invoice", an_invoice("7", Id=None)))) as server:
        (page,) = connector(server).reread("invoices", ["7", "8"])
        assert not any(row.facts for row in page.rows)


def test_trap_no_sanitising_of_query_text_what_is_no_id_is_gone_without_a_question() -> None:
    """T9"""
    with loopback(replies(query_answer("Invoice"))) as server:
        (page,) = connector(server).reread("invoices", ["7' OR Id = '8"])
        assert [fact.id for row in page.rows for fact in row.facts] == ["7' OR Id = '8"]
        assert server.asked == []


def test_payments_and_sales_receipts_are_told_apart_by_their_ids() -> None:
    receipt = refund(12, TotalAmt=20)
    with loopback(replies(query_answer("SalesReceipt", receipt))) as server:
        books = connector(server)
        told = [
            fact
            for page in books.reread("sales_receipts", ["12", "salesreceipt-12"])
            for row in page.rows
            for fact in row.facts
        ]
        assert [(fact.kind, fact.id) for fact in told] == [("gone", "12"), ("payment", "salesreceipt-12")]
        (page,) = books.reread("payments", ["salesreceipt-12"])
        assert [fact.kind for row in page.rows for fact in row.facts] == ["gone"]
        assert len(server.asked) == 1


# --- PDF ------------------------------------------------------------------------------------------------------------

PDF = b"%PDF-1.4\n1 0 obj\nendobj\n%%EOF\n"


def test_the_pdf_is_asked_for_as_such() -> None:
    with loopback(replies(Reply(PDF, headers={"Content-Type": "application/pdf"}))) as server:
        assert connector(server).read_pdf("7") == PDF
        assert server.asked[0].path.endswith("/invoice/7/pdf")
        assert server.asked[0].headers["accept"] == "application/pdf"


def test_a_pdf_that_is_cut_off_is_read_again_and_then_refused() -> None:
    with loopback(replies(Reply(PDF[:-6]))) as server:
        with pytest.raises(Malformed, match="PDF"):
            connector(server).read_pdf("7")
        assert len(server.asked) == 3


def test_the_pdf_of_no_invoice_is_not_found() -> None:
    missing = Reply('{"Fault":{"Error":[{"Message":"Object Not Found","code":"610"}]}}', 400)
    with loopback(replies(missing)) as server:
        for name in ("7", "../customer/1"):
            with pytest.raises(NotFound):
                connector(server).read_pdf(name)
        assert len(server.asked) == 1
