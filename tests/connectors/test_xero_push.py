"""Writes and their read-back at Xero, against a scripted server."""

import datetime as dt
import json
import re
from typing import Any

import pytest

from connectors.errors import Refused
from connectors.protocol import Intent
from connectors.xero.tags import tag
from receivables.commands import ApplyCredit, CreatePaymentLink, RecordPayment, SendInvoiceEmail
from receivables.money import Money
from receivables.refs import Ref
from tests.connectors.loopback import Asked, Reply, loopback, replies
from tests.connectors.xero_world import GUID, INVOICE, OTHER, START, connector


def a_payment() -> RecordPayment:
    return RecordPayment(
        connection="books",
        invoice=INVOICE,
        customer=Ref("books", "customer", "c"),
        amount=Money(1050, "GBP"),
        paid_on=dt.date(2026, 1, 2),
        account="091",
        source=Ref("card", "payment", "ch_1"),
        reference="ch_1",
    )


def a_credit() -> ApplyCredit:
    return ApplyCredit(
        connection="books",
        credit_note=Ref("books", "credit_note", OTHER),
        invoice=INVOICE,
        customer=Ref("books", "customer", "c"),
        amount=Money(500, "GBP"),
        allocated_on=dt.date(2026, 1, 2),
    )


def test_trap_a_payment_is_a_put_with_our_key_and_numbers() -> None:
    """T7: the SDK's models would add HasErrors and HasAttachments to the body; ours holds what we wrote and no more."""
    with loopback(replies(Reply('{"Payments":[{"PaymentID":"p-1"}]}'))) as server:
        assert connector(server).push(Intent("key-1", a_payment())).reference == "p-1"
        asked = server.asked[0]
    assert (asked.method, asked.path) == ("PUT", "/Payments")
    assert asked.headers["idempotency-key"] == "key-1"
    assert asked.query["summarizeErrors"] == "false"
    (body,) = json.loads(asked.body)["Payments"]
    assert body == {
        "Invoice": {"InvoiceID": GUID},
        "Account": {"Code": "091"},
        "Date": "2026-01-02",
        "Amount": 10.5,
        "Reference": f"ch_1 {tag('key-1')}",
    }


@pytest.mark.parametrize(
    "element",
    [
        {"HasErrors": True},
        {"StatusAttributeString": "ERROR"},
        {"ValidationErrors": [{"Message": "Payment amount exceeds the amount outstanding on this document"}]},
    ],
)
def test_trap_a_200_with_an_error_in_its_element_is_a_refusal(element: dict[str, Any]) -> None:
    body = json.dumps({"Payments": [{"PaymentID": "00000000-0000-0000-0000-000000000000"} | element]})
    with loopback(replies(Reply(body))) as server, pytest.raises(Refused):
        connector(server).push(Intent("key-1", a_payment()))


def test_a_warning_is_no_refusal() -> None:
    element = {"PaymentID": "p-1", "StatusAttributeString": "WARNING", "Warnings": [{"Message": "w"}]}
    with loopback(replies(Reply(json.dumps({"Payments": [element]})))) as server:
        assert connector(server).push(Intent("key-1", a_payment())).reference == "p-1"


def test_trap_all_validation_messages_are_told_not_the_first_only() -> None:
    """T8."""
    elements = [{"ValidationErrors": [{"Message": "first"}, {"Message": "second"}]}]
    body = json.dumps(
        {"ErrorNumber": 10, "Type": "ValidationException", "Message": "A validation", "Elements": elements}
    )
    with loopback(replies(Reply(body, 400))) as server, pytest.raises(Refused, match="first; second"):
        connector(server).push(Intent("key-1", a_payment()))


def test_a_recorded_payment_is_found_by_its_tag() -> None:
    ours = {"PaymentID": "p-1", "Amount": 10.5, "Reference": f"ch_1 {tag('key-1')}"}
    other = {"PaymentID": "p-2", "Amount": 10.5, "Reference": "ch_1"}
    for payments, found in (([other, ours], "p-1"), ([other], "absent"), ([], "absent")):
        with loopback(replies(Reply(json.dumps({"Invoices": [{"Payments": payments}]})))) as server:
            told = connector(server).find(Intent("key-1", a_payment()))
        assert (told if isinstance(told, str) else told.reference) == found


@pytest.mark.parametrize(("amount", "found"), [("5.0", "applied"), ("0", "absent"), ("3.0", "unknown")])
def test_an_applied_credit_is_found_by_how_the_allocation_grew(amount: str, found: str) -> None:
    def script(asked: Asked) -> Reply:
        share = f'{{"Amount":{amount},"Invoice":{{"InvoiceID":"{GUID}"}}}}'
        return Reply(f'{{"CreditNotes":[{{"Allocations":[{share}]}}]}}')

    with loopback(script) as server:
        told = connector(server).find(Intent("key-1", a_credit(), {"allocated": "0"}))
    assert (told if isinstance(told, str) else "applied") == found


class Mailing:
    """An invoice with its history."""

    def __init__(self, sent: bool, *entries: tuple[int, str]) -> None:
        self.sent = sent
        self.entries = [
            {"DateUTC": f"/Date({START + at})/", "Details": words, "Changes": "Note"} for at, words in entries
        ]

    def __call__(self, asked: Asked) -> Reply:
        if asked.path.endswith("/History"):
            return Reply(json.dumps({"HistoryRecords": self.entries}))
        return Reply(json.dumps({"Invoices": [{"SentToContact": self.sent}]}))


OLD = (0, "Invoice approved")


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        (Mailing(False, OLD), Mailing(True, OLD), "sent"),
        (Mailing(True, OLD), Mailing(True, OLD), "absent"),
        (Mailing(True, OLD), Mailing(True, OLD, (5, "This invoice has been sent to ap@ruiz.example")), "sent"),
        (Mailing(True, OLD), Mailing(True, OLD, (5, "Invoice edited")), "unknown"),
        (Mailing(True, OLD), Mailing(True, OLD, (5, "Reminder sent by e-mail [owed-0123456789ab]")), "unknown"),
        (Mailing(False), Mailing(False), "absent"),
    ],
)
def test_the_history_tells_whether_an_invoice_was_sent(before: Mailing, after: Mailing, found: str) -> None:
    command = SendInvoiceEmail(connection="books", invoice=INVOICE)
    with loopback(before) as server:
        seen = connector(server).prepare(command)
    with loopback(after) as server:
        told = connector(server).find(Intent("key-1", command, seen))
    assert (told if isinstance(told, str) else "sent") == found


def test_an_e_mail_is_a_204_without_a_body() -> None:
    with loopback(replies(Reply("", 204))) as server:
        connector(server).push(Intent("key-1", SendInvoiceEmail(connection="books", invoice=INVOICE)))
        asked = server.asked[0]
    assert (asked.method, asked.path, asked.body) == ("POST", f"/Invoices/{GUID}/Email", b"{}")
    assert asked.headers["idempotency-key"] == "key-1"


@pytest.mark.parametrize(
    ("status", "services", "payable"), [("AUTHORISED", 1, True), ("AUTHORISED", 0, False), ("DRAFT", 1, False)]
)
def test_a_pay_page_needs_a_payment_service_on_the_theme(status: str, services: int, payable: bool) -> None:
    def script(asked: Asked) -> Reply:
        if re.search("PaymentServices$", asked.path):
            return Reply(json.dumps({"PaymentServices": [{"PaymentServiceID": "s"}] * services}))
        if asked.path.endswith("/OnlineInvoice"):
            return Reply('{"OnlineInvoices":[{"OnlineInvoiceUrl":"https://in.example/1"}]}')
        return Reply(json.dumps({"Invoices": [{"Status": status, "BrandingThemeID": "t"}]}))

    command = CreatePaymentLink(connection="books", invoice=INVOICE, amount=Money(1, "GBP"))
    with loopback(script) as server:
        assert connector(server).invoice_url(INVOICE) == ("https://in.example/1" if payable else "")
        if payable:
            assert connector(server).push(Intent("k", command)).url == "https://in.example/1"
        else:
            with pytest.raises(Refused):
                connector(server).push(Intent("k", command))


def test_whether_an_invoice_can_be_paid_online_is_asked_once_for_each_theme() -> None:
    def script(asked: Asked) -> Reply:
        if re.search("PaymentServices$", asked.path):
            return Reply(json.dumps({"PaymentServices": [{}] if "/good/" in asked.path else []}))
        base = {"Type": "ACCREC", "CurrencyCode": "GBP", "Total": 5, "AmountDue": 5, "Contact": {"ContactID": "c"}}
        themes = [
            ("good", "AUTHORISED"),
            ("good", "AUTHORISED"),
            ("bad", "AUTHORISED"),
            ("good", "PAID"),
            ("", "AUTHORISED"),
        ]
        rows = [
            base | {"InvoiceID": str(number), "Status": status, "BrandingThemeID": theme or None}
            for number, (theme, status) in enumerate(themes)
        ]
        return Reply(json.dumps({"Invoices": rows, "pagination": {"page": 1, "pageCount": 1}}))

    with loopback(script) as server:
        (page,) = connector(server).pull("invoices", "")
        told = [getattr(fact, "online_payment", None) for row in page.rows for fact in row.facts]
        assert told == [True, True, False, False, False]
        assert len(server.asked) == 3


@pytest.mark.parametrize("status", [401, 403, 404])
def test_without_the_scope_for_payment_services_no_page_is_payable_and_no_token_is_spent(status: int) -> None:
    row = {"Type": "ACCREC", "CurrencyCode": "GBP", "Total": 5, "AmountDue": 5, "Contact": {"ContactID": "c"}}
    row |= {"InvoiceID": GUID, "Status": "AUTHORISED", "BrandingThemeID": "t"}

    def script(asked: Asked) -> Reply:
        if asked.path.endswith("/PaymentServices"):
            return Reply("", status)
        return Reply(json.dumps({"Invoices": [row], "pagination": {"page": 1, "pageCount": 1}}))

    with loopback(script) as server:
        books = connector(server)
        (page,) = books.pull("invoices", "")
        assert [getattr(fact, "online_payment", None) for row in page.rows for fact in row.facts] == [False]
        assert books.invoice_url(INVOICE) == ""
        assert "/token" not in [asked.path for asked in server.asked]


@pytest.mark.parametrize(("count", "chosen"), [(1, True), (2, False), (0, False)])
def test_the_only_organisation_of_a_grant_is_taken_and_several_are_listed(count: int, chosen: bool) -> None:
    seen = [{"tenantId": f"t-{number}", "tenantName": "H", "tenantType": "ORGANISATION"} for number in range(count)]

    def script(asked: Asked) -> Reply:
        if asked.path == "/connections":
            return Reply(json.dumps([*seen, {"tenantId": "p", "tenantType": "PRACTICE"}]))
        return Reply('{"Organisations":[{"Name":"Harbour"}],"InvoiceReminders":[]}')

    with loopback(script) as server:
        health = connector(server, account="").check()
    assert (health.account == "t-0") is chosen
    assert bool(health.problems) is not chosen


def test_an_invoice_that_was_shown_but_cannot_be_read_is_neither_gone_nor_known() -> None:
    for row in ({"InvoiceID": GUID, "Status": "ODD"}, {"Status": "ODD"}):
        body = json.dumps({"Invoices": [row], "pagination": {"page": 1, "pageCount": 1}})
        with loopback(replies(Reply(body))) as server:
            assert connector(server).read_invoices([GUID]) == {}


def test_xeros_own_reminders_are_asked_for() -> None:
    def script(asked: Asked) -> Reply:
        if asked.path.endswith("Settings"):
            return Reply('{"InvoiceReminders":[{"Enabled":true}]}')
        return Reply('{"Organisations":[{"Name":"Harbour","BaseCurrency":"GBP"}]}')

    with loopback(script) as server:
        health = connector(server).check()
    assert (health.name, health.currency, health.reminds_by_itself) == ("Harbour", "GBP", True)
