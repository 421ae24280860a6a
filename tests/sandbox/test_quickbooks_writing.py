"""Writing at QuickBooks: payments, credits, notes, mail, void and delete, and doing it twice."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from sandbox.company.plan import Credit
from sandbox.serve import Sandbox
from tests.sandbox.worlds import Control, QuickBooks, bill, debtor, stock

DAY = date(2026, 2, 1)


@pytest.fixture
def invoice(sandbox: Sandbox) -> str:
    """An open invoice of 100.00."""
    return stock(sandbox, "quickbooks", bill(debtor(), "1001", on=DAY)).quickbooks.ids["bill-1001"]


def payment(quickbooks: QuickBooks, invoice: str, total: float, *lines: tuple[float, str, str]) -> dict[str, Any]:
    customer = quickbooks.read("Invoice", invoice)["CustomerRef"]
    shown = [
        {"Amount": amount, "LinkedTxn": [{"TxnId": identity, "TxnType": kind}]} for amount, kind, identity in lines
    ]
    return {"CustomerRef": customer, "TotalAmt": total, "Line": shown}


def code(answer: Any) -> str:
    return str(answer.json()["Fault"]["Error"][0]["code"])


def test_a_payment_lowers_the_balance_and_moves_the_invoice(quickbooks: QuickBooks, invoice: str) -> None:
    before = quickbooks.read("Invoice", invoice)
    made = quickbooks.post("/payment", payment(quickbooks, invoice, 70.0, (60.0, "Invoice", invoice)))["Payment"]
    after = quickbooks.read("Invoice", invoice)
    assert (before["Balance"], after["Balance"], made["UnappliedAmt"]) == (100.0, 40.0, 10.0)
    assert int(after["SyncToken"]) > int(before["SyncToken"])
    assert after["MetaData"]["LastUpdatedTime"] > before["MetaData"]["LastUpdatedTime"]
    assert after["LinkedTxn"] == [{"TxnId": made["Id"], "TxnType": "Payment"}]
    customer = quickbooks.read("Customer", made["CustomerRef"]["value"])
    assert customer["Balance"] == 30.0  # what is owed less the money without a document


def test_the_same_requestid_does_it_once(quickbooks: QuickBooks, invoice: str, control: Control) -> None:
    body = payment(quickbooks, invoice, 10.0, (10.0, "Invoice", invoice))
    first = quickbooks.post("/payment", body, requestid="act-1")
    again = quickbooks.post("/payment", body, requestid="act-1")
    assert again == first
    assert control.kinds("quickbooks") == ["payment"]
    refused = quickbooks.call("POST", "/payment", json={"TotalAmt": 5}, params={"requestid": "act-2"})
    assert refused.status_code == 400
    replayed = quickbooks.call("POST", "/payment", json=body, params={"requestid": "act-2"})
    assert replayed.status_code == 400  # a failure is replayed too
    assert quickbooks.call("POST", "/payment", json=body, params={"requestid": "x" * 51}).status_code == 400


@pytest.mark.parametrize(("total", "amount"), [(100.01, 100.01), (10.0, 20.0)])
def test_no_more_is_applied_than_is_open_or_paid(
    quickbooks: QuickBooks, invoice: str, total: float, amount: float
) -> None:
    body = payment(quickbooks, invoice, total, (amount, "Invoice", invoice))
    assert code(quickbooks.call("POST", "/payment", json=body)) == "6000"
    assert quickbooks.read("Invoice", invoice)["Balance"] == 100.0


def test_a_credit_memo_is_applied_by_a_payment_of_zero(
    sandbox: Sandbox, quickbooks: QuickBooks, control: Control
) -> None:
    acme = debtor()
    fill = stock(
        sandbox, "quickbooks", bill(acme, "1001", on=DAY), credits=(Credit("c", acme, "credit_note", DAY, 3_000),)
    )
    invoice, memo = fill.quickbooks.ids["bill-1001"], fill.quickbooks.ids["c"]
    body = payment(quickbooks, invoice, 0, (30.0, "Invoice", invoice), (30.0, "CreditMemo", memo))
    made = quickbooks.post("/payment", body)["Payment"]
    assert (made["TotalAmt"], made["UnappliedAmt"]) == (0.0, 0.0)
    assert quickbooks.read("Invoice", invoice)["Balance"] == 70.0
    assert quickbooks.read("CreditMemo", memo)["RemainingCredit"] == 0.0
    assert control.kinds("quickbooks") == ["credit_application"]
    assert code(quickbooks.call("POST", "/payment", json=body)) == "6000"


def test_a_stale_token_loses(quickbooks: QuickBooks, invoice: str) -> None:
    quickbooks.post(
        "/invoice", {"Id": invoice, "SyncToken": "0", "sparse": True, "CustomerMemo": {"value": "Please pay"}}
    )
    late = quickbooks.call(
        "POST", "/invoice", json={"Id": invoice, "SyncToken": "0", "sparse": True, "PrivateNote": "x"}
    )
    assert (late.status_code, code(late)) == (400, "5010")
    shown = quickbooks.read("Invoice", invoice)
    assert shown["CustomerMemo"] == {"value": "Please pay"}
    assert "PrivateNote" not in shown
    assert shown["Balance"] == 100.0


def test_a_full_update_clears_what_it_leaves_out(quickbooks: QuickBooks, invoice: str) -> None:
    quickbooks.post("/invoice", {"Id": invoice, "SyncToken": "0", "sparse": True, "PrivateNote": "called"})
    shown = quickbooks.read("Invoice", invoice)
    quickbooks.post("/invoice", {"Id": invoice, "SyncToken": shown["SyncToken"], "Line": shown["Line"]})
    after = quickbooks.read("Invoice", invoice)
    assert "PrivateNote" not in after
    assert "BillEmail" not in after


def test_send_mails_once_per_requestid_and_tells_when(quickbooks: QuickBooks, invoice: str, control: Control) -> None:
    octets = {"Content-Type": "application/octet-stream"}
    for _ in range(2):
        params = {"sendTo": "new@acme.example", "requestid": "mail-1"}
        sent = quickbooks.call("POST", f"/invoice/{invoice}/send", params=params, headers=octets)
        assert sent.json()["Invoice"]["EmailStatus"] == "EmailSent"
    (mail,) = control.get("/mailbox.json")
    assert (mail["via"], mail["to"]) == ("quickbooks", ["new@acme.example"])
    shown = quickbooks.read("Invoice", invoice)
    assert shown["DeliveryInfo"]["DeliveryTime"].startswith("2026-03-02T04:")
    assert shown["BillEmail"]["Address"] == "new@acme.example"
    quickbooks.call("POST", f"/invoice/{invoice}/send", headers=octets)  # without a requestid nothing protects
    assert control.kinds("quickbooks") == ["email", "email"]


def test_a_note_hangs_on_the_invoice(quickbooks: QuickBooks, invoice: str, control: Control) -> None:
    link = {"EntityRef": {"type": "Invoice", "value": invoice}, "IncludeOnSend": False}
    made = quickbooks.post("/attachable", {"Note": "Promised for Friday", "AttachableRef": [link]})["Attachable"]
    found = quickbooks.query(f"SELECT * FROM Attachable WHERE AttachableRef.EntityRef.value = '{invoice}'")[
        "Attachable"
    ]
    assert [one["Id"] for one in found] == [made["Id"]]
    assert control.kinds("quickbooks") == ["note"]


def test_void_zeroes_the_invoice_and_frees_the_money(quickbooks: QuickBooks, invoice: str) -> None:
    made = quickbooks.post("/payment", payment(quickbooks, invoice, 100.0, (100.0, "Invoice", invoice)))["Payment"]
    token = quickbooks.read("Invoice", invoice)["SyncToken"]
    quickbooks.post("/invoice", {"Id": invoice, "SyncToken": token}, operation="void")
    after = quickbooks.read("Invoice", invoice)
    assert (after["TotalAmt"], after["Balance"], after["PrivateNote"]) == (0.0, 0.0, "Voided")
    assert quickbooks.read("Payment", made["Id"])["UnappliedAmt"] == 100.0


def test_a_voided_or_deleted_payment_opens_the_invoice_again(quickbooks: QuickBooks, invoice: str) -> None:
    first = quickbooks.post("/payment", payment(quickbooks, invoice, 50.0, (50.0, "Invoice", invoice)))["Payment"]
    body = {"Id": first["Id"], "SyncToken": first["SyncToken"], "sparse": True}
    voided = quickbooks.post("/payment", body, operation="update", include="void")["Payment"]
    assert (voided["TotalAmt"], voided["PrivateNote"]) == (0.0, "Voided")
    second = quickbooks.post("/payment", payment(quickbooks, invoice, 50.0, (50.0, "Invoice", invoice)))["Payment"]
    gone = quickbooks.post("/payment", {"Id": second["Id"], "SyncToken": "0"}, operation="delete")
    assert gone["Payment"] == {"domain": "QBO", "status": "Deleted", "Id": second["Id"]}
    assert quickbooks.read("Invoice", invoice)["Balance"] == 100.0


def test_an_invoice_outside_the_us_needs_a_tax_code_on_every_line(quickbooks: QuickBooks, invoice: str) -> None:
    customer = quickbooks.read("Invoice", invoice)["CustomerRef"]
    line = {"Amount": 50.0, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": "1"}}}
    assert code(quickbooks.call("POST", "/invoice", json={"CustomerRef": customer, "Line": [line]})) == "6000"
    line["SalesItemLineDetail"]["TaxCodeRef"] = {"value": "20.0% S"}  # type: ignore[index]  # a dict of mixed values
    made = quickbooks.post("/invoice", {"CustomerRef": customer, "Line": [line]})["Invoice"]
    assert (made["TotalAmt"], made["Balance"], made["DueDate"]) == (60.0, 60.0, "2026-04-01")
    again = {"CustomerRef": customer, "Line": [line], "DocNumber": "1001"}
    assert code(quickbooks.call("POST", "/invoice", json=again)) == "6140"


def test_the_customer_pays_by_the_link(quickbooks: QuickBooks, invoice: str, control: Control) -> None:
    url = quickbooks.read("Invoice", invoice, include="invoiceLink")["InvoiceLink"]
    control.post("/pay", url=url, amount=2_500)
    assert quickbooks.read("Invoice", invoice)["Balance"] == 75.0
    control.post("/pay", url=url, method="us_bank_account")
    assert quickbooks.read("Invoice", invoice)["Balance"] == 75.0
    assert control.post("/settle").json() == {"settled": 1}
    assert quickbooks.read("Invoice", invoice)["Balance"] == 0.0
    assert control.post("/pay", url=url).status_code == 409
