"""What an organisation at the Xero look-alike may be like: closed periods, caps, size, merged contacts, batches, PDFs."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import date
from typing import Any

import pytest

from sandbox.serve import Sandbox
from tests.connectors.loopback import Asked, Reply, loopback
from tests.sandbox.worlds import Control, Xero, bill, debtor, paid, stock

DAY = date(2026, 2, 1)
LOCKED = "2026-02-15"


@pytest.fixture
def invoice(sandbox: Sandbox) -> str:
    """An open invoice of 100.00, dated before any lock date of these tests."""
    return stock(sandbox, "xero", bill(debtor(), "INV-1", on=DAY)).xero.ids["bill-INV-1"]


def complaint(answer: Any) -> str:
    return str(answer.json()["Elements"][0]["ValidationErrors"][0]["Message"])


def new_invoice(xero: Xero, invoice: str, on: str, status: str = "AUTHORISED") -> dict[str, Any]:
    contact = {"ContactID": xero.invoice(invoice)["Contact"]["ContactID"]}
    lines = [{"Description": "Fee", "Quantity": 1, "UnitAmount": 40.0, "AccountCode": "200"}]
    made = {"Type": "ACCREC", "Status": status, "Contact": contact, "Date": on, "DueDate": on, "LineItems": lines}
    return {"Invoices": [made]}


# -- lock dates ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "words"), [("lock_date", "period lock date"), ("year_lock_date", "end of year lock date")]
)
def test_nothing_is_dated_on_or_before_a_lock_date(
    xero: Xero, invoice: str, control: Control, name: str, words: str
) -> None:
    control.post("/xero", **{"lock_date": None, name: LOCKED})
    loud = {"summarizeErrors": "true"}
    told = xero.call("PUT", "/Invoices", params=loud, json=new_invoice(xero, invoice, LOCKED))
    assert complaint(told) == f"The document date cannot be before the {words}, currently set at 15-Feb-2026"
    payment = {"Invoice": {"InvoiceID": invoice}, "Account": {"Code": "090"}, "Date": LOCKED, "Amount": 1.0}
    assert words in complaint(xero.call("PUT", "/Payments", params=loud, json={"Payments": [payment]}))
    assert words in complaint(xero.call("POST", f"/Invoices/{invoice}", json={"Status": "VOIDED"}))
    assert xero.call("PUT", "/Invoices", params=loud, json=new_invoice(xero, invoice, "2026-02-16")).status_code == 200
    assert control.kinds("xero") == ["invoice"]


def test_a_draft_may_be_dated_in_a_closed_period_but_not_approved(xero: Xero, invoice: str, control: Control) -> None:
    control.post("/xero", lock_date=LOCKED)
    made = xero.call("PUT", "/Invoices", json=new_invoice(xero, invoice, LOCKED, "DRAFT")).json()["Invoices"][0]
    assert made["Status"] == "DRAFT"
    approved = xero.call("POST", f"/Invoices/{made['InvoiceID']}", json={"Status": "AUTHORISED"})
    assert "lock date" in complaint(approved)


def test_the_organisation_tells_both_lock_dates(xero: Xero, control: Control) -> None:
    control.post("/xero", lock_date=LOCKED, year_lock_date="2025-12-31")
    (shown,) = xero.get("/Organisation")["Organisations"]
    assert (shown["PeriodLockDate"], shown["EndOfYearLockDate"]) == (
        "/Date(1771113600000+0000)/",
        "/Date(1767139200000+0000)/",
    )


# -- caps and size ------------------------------------------------------------------------------------------------------


def test_only_so_many_e_mails_a_day(sandbox: Sandbox, xero: Xero, invoice: str, control: Control) -> None:
    control.post("/xero", emails_a_day=2)
    path = f"/Invoices/{invoice}/Email"
    assert [xero.call("POST", path, json={}).status_code for _ in range(3)] == [204, 204, 400]
    sandbox.clock.advance(86_400)
    xero.token = xero.refresh(xero.config["refresh_token"]).json()["access_token"]
    assert xero.call("POST", path, json={}).status_code == 204


def test_a_starter_organisation_has_fewer_calls_a_day_and_waits_for_hours(xero: Xero, control: Control) -> None:
    control.post("/xero", calls_a_day=2)
    answers = [xero.call("GET", "/Organisation") for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert answers[1].headers["X-DayLimit-Remaining"] == "0"
    assert answers[2].headers["X-Rate-Limit-Problem"] == "day"
    assert int(answers[2].headers["Retry-After"]) > 3600


@pytest.mark.parametrize("query", [{"where": 'Type=="ACCREC"'}, {"order": "UpdatedDateUTC ASC"}])
def test_a_very_large_organisation_takes_no_free_filter_and_no_order(
    xero: Xero, invoice: str, control: Control, query: dict[str, str]
) -> None:
    control.post("/xero", high_volume=True)
    refused = xero.call("GET", "/Invoices", params={"page": 1} | query)
    assert refused.status_code == 400
    assert "not filtering records efficiently" in refused.json()["Message"]
    assert [one["InvoiceID"] for one in xero.get("/Invoices", page=1, Statuses="AUTHORISED")["Invoices"]] == [invoice]


def test_an_offline_organisation_answers_in_plain_text(xero: Xero, control: Control) -> None:
    control.post("/faults", platform="xero", kind="error", status=503)
    answer = xero.call("GET", "/Organisation")
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "text/plain; charset=utf-8")


def test_without_its_scope_an_endpoint_is_forbidden(sandbox: Sandbox, xero: Xero) -> None:
    with sandbox.changes():
        for token in sandbox.xero.tokens.table:
            token["scope"] = "accounting.invoices accounting.banktransactions.read"
    assert xero.call("GET", "/BankTransactions").status_code == 200
    assert xero.call("PUT", "/BankTransactions", json={}).status_code == 403
    assert xero.call("GET", "/Invoices").status_code == 200


# -- contacts and documents ---------------------------------------------------------------------------------------------


def test_a_merged_contact_says_so_in_pages_and_by_id_only(sandbox: Sandbox, xero: Xero, invoice: str) -> None:
    stayed = xero.invoice(invoice)["Contact"]["ContactID"]
    with sandbox.changes():
        gone = sandbox.xero.books.contacts[stayed] | {
            "id": "00000000-0000-4000-8000-000000000001",
            "name": "Acme (old)",
        }
        sandbox.xero.books.save_contact(gone | {"status": "ARCHIVED", "merged_to": stayed})
    shown = [
        xero.get("/Contacts", page=1, IDs=gone["id"])["Contacts"][0],
        xero.get(f"/Contacts/{gone['id']}")["Contacts"][0],
        xero.get("/Contacts", IDs=gone["id"])["Contacts"][0],
    ]
    assert [one.get("MergedToContactID") for one in shown] == [stayed, stayed, None]


def test_a_contact_that_nobody_knows_is_made_of_its_name(xero: Xero, invoice: str, control: Control) -> None:
    lines = [{"Description": "Fee", "Quantity": 1, "UnitAmount": 2.5, "AccountCode": "404"}]
    spent = {"Type": "SPEND", "Contact": {"Name": "Stripe"}, "BankAccount": {"Code": "091"}, "LineItems": lines}
    for _ in range(2):
        assert xero.call("PUT", "/BankTransactions", json={"BankTransactions": [spent]}).status_code == 200
    assert len(xero.get("/Contacts", searchTerm="stripe")["Contacts"]) == 1
    unknown = {**spent, "Contact": {"ContactID": "00000000-0000-4000-8000-000000000009"}}
    refused = xero.call(
        "PUT", "/BankTransactions", params={"summarizeErrors": "true"}, json={"BankTransactions": [unknown]}
    )
    assert refused.status_code == 400


def test_a_rounded_total_shows_by_id_and_not_in_lists(sandbox: Sandbox, xero: Xero, invoice: str) -> None:
    with sandbox.changes():
        sandbox.xero.books.touch(sandbox.xero.books.invoices[invoice] | {"rounding": 5})
    by_id, listed = xero.invoice(invoice), xero.get("/Invoices", page=1)["Invoices"][0]
    assert (by_id["RoundingAmount"], by_id["Total"], by_id["SubTotal"] + by_id["TotalTax"]) == (0.05, 100.05, 100.0)
    assert "RoundingAmount" not in listed
    assert listed["Total"] == 100.05


def test_an_invoice_is_a_pdf_for_who_accepts_nothing_else(xero: Xero, invoice: str) -> None:
    answer = xero.call("GET", f"/Invoices/{invoice}", headers={"Accept": "application/pdf"})
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-1.4")
    assert answer.content.rstrip().endswith(b"%%EOF")
    start = int(answer.content.rsplit(b"startxref\n", 1)[1].split()[0])
    assert answer.content[start:].startswith(b"xref")


def test_a_prepayment_is_born_from_a_bank_transaction(xero: Xero, invoice: str) -> None:
    contact = {"ContactID": xero.invoice(invoice)["Contact"]["ContactID"]}
    lines = [{"Description": "Deposit", "LineAmount": 30.0}]
    received = {"Type": "RECEIVE-PREPAYMENT", "Contact": contact, "BankAccount": {"Code": "090"}, "LineItems": lines}
    made = xero.call("PUT", "/BankTransactions", json={"BankTransactions": [received]}).json()["BankTransactions"][0]
    (born,) = xero.get("/Prepayments", page=1)["Prepayments"]
    assert (born["PrepaymentID"], born["RemainingCredit"]) == (made["PrepaymentID"], 30.0)


def test_aged_receivables_are_told_for_one_contact_a_call(sandbox: Sandbox, xero: Xero) -> None:
    acme = debtor()
    fill = stock(sandbox, "xero", bill(acme, "INV-1", on=date(2026, 1, 2), receipts=[paid(DAY, 2_500)]))
    path, contact = "/Reports/AgedReceivablesByContact", fill.xero.ids["acme"]
    (report,) = xero.get(path, contactId=contact)["Reports"]
    rows = report["Rows"][1]["Rows"]
    assert [cell["Value"] for cell in rows[0]["Cells"]] == [
        "2026-01-02T00:00:00",
        "INV-1",
        "2026-02-01T00:00:00",
        "29 days overdue",
        "100.00",
        "25.00",
        "0.00",
        "75.00",
    ]
    assert [cell["Value"] for cell in rows[-1]["Cells"]][-1] == "75.00"
    assert xero.call("GET", path).status_code == 400
    assert xero.call("GET", path, params={"contactId": "0"}).status_code == 404


# -- batch payments -----------------------------------------------------------------------------------------------------


def batch(*invoices: tuple[str, float]) -> dict[str, Any]:
    members = [{"Invoice": {"InvoiceID": identity}, "Amount": amount} for identity, amount in invoices]
    shown = {"Account": {"Code": "090"}, "Date": "2026-03-01", "Reference": "Deposit", "Payments": members}
    return {"BatchPayments": [shown]}


def test_a_batch_pays_its_invoices_and_goes_only_as_a_whole(xero: Xero, invoice: str, control: Control) -> None:
    (made,) = xero.call("PUT", "/BatchPayments", json=batch((invoice, 40.0), (invoice, 10.0))).json()["BatchPayments"]
    assert (made["Type"], made["Status"], made["TotalAmount"]) == ("RECBATCH", "AUTHORISED", 50.0)
    assert xero.invoice(invoice)["AmountDue"] == 50.0
    payment = made["Payments"][0]["PaymentID"]
    assert xero.call("POST", f"/Payments/{payment}", json={"Status": "DELETED"}).status_code == 400
    path = f"/BatchPayments/{made['BatchPaymentID']}"
    (gone,) = xero.call("POST", path, json={"Status": "DELETED"}).json()["BatchPayments"]
    assert (gone["Status"], gone["Payments"], gone["TotalAmount"]) == ("DELETED", [], 50.0)
    assert xero.invoice(invoice)["AmountDue"] == 100.0
    assert xero.call("POST", path, json={"Status": "DELETED"}).status_code == 400
    assert control.kinds("xero") == ["batch_payment", "batch_payment_deleted"]


def test_a_batch_of_more_than_is_due_is_refused(xero: Xero, invoice: str) -> None:
    loud = {"summarizeErrors": "true"}
    assert xero.call("PUT", "/BatchPayments", params=loud, json=batch((invoice, 100.01))).status_code == 400
    assert xero.call("PUT", "/BatchPayments", params=loud, json=batch()).status_code == 400
    assert xero.get("/BatchPayments")["BatchPayments"] == []


# -- one delivery, several organisations --------------------------------------------------------------------------------


def test_a_delivery_may_mix_organisations(xero: Xero, invoice: str, control: Control) -> None:
    seen: list[set[str]] = []

    def receive(asked: Asked) -> Reply:
        right = base64.b64encode(hmac.new(b"key", asked.body, hashlib.sha256).digest()).decode()
        if right != asked.headers["x-xero-signature"]:
            return Reply("", 401)
        seen.append({event["tenantId"] for event in json.loads(asked.body)["events"]})
        return Reply("")

    with loopback(receive) as server:
        control.post("/webhooks", platform="xero", url=server.url, secret="key")
        xero.call("POST", f"/Invoices/{invoice}", json={"Reference": "x"})
        control.post("/webhooks/deliver", stranger=True)
    assert len(seen[-1]) == 2
    assert xero.config["tenant_id"] in seen[-1]
