"""Writing at Xero: e-mail, notes, payments, credits, invoices, and doing it twice."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from sandbox.company.plan import Credit
from sandbox.serve import Sandbox
from tests.sandbox.worlds import Control, Xero, bill, debtor, stock

DAY = date(2026, 2, 1)


@pytest.fixture
def invoice(sandbox: Sandbox) -> str:
    """An open invoice of 100.00."""
    return stock(sandbox, "xero", bill(debtor(), "INV-1", on=DAY)).xero.ids["bill-INV-1"]


def payment(invoice: str, amount: float, **more: Any) -> dict[str, Any]:
    return {
        "Payments": [
            {
                "Invoice": {"InvoiceID": invoice},
                "Account": {"Code": "090"},
                "Date": "2026-03-01",
                "Amount": amount,
                **more,
            }
        ]
    }


def test_a_mail_goes_to_the_contact_and_leaves_its_marks(xero: Xero, invoice: str, control: Control) -> None:
    assert xero.call("POST", f"/Invoices/{invoice}/Email", json={}).status_code == 204
    (mail,) = control.get("/mailbox.json")
    assert mail["via"] == "xero"
    assert mail["to"] == ["accounts@acme.example"]
    assert mail["invoice"]["number"] == "INV-1"
    assert xero.invoice(invoice)["SentToContact"] is True
    history = xero.get(f"/Invoices/{invoice}/History")["HistoryRecords"]
    assert history[0]["Changes"] == "Invoice Sent"


def test_a_mail_with_the_same_key_goes_out_once(xero: Xero, invoice: str, control: Control) -> None:
    for _ in range(3):
        assert xero.call("POST", f"/Invoices/{invoice}/Email", json={}, key="reminder-1").status_code == 204
    assert control.kinds("xero") == ["email"]
    assert control.get("/effects.json")[0]["key"] == "reminder-1"


def test_a_key_is_forgotten_after_minutes(sandbox: Sandbox, xero: Xero, invoice: str, control: Control) -> None:
    xero.call("POST", f"/Invoices/{invoice}/Email", json={}, key="k")
    sandbox.clock.advance(7 * 60)
    xero.call("POST", f"/Invoices/{invoice}/Email", json={}, key="k")
    assert control.kinds("xero") == ["email", "email"]


def test_no_mail_without_an_address(sandbox: Sandbox, xero: Xero) -> None:
    silent = debtor("silent")
    silent.email = ""
    identity = stock(sandbox, "xero", bill(silent, "INV-9", on=DAY)).xero.ids["bill-INV-9"]
    answer = xero.call("POST", f"/Invoices/{identity}/Email", json={})
    assert answer.status_code == 400
    assert answer.json()["ErrorNumber"] == 10


def test_a_note_is_kept(xero: Xero, invoice: str, control: Control) -> None:
    body = {"HistoryRecords": [{"Details": "Promised for Friday"}]}
    assert xero.call("PUT", f"/Invoices/{invoice}/History", json=body).status_code == 200
    assert xero.get(f"/Invoices/{invoice}/History")["HistoryRecords"][0]["Details"] == "Promised for Friday"
    assert control.kinds("xero") == ["note"]
    assert (
        xero.call("PUT", f"/Invoices/{invoice}/History", json={"HistoryRecords": [{"Details": "x" * 2501}]}).status_code
        == 400
    )


def test_payments_reduce_what_is_due_until_it_is_paid(xero: Xero, invoice: str) -> None:
    assert xero.call("PUT", "/Payments", json=payment(invoice, 40.0)).status_code == 200
    partly = xero.invoice(invoice)
    assert (partly["AmountDue"], partly["AmountPaid"], partly["Status"]) == (60.0, 40.0, "AUTHORISED")
    xero.call("PUT", "/Payments", json=payment(invoice, 60.0))
    assert xero.invoice(invoice)["Status"] == "PAID"


def test_a_payment_of_more_than_is_due_is_refused_either_way(xero: Xero, invoice: str) -> None:
    loud = xero.call("PUT", "/Payments", params={"summarizeErrors": "true"}, json=payment(invoice, 100.01))
    assert loud.status_code == 400
    assert loud.json()["Elements"][0]["ValidationErrors"][0]["Message"].startswith("Payment amount exceeds")
    quiet = xero.call("PUT", "/Payments", params={"summarizeErrors": "false"}, json=payment(invoice, 100.01))
    assert quiet.status_code == 200  # which is not success
    assert quiet.json()["Payments"][0]["StatusAttributeString"] == "ERROR"
    assert xero.invoice(invoice)["AmountDue"] == 100.0


def test_a_bad_element_stops_a_summarized_batch_and_not_a_loose_one(xero: Xero, invoice: str) -> None:
    batch = {"Payments": payment(invoice, 10.0)["Payments"] + payment(invoice, 500.0)["Payments"]}
    assert xero.call("PUT", "/Payments", params={"summarizeErrors": "true"}, json=batch).status_code == 400
    assert xero.invoice(invoice)["AmountDue"] == 100.0
    loose = xero.call("PUT", "/Payments", params={"summarizeErrors": "false"}, json=batch).json()["Payments"]
    assert [one["StatusAttributeString"] for one in loose] == ["OK", "ERROR"]
    assert xero.invoice(invoice)["AmountDue"] == 90.0


def test_the_same_key_pays_once_and_another_body_is_refused(xero: Xero, invoice: str, control: Control) -> None:
    first = xero.call("PUT", "/Payments", json=payment(invoice, 10.0), key="p")
    again = xero.call("PUT", "/Payments", json=payment(invoice, 10.0), key="p")
    assert again.json()["Payments"][0]["PaymentID"] == first.json()["Payments"][0]["PaymentID"]
    assert xero.call("PUT", "/Payments", json=payment(invoice, 20.0), key="p").status_code == 400
    assert control.kinds("xero") == ["payment"]


def test_a_deleted_payment_opens_the_invoice_again(xero: Xero, invoice: str) -> None:
    made = xero.call("PUT", "/Payments", json=payment(invoice, 100.0)).json()["Payments"][0]["PaymentID"]
    assert xero.call("POST", f"/Payments/{made}", json={"Status": "DELETED"}).status_code == 200
    after = xero.invoice(invoice)
    assert (after["Status"], after["AmountDue"], after["Payments"]) == ("AUTHORISED", 100.0, [])
    statuses = {one["PaymentID"]: one["Status"] for one in xero.get("/Payments", page=1)["Payments"]}
    assert statuses == {made: "DELETED"}


@pytest.mark.parametrize(
    "change", [{"Account": {"Code": "200"}}, {"Amount": 0}, {"Date": "2020-01-01"}, {"Amount": "many"}]
)
def test_payments_that_xero_would_not_take(xero: Xero, invoice: str, change: dict[str, Any]) -> None:
    body = payment(invoice, 10.0)
    body["Payments"][0] |= change
    assert xero.call("PUT", "/Payments", params={"summarizeErrors": "true"}, json=body).status_code == 400
    assert xero.invoice(invoice)["AmountDue"] == 100.0


def test_a_credit_note_is_made_and_allocated_in_two_steps(xero: Xero, invoice: str, control: Control) -> None:
    contact = xero.invoice(invoice)["Contact"]["ContactID"]
    note: dict[str, Any] = {
        "Type": "ACCRECCREDIT",
        "Status": "AUTHORISED",
        "Contact": {"ContactID": contact},
        "Date": "2026-03-01",
        "LineAmountTypes": "NoTax",
    }
    note["LineItems"] = [{"Description": "Damage", "Quantity": 1, "UnitAmount": 30.0, "AccountCode": "200"}]
    made = xero.call("PUT", "/CreditNotes", json={"CreditNotes": [note]}).json()["CreditNotes"][0]
    assert made["RemainingCredit"] == 30.0
    allocation = {"Allocations": [{"Invoice": {"InvoiceID": invoice}, "Amount": 25.0, "Date": "2026-03-01"}]}
    path = f"/CreditNotes/{made['CreditNoteID']}"
    one = xero.call("PUT", f"{path}/Allocations", json=allocation).json()["Allocations"][0]
    after = xero.invoice(invoice)
    assert (after["AmountDue"], after["AmountCredited"]) == (75.0, 25.0)
    assert xero.get(path)["CreditNotes"][0]["RemainingCredit"] == 5.0
    assert xero.call("DELETE", f"{path}/Allocations/{one['AllocationID']}").status_code == 200
    assert xero.invoice(invoice)["AmountDue"] == 100.0
    assert control.kinds("xero") == ["credit_note", "allocation", "allocation_deleted"]


def test_a_credit_cannot_be_spent_beyond_itself(sandbox: Sandbox, xero: Xero) -> None:
    acme = debtor()
    spare = Credit("spare", acme, "overpayment", DAY, 2_000)
    fill = stock(sandbox, "xero", bill(acme, "INV-1", on=DAY), credits=(spare,))
    body = {"Allocations": [{"Invoice": {"InvoiceID": fill.xero.ids["bill-INV-1"]}, "Amount": 20.01}]}
    path = f"/Overpayments/{fill.xero.ids['spare']}/Allocations"
    assert xero.call("PUT", path, params={"summarizeErrors": "true"}, json=body).status_code == 400
    body["Allocations"][0]["Amount"] = 20.0
    assert xero.call("PUT", path, json=body).status_code == 200
    assert xero.get("/Overpayments", page=1)["Overpayments"][0]["Status"] == "PAID"


def test_void_needs_an_invoice_without_payments(xero: Xero, invoice: str) -> None:
    xero.call("PUT", "/Payments", json=payment(invoice, 1.0))
    assert xero.call("POST", f"/Invoices/{invoice}", json={"Status": "VOIDED"}).status_code == 400


def test_put_creates_and_post_overwrites_the_same_number(xero: Xero, invoice: str) -> None:
    contact = {"ContactID": xero.invoice(invoice)["Contact"]["ContactID"]}
    lines = [{"Description": "Chair", "Quantity": 2, "UnitAmount": 12.5}]
    same = {"Type": "ACCREC", "InvoiceNumber": "INV-1", "Contact": contact, "LineItems": lines}
    created = xero.call("PUT", "/Invoices", params={"summarizeErrors": "true"}, json={"Invoices": [same]})
    assert created.status_code == 400
    posted = xero.call("POST", "/Invoices", json={"Invoices": [same]}).json()["Invoices"][0]
    assert (posted["InvoiceID"], posted["Total"]) == (invoice, 25.0)


def test_the_online_page_takes_a_payment_that_stripe_sees_too(
    sandbox: Sandbox, xero: Xero, invoice: str, control: Control
) -> None:
    url = xero.get(f"/Invoices/{invoice}/OnlineInvoice")["OnlineInvoices"][0]["OnlineInvoiceUrl"]
    assert control.post("/pay", url=url, amount=4_000).json()["paid"] is True
    assert xero.invoice(invoice)["AmountDue"] == 60.0
    reference = xero.get("/Payments", page=1)["Payments"][0]["Reference"]
    (charge,) = control.get("/truth.json")["charges"]
    assert charge["id"] == reference
    assert charge["pays"]["id"] == invoice
    assert charge["posted"] is True


def test_a_bank_debit_on_the_online_page_is_pending_until_it_settles(
    xero: Xero, invoice: str, control: Control
) -> None:
    url = xero.get(f"/Invoices/{invoice}/OnlineInvoice")["OnlineInvoices"][0]["OnlineInvoiceUrl"]
    control.post("/pay", url=url, method="us_bank_account")
    assert xero.invoice(invoice)["AmountDue"] == 100.0
    assert control.post("/pay", url=url).status_code == 409  # it is on its way already
    assert control.post("/settle").json() == {"settled": 1}
    assert xero.invoice(invoice)["Status"] == "PAID"


def test_changes_outlive_the_day_they_were_made(sandbox: Sandbox, xero: Xero, invoice: str) -> None:
    sandbox.clock.advance(timedelta(days=3).total_seconds())
    fresh = xero.refresh(xero.config["refresh_token"]).json()["access_token"]
    xero.token = fresh
    assert xero.invoice(invoice)["AmountDue"] == 100.0
