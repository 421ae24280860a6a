"""Writes to QuickBooks and their read-back, against a scripted server."""

import datetime as dt
import json
from typing import Any

import pytest

from connectors.errors import Conflict, Refused, Uncertain
from connectors.protocol import Intent, Receipt
from connectors.quickbooks.writing import request_id, tag
from receivables.commands import (
    AddNote,
    ChargeFee,
    CreditInvoice,
    RecordPayment,
    RecordProcessingFee,
    RecordRefund,
    SendInvoiceEmail,
    SetCustomerMemo,
    VoidInvoice,
    VoidPayment,
)
from receivables.money import Money
from receivables.refs import Ref
from tests.connectors.loopback import Asked, Reply, loopback, replies
from tests.connectors.quickbooks_world import INVOICE, TIME, Realm, an_invoice, connector
from tests.connectors.stands import now

KEY = "books/step/7"


def intent(command: Any, **before: str) -> Intent:
    return Intent(KEY, command, before, now())


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
    """T2: the SDK reads decimals and writes them as text."""
    with loopback(replies(Reply('{"Payment":{"Id":"90"}}'))) as server:
        assert connector(server).push(intent(a_payment())).reference == "90"
        body = json.loads(server.asked[0].body)
    assert body["TotalAmt"] == 10.5
    assert body["Line"] == [{"Amount": 10.5, "LinkedTxn": [{"TxnId": "7", "TxnType": "Invoice"}]}]
    assert body["PaymentRefNum"] == "ch_3SxyzABCDEFGHIJKLM"
    assert len(body["PaymentRefNum"]) == 21
    assert tag(KEY) in body["PrivateNote"]
    assert "card:payment:ch_1" in body["PrivateNote"]
    assert body["DepositToAccountRef"] == {"value": "35"}


def test_trap_send_carries_a_request_id_which_the_sdks_own_does_not() -> None:
    """Section 3: nor do its void, batch and attachment calls."""
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


def test_each_step_of_a_write_has_a_request_id_of_its_own() -> None:
    """Another intent whose key goes on where this one ends is never taken for a step of it."""
    ids = [
        request_id("books/1"),
        request_id("books/1", "memo"),
        request_id("books/1", "apply", "0"),
        request_id("books/1/0"),
    ]
    assert len(set(ids)) == 4
    assert request_id("books/1", "memo") == request_id("books/1", "memo")
    assert len(request_id("k" * 48, "memo")) <= 50


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
    """T9: the SDK leaves query text as it is."""
    command = a_payment()
    tricky = RecordPayment(
        **{name: getattr(command, name) for name in command.__struct_fields__ if name != "reference"},
        reference="O'Neil\\",
    )
    with loopback(Realm(0)) as server:
        assert connector(server).find(intent(tricky)) == "absent"
        assert rb"PaymentRefNum = 'O\'Neil\\' " in server.asked[0].body


# --- writes to a record that is there already -------------------------------------------------------------------------

STALE = Reply('{"Fault":{"Error":[{"Message":"Stale Object Error","code":"5010"}],"type":"ValidationFault"}}', 400)


class Books:
    """One invoice or payment: answers GET with it, and takes a POST unless a refusal is waiting."""

    def __init__(self, entity: str, row: dict[str, Any], *refusals: Reply) -> None:
        self.entity, self.row, self.refusals = entity, row, list(refusals)
        self.posted: list[Asked] = []

    def __call__(self, asked: Asked) -> Reply:
        if asked.method == "POST":
            self.posted.append(asked)
            if self.refusals:
                self.row["SyncToken"] = str(int(self.row["SyncToken"]) + 1)
                return self.refusals.pop(0)
        return Reply(json.dumps({self.entity: self.row}))

    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(asked.body) for asked in self.posted]


def a_memo(text: str = "Please pay") -> SetCustomerMemo:
    return SetCustomerMemo(connection="books", invoice=INVOICE, text=text)


def test_trap_a_memo_overwrites_so_what_stands_there_is_written_again_in_front() -> None:
    books = Books("Invoice", an_invoice("7", SyncToken="3", CustomerMemo={"value": "Thank you"}))
    with loopback(books) as server:
        connector(server).push(intent(a_memo()))
    (body,) = books.bodies()
    assert body == {"Id": "7", "SyncToken": "3", "sparse": True, "CustomerMemo": {"value": "Thank you\nPlease pay"}}


def test_trap_lines_are_never_sent_in_a_sparse_write_because_they_replace_all() -> None:
    books = Books("Invoice", an_invoice("7", Line=[{"Id": "1", "Amount": 5}]))
    with loopback(books) as server:
        connector(server).push(intent(a_memo()))
        connector(server).push(intent(VoidInvoice(connection="books", invoice=INVOICE)))
    assert not any("Line" in body for body in books.bodies())


def test_a_memo_that_says_it_already_is_not_written_again() -> None:
    books = Books("Invoice", an_invoice("7", CustomerMemo={"value": "Hello.\r\nPlease  pay"}))
    with loopback(books) as server:
        assert connector(server).push(intent(a_memo())).reference == "7"
        assert isinstance(connector(server).find(intent(a_memo())), Receipt)
    assert books.posted == []


def test_words_that_only_begin_like_ours_are_others() -> None:
    books = Books("Invoice", an_invoice("7", CustomerMemo={"value": "Please payable"}))
    with loopback(books) as server:
        assert connector(server).find(intent(a_memo())) == "absent"


def test_of_a_deleted_record_only_an_email_is_in_doubt() -> None:
    missing = Reply('{"Fault":{"Error":[{"Message":"Object Not Found","code":"610"}]}}', 400)
    with loopback(replies(missing)) as server:
        books = connector(server)
        assert books.find(intent(SendInvoiceEmail(connection="books", invoice=INVOICE))) == "unknown"
        for command in (a_memo(), VoidInvoice(connection="books", invoice=INVOICE), VOID_PAYMENT):
            assert books.find(intent(command)) == "absent"


def test_a_memo_that_would_be_too_long_is_refused_and_nothing_is_cut_off() -> None:
    books = Books("Invoice", an_invoice("7", CustomerMemo={"value": "x" * 995}))
    with loopback(books) as server, pytest.raises(Refused) as raised:
        connector(server).push(intent(a_memo()))
    assert raised.value.code == "too_long"
    assert books.posted == []


def test_trap_a_stale_token_is_read_again_once_and_the_next_try_has_a_request_id_of_its_own() -> None:
    books = Books("Invoice", an_invoice("7", SyncToken="3"), STALE)
    with loopback(books) as server:
        assert connector(server).push(intent(a_memo())).reference == "7"
    assert [body["SyncToken"] for body in books.bodies()] == ["3", "4"]
    first, second = (asked.query["requestid"] for asked in books.posted)
    assert first != second, "Intuit would repeat the refusal for the same one"


def test_a_token_that_is_stale_twice_is_a_conflict_and_never_a_third_try() -> None:
    books = Books("Invoice", an_invoice("7"), STALE, STALE, STALE)
    with loopback(books) as server, pytest.raises(Conflict):
        connector(server).push(intent(a_memo()))
    assert len(books.posted) == 2


def test_what_somebody_else_did_meanwhile_is_seen_before_the_second_try() -> None:
    books = Books("Invoice", an_invoice("7"))

    def script(asked: Asked) -> Reply:
        if asked.method == "POST":
            books.row["CustomerMemo"] = {"value": "Please pay"}
            books.posted.append(asked)
            return STALE
        return books(asked)

    with loopback(script) as server:
        assert connector(server).push(intent(a_memo())).reference == "7"
    assert len(books.posted) == 1


def test_an_invoice_is_voided_by_its_own_operation() -> None:
    books = Books("Invoice", an_invoice("7", SyncToken="3"))
    with loopback(books) as server:
        connector(server).push(intent(VoidInvoice(connection="books", invoice=INVOICE)))
    assert books.posted[0].query["operation"] == "void"
    assert books.bodies() == [{"Id": "7", "SyncToken": "3", "sparse": True}]


def test_an_invoice_with_money_on_it_is_not_voided() -> None:
    books = Books("Invoice", an_invoice("7", Balance=2))
    with loopback(books) as server, pytest.raises(Refused) as raised:
        connector(server).push(intent(VoidInvoice(connection="books", invoice=INVOICE)))
    assert raised.value.code == "has_payments"
    assert books.posted == []


def test_trap_answers_to_a_void_differ_so_only_reading_again_tells() -> None:
    """Some show the old total beside the note; the read-back sees total and note together."""
    command = VoidInvoice(connection="books", invoice=INVOICE)
    odd = an_invoice("7", TotalAmt=50, Balance=50, PrivateNote="Voided")
    for row, found in ((odd, False), (an_invoice("7", TotalAmt=0, Balance=0, PrivateNote="Voided - x"), True)):
        with loopback(Books("Invoice", row)) as server:
            assert isinstance(connector(server).find(intent(command)), Receipt) is found


def a_payment_of_five(**fields: Any) -> dict[str, Any]:
    return {"Id": "9", "SyncToken": "1", "TotalAmt": 5, "CustomerRef": {"value": "5"}} | fields


VOID_PAYMENT = VoidPayment(connection="books", payment=Ref("books", "payment", "9"))


def test_a_payment_is_voided_by_an_update_that_includes_void() -> None:
    books = Books("Payment", a_payment_of_five())
    with loopback(books) as server:
        connector(server).push(intent(VOID_PAYMENT))
    (asked,) = books.posted
    assert (asked.query["operation"], asked.query["include"]) == ("update", "void")
    assert books.bodies() == [{"Id": "9", "SyncToken": "1", "sparse": True}]


def test_a_payment_in_a_deposit_is_not_voided() -> None:
    banked = a_payment_of_five(LinkedTxn=[{"TxnId": "3", "TxnType": "Deposit"}])
    books = Books("Payment", banked)
    with loopback(books) as server, pytest.raises(Refused) as raised:
        connector(server).push(intent(VOID_PAYMENT))
    assert raised.value.code == "deposited"
    assert books.posted == []


# --- documents of our own ---------------------------------------------------------------------------------------------


def test_closed_books_are_told_as_locked() -> None:
    closed = '{"Fault":{"Error":[{"Message":"Account Period Closed","code":"6210"}],"type":"ValidationFault"}}'
    with loopback(replies(Reply(closed, 400))) as server, pytest.raises(Refused) as raised:
        connector(server).push(intent(a_payment()))
    assert raised.value.code == "locked"


def a_fee(tax_code: str = "") -> ChargeFee:
    return ChargeFee(
        connection="books",
        invoice=INVOICE,
        customer=Ref("books", "customer", "5"),
        amount=Money(4050, "USD"),
        description="Late payment",
        issued_on=dt.date(2026, 3, 1),
        due_on=dt.date(2026, 3, 15),
        account="11",
        tax_code=tax_code,
    )


def test_a_fee_is_an_invoice_that_is_sent_to_nobody_and_numbered_by_quickbooks() -> None:
    with loopback(replies(Reply('{"Invoice":{"Id":"90"}}'))) as server:
        assert connector(server).push(intent(a_fee())).reference == "90"
        body = json.loads(server.asked[0].body)
        assert server.asked[0].query["requestid"] == KEY
    (line,) = body["Line"]
    assert (line["Amount"], line["SalesItemLineDetail"]["ItemRef"]) == (40.5, {"value": "11"})
    assert (body["EmailStatus"], body["DueDate"]) == ("NotSet", "2026-03-15")
    assert "DocNumber" not in body
    assert tag(KEY) in body["PrivateNote"]


@pytest.mark.parametrize(("code", "way"), [("", None), ("TAX", None), ("NON", None), ("20.0% S", "TaxExcluded")])
def test_trap_a_way_of_calculation_is_for_companies_outside_the_united_states_only(code: str, way: str | None) -> None:
    with loopback(replies(Reply('{"Invoice":{"Id":"90"}}'))) as server:
        connector(server).push(intent(a_fee(code)))
        body = json.loads(server.asked[0].body)
    assert body.get("GlobalTaxCalculation") == way
    assert body["Line"][0]["SalesItemLineDetail"].get("TaxCodeRef", {}).get("value", "") == code


def test_notes_cannot_be_searched_for_so_a_fee_is_found_by_customer_and_day() -> None:
    rows = [an_invoice("8", PrivateNote="other"), an_invoice("90", PrivateNote=f"For x [{tag(KEY)}]")]
    answer = json.dumps({"QueryResponse": {"Invoice": rows}, "time": TIME})
    with loopback(replies(Reply(answer))) as server:
        found = connector(server).find(intent(a_fee()))
        assert b"WHERE CustomerRef = '5' AND TxnDate = '2026-03-01' ORDERBY Id" in server.asked[0].body
    assert isinstance(found, Receipt)
    assert found.reference == "90"


def a_refund(item: str = "11") -> RecordRefund:
    return RecordRefund(
        connection="books",
        customer=Ref("books", "customer", "5"),
        amount=Money(1200, "USD"),
        refunded_on=dt.date(2026, 3, 1),
        account="35",
        source=Ref("card", "refund", "re_1"),
        item=item,
    )


def test_a_refund_without_an_item_is_refused_before_anything_is_asked() -> None:
    with loopback(replies(Reply("{}"))) as server, pytest.raises(Refused, match="item"):
        connector(server).push(intent(a_refund(item="")))
    assert server.asked == []


def test_a_refund_to_which_quickbooks_added_tax_is_for_a_person() -> None:
    row = {"Id": "4", "TotalAmt": 14.4, "PrivateNote": f"card:refund:re_1 [{tag(KEY)}]"}
    listed = json.dumps({"QueryResponse": {"RefundReceipt": [row]}, "time": TIME})
    with loopback(replies(Reply(json.dumps({"RefundReceipt": row})), Reply(listed))) as server:
        with pytest.raises(Uncertain, match=r"14\.4"):
            connector(server).push(intent(a_refund()))
        assert connector(server).find(intent(a_refund())) == "unknown"


def a_processing_fee(supplier: str) -> RecordProcessingFee:
    return RecordProcessingFee(
        connection="books",
        amount=Money(175, "USD"),
        paid_on=dt.date(2026, 3, 1),
        account="35",
        expense_account="91",
        tax_code="",
        source=Ref("card", "balance_transaction", "txn_1"),
        supplier=supplier,
    )


@pytest.mark.parametrize("known", [True, False])
def test_a_processing_fee_names_the_supplier_where_the_books_know_it(known: bool) -> None:
    vendors = {"Vendor": [{"Id": "56", "DisplayName": "O'Stripe"}]} if known else {}

    def script(asked: Asked) -> Reply:
        if asked.path.endswith("/query"):
            return Reply(json.dumps({"QueryResponse": vendors, "time": TIME}))
        return Reply('{"Purchase":{"Id":"4","TotalAmt":1.75}}')

    with loopback(script) as server:
        connector(server).push(intent(a_processing_fee("O'Stripe")))
        assert rb"DisplayName = 'O\'Stripe'" in server.asked[0].body
        body = json.loads(server.asked[1].body)
    assert body.get("EntityRef") == ({"value": "56", "type": "Vendor"} if known else None)
    assert (body["PaymentType"], body["AccountRef"]) == ("Cash", {"value": "35"})
    detail = body["Line"][0]["AccountBasedExpenseLineDetail"]
    assert (body["Line"][0]["Amount"], detail) == (1.75, {"AccountRef": {"value": "91"}})


def a_credit() -> CreditInvoice:
    return CreditInvoice(
        connection="books",
        invoice=INVOICE,
        customer=Ref("books", "customer", "5"),
        amount=Money(1200, "USD"),
        description="Goodwill",
        issued_on=dt.date(2026, 3, 1),
        account="11",
    )


class Taxing:
    """Adds tax to every credit memo, as QuickBooks does in the United States by the customer's address."""

    def __init__(self) -> None:
        self.memo = {"Id": "4", "SyncToken": "0", "TotalAmt": 13.2, "RemainingCredit": 13.2, "DocNumber": "CM-4"}
        self.posted: list[str] = []

    def __call__(self, asked: Asked) -> Reply:
        if asked.path.endswith("/query"):
            made = b"CreditMemo" in asked.body and self.posted
            rows = {"CreditMemo": [self.memo | {"PrivateNote": f"[{tag(KEY)}]"}]} if made else {}
            return Reply(json.dumps({"QueryResponse": rows, "time": TIME}))
        if asked.method == "POST":
            self.posted.append(asked.path.rpartition("/")[2])
        row = an_invoice("7", TotalAmt=100, Balance=100) if "/invoice" in asked.path else self.memo
        return Reply(json.dumps({"Invoice" if "/invoice" in asked.path else "CreditMemo": row}))


def test_a_credit_memo_to_which_quickbooks_added_tax_is_not_applied_and_a_person_is_told() -> None:
    books = Taxing()
    with loopback(books) as server:
        for _ in range(2):
            with pytest.raises(
                Refused, match=r"CM-4 was made, but with tax it comes to 13\.2, not 12\.00 USD"
            ) as raised:
                connector(server).push(intent(a_credit()))
            assert raised.value.code == "half_done"
        assert connector(server).find(intent(a_credit())) == "unknown"
    assert books.posted == ["creditmemo"], "made once, applied never"
