"""Writes to a record that QuickBooks has already: memos and voids, and stale tokens, against a scripted server."""

import json
from typing import Any

import pytest

from connectors.errors import Conflict, Refused
from connectors.protocol import Receipt
from receivables.commands import (
    SendInvoiceEmail,
    SetCustomerMemo,
    VoidInvoice,
    VoidPayment,
)
from receivables.refs import Ref
from tests.connectors.loopback import Asked, Reply, loopback, replies
from tests.connectors.quickbooks_world import INVOICE, an_invoice, connector, intent

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
