"""Paging, change data and read-back at QuickBooks, against a scripted server."""

import datetime as dt
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from connectors.errors import Malformed, Refused
from connectors.protocol import Intent, Page
from connectors.quickbooks.connector import QuickBooksConnector
from connectors.quickbooks.push import request_id, tag
from receivables.commands import AddNote, RecordPayment, SendInvoiceEmail
from receivables.facts import Gone
from receivables.money import Money
from receivables.refs import Ref
from tests.connectors.loopback import Asked, Loopback, Reply, loopback, replies
from tests.connectors.stands import CountingLimiter, HeldTokens, endpoint, now, oauth_tokens

TIME = "2026-03-02T04:00:00.000-08:00"
INVOICE = Ref("books", "invoice", "7")


def connector(server: Loopback) -> QuickBooksConnector:
    return QuickBooksConnector(endpoint("quickbooks", server.url), HeldTokens(oauth_tokens()), CountingLimiter(), now)


def refund(number: int, **fields: Any) -> dict[str, Any]:
    return {"Id": str(number), "TotalAmt": 5, "CurrencyRef": {"value": "USD"}, "CustomerRef": {"value": "1"}} | fields


class Realm:
    """Answers queries over refund receipts by STARTPOSITION, as Intuit does."""

    def __init__(self, count: int) -> None:
        self.rows = [refund(number) for number in range(1, count + 1)]
        self.changes: dict[str, list[dict[str, Any]]] = {}
        self.on_query: Callable[[int], object] = str

    def __call__(self, asked: Asked) -> Reply:
        if asked.path.endswith("/cdc"):
            blocks = [{entity: self.changes.get(entity, [])} for entity in asked.query["entities"].split(",")]
            return Reply(json.dumps({"CDCResponse": [{"QueryResponse": blocks}], "time": TIME}))
        if asked.path.endswith("/preferences"):
            return Reply('{"Preferences":{"CurrencyPrefs":{"HomeCurrency":{"value":"CAD"}}}}')
        found = re.search(r"STARTPOSITION (\d+) MAXRESULTS (\d+)", asked.body.decode())
        assert found
        position, most = int(found[1]), int(found[2])
        self.on_query(position)
        rows = self.rows[position - 1 : position - 1 + most] if "RefundReceipt" in asked.body.decode() else []
        return Reply(json.dumps({"QueryResponse": {"RefundReceipt": rows} if rows else {}, "time": TIME}))


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


def test_the_watermark_is_the_platforms_clock_less_five_minutes() -> None:
    with loopback(Realm(0)) as server:
        (page,) = connector(server).pull("refunds", since("2026-03-02T03:00:00-08:00"))
        assert json.loads(page.cursor)["since"] == "2026-03-02T03:55:00-08:00"


def test_trap_change_data_keeps_the_offset_of_an_aware_time() -> None:
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
    with loopback(Realm(0)) as server:
        connector(server)
        assert server.asked == []


def test_rereading_is_one_call_for_many_and_missing_ones_no_longer_exist() -> None:
    row = refund(7, Balance=5, DocNumber="A")

    def script(asked: Asked) -> Reply:
        return Reply(json.dumps({"QueryResponse": {"Invoice": [row]}, "time": TIME}))

    with loopback(script) as server:
        found = connector(server).read_invoices(["7", "8", "x' OR 1"])
        assert server.asked[0].body == b"SELECT * FROM Invoice WHERE Id IN ('7', '8') MAXRESULTS 1000"
        assert found["7"].invoice is not None
        assert found["8"].invoice is None
        assert found["x' OR 1"].invoice is None
        assert len(server.asked) == 1


# --- writes ---------------------------------------------------------------------------------------------------------


def intent(command: Any, **before: str) -> Intent:
    return Intent("books/step/7", command, before, now())


def a_payment() -> RecordPayment:
    return RecordPayment(
        connection="books",
        invoice=INVOICE,
        customer=Ref("books", "customer", "5"),
        amount=Money(1050, "USD"),
        paid_on=dt.date(2026, 3, 1),
        account="35",
        source=Ref("card", "payment", "ch_1"),
        reference="ch_3SxyzABCDEFGHIJKLMNOPQR",
    )


def test_trap_decimals_are_written_as_numbers_never_as_text() -> None:
    with loopback(replies(Reply('{"Payment":{"Id":"90"}}'))) as server:
        assert connector(server).push(intent(a_payment())).reference == "90"
        body = json.loads(server.asked[0].body)
    assert body["TotalAmt"] == 10.5
    assert body["Line"] == [{"Amount": 10.5, "LinkedTxn": [{"TxnId": "7", "TxnType": "Invoice"}]}]
    assert body["PaymentRefNum"] == "ch_3SxyzABCDEFGHIJKLM"
    assert len(body["PaymentRefNum"]) == 21
    assert tag("books/step/7") in body["PrivateNote"]
    assert "card:payment:ch_1" in body["PrivateNote"]
    assert body["DepositToAccountRef"] == {"value": "35"}


def test_trap_send_carries_a_request_id_which_the_sdks_own_does_not() -> None:
    with loopback(replies(Reply('{"Invoice":{"Id":"7","EmailStatus":"EmailSent"}}'))) as server:
        connector(server).push(intent(SendInvoiceEmail(connection="books", invoice=INVOICE, to="a+b@c.example")))
        asked = server.asked[0]
    assert asked.path.endswith("/invoice/7/send")
    assert asked.query["requestid"] == "books/step/7"
    assert asked.query["sendTo"] == "a+b@c.example"
    assert asked.headers["content-type"] == "application/octet-stream"
    assert asked.body == b""


def test_a_long_key_becomes_one_short_request_id() -> None:
    long = "books/step/" + "7" * 60
    assert len(request_id(long)) <= 50
    assert request_id(long) == request_id(long)
    assert request_id(long) != request_id(long + "1")


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        (
            {"email_status": "EmailSent", "delivery_time": "2026-03-01T10:00:00-08:00"},
            "2026-03-01T10:00:00-08:00",
            "absent",
        ),
        (
            {"email_status": "EmailSent", "delivery_time": "2026-03-01T10:00:00-08:00"},
            "2026-03-02T10:00:00-08:00",
            "sent",
        ),
        (
            {"email_status": "EmailSent", "delivery_time": "2026-03-01T10:00:00-08:00"},
            "2026-02-02T10:00:00-08:00",
            "unknown",
        ),
        ({"email_status": "NotSet", "delivery_time": ""}, "2026-03-02T10:00:00-08:00", "sent"),
        ({"email_status": "NotSet", "delivery_time": ""}, "", "sent"),
        ({"email_status": "EmailSent", "delivery_time": ""}, "", "unknown"),
        ({}, "", "unknown"),
    ],
)
def test_the_delivery_time_tells_whether_an_invoice_was_sent(before: dict[str, str], after: str, found: str) -> None:
    delivery = {"DeliveryInfo": {"DeliveryTime": after}} if after else {}
    answer = json.dumps({"Invoice": {"Id": "7", "EmailStatus": "EmailSent"} | delivery})
    with loopback(replies(Reply(answer))) as server:
        told = connector(server).find(intent(SendInvoiceEmail(connection="books", invoice=INVOICE), **before))
    assert (told if isinstance(told, str) else "sent") == found


def test_an_invoice_never_sent_is_absent() -> None:
    with loopback(replies(Reply('{"Invoice":{"Id":"7","EmailStatus":"NotSet"}}'))) as server:
        command = SendInvoiceEmail(connection="books", invoice=INVOICE)
        assert connector(server).find(intent(command, email_status="NotSet", delivery_time="")) == "absent"


def test_a_note_is_found_by_its_tag_and_by_nothing_else() -> None:
    command = AddNote(connection="books", invoice=INVOICE, text="called")
    for note, found in ((f"called [{tag('books/step/7')}]", True), ("called", False)):
        rows = json.dumps({"QueryResponse": {"Attachable": [{"Id": "2", "Note": note}]}, "time": TIME})
        with loopback(replies(Reply(rows))) as server:
            assert (connector(server).find(intent(command)) != "absent") is found


def test_trap_apostrophes_in_query_text_are_escaped() -> None:
    command = a_payment()
    tricky = RecordPayment(
        **{name: getattr(command, name) for name in command.__struct_fields__ if name != "reference"},
        reference="O'Neil\\",
    )
    with loopback(Realm(0)) as server:
        assert connector(server).find(intent(tricky)) == "absent"
        assert rb"PaymentRefNum = 'O\'Neil\\' " in server.asked[0].body
