"""Rules of QuickBooks' books: closed periods, tax in the amount, credit applied by itself, deposits, unknown fields."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from sandbox.company.plan import Credit
from sandbox.serve import Sandbox
from tests.sandbox.worlds import Control, QuickBooks, bill, debtor, stock

STANDARD = {"value": "20.0% S"}


def code(answer: Any) -> str:
    return str(answer.json()["Fault"]["Error"][0]["code"])


@pytest.fixture
def customer(sandbox: Sandbox) -> str:
    """Owes an invoice of 100.00."""
    return stock(sandbox, "quickbooks", bill(debtor(), "1001", on=date(2026, 2, 1))).quickbooks.ids["acme"]


def sale(customer: str, amount: float = 60.0, **fields: Any) -> dict[str, Any]:
    detail = {"ItemRef": {"value": "1"}, "TaxCodeRef": STANDARD}
    line = {"Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
    return {"CustomerRef": {"value": customer}, "Line": [line]} | fields


def settle(sandbox: Sandbox, **settings: Any) -> None:
    assert Control(sandbox).post("/quickbooks", **settings).status_code == 200


@pytest.mark.parametrize(
    ("way", "total", "tax"), [("TaxExcluded", 72.0, 12.0), ("TaxInclusive", 60.0, 10.0), ("NotApplicable", 60.0, 0.0)]
)
def test_tax_is_in_the_amount_on_top_of_it_or_none(
    quickbooks: QuickBooks, customer: str, way: str, total: float, tax: float
) -> None:
    made = quickbooks.post("/invoice", sale(customer, GlobalTaxCalculation=way))["Invoice"]
    assert made["TotalAmt"] == total
    shown = quickbooks.read("Invoice", made["Id"])
    assert shown["TxnTaxDetail"]["TotalTax"] == tax


def test_a_property_that_nobody_knows_is_refused(quickbooks: QuickBooks, customer: str) -> None:
    answer = quickbooks.call("POST", "/invoice", json=sale(customer, BadJson=True))
    assert code(answer) == "2010"
    assert 'Unrecognized field "BadJson"' in answer.json()["Fault"]["Error"][0]["Detail"]


def test_notes_cannot_be_searched_for_and_ids_only_by_equality(quickbooks: QuickBooks) -> None:
    for where in ("PrivateNote = 'x'", "Id > '5'"):
        assert code(quickbooks.call("POST", "/query", data=f"SELECT * FROM Invoice WHERE {where}")) == "4001"


def test_closed_books_take_nothing_new_and_no_change(sandbox: Sandbox, quickbooks: QuickBooks, customer: str) -> None:
    settle(sandbox, book_close="2026-02-28")
    prefs = quickbooks.call("GET", "/preferences").json()["Preferences"]
    assert prefs["AccountingInfoPrefs"]["BookCloseDate"] == "2026-02-28"
    assert code(quickbooks.call("POST", "/invoice", json=sale(customer, TxnDate="2026-02-28"))) == "6210"
    old = quickbooks.query("SELECT * FROM Invoice")["Invoice"][0]
    body = {"Id": old["Id"], "SyncToken": old["SyncToken"], "sparse": True, "PrivateNote": "x"}
    assert code(quickbooks.call("POST", "/invoice", json=body)) == "6210"
    assert quickbooks.post("/invoice", sale(customer, TxnDate="2026-03-01"))["Invoice"]["Id"]


def test_with_automatic_credit_a_new_memo_goes_to_the_oldest_invoice(
    sandbox: Sandbox, quickbooks: QuickBooks, customer: str
) -> None:
    settle(sandbox, auto_apply_credit=True)
    memo = quickbooks.post("/creditmemo", sale(customer, GlobalTaxCalculation="NotApplicable"))["CreditMemo"]
    assert (memo["RemainingCredit"], quickbooks.query("SELECT * FROM Invoice")["Invoice"][0]["Balance"]) == (0.0, 40.0)
    (joined,) = quickbooks.query("SELECT * FROM Payment")["Payment"]
    assert (joined["TotalAmt"], joined["UnappliedAmt"], len(joined["Line"])) == (0.0, 0.0, 2)


def test_a_deposited_payment_names_its_deposit_and_cannot_be_voided(sandbox: Sandbox, quickbooks: QuickBooks) -> None:
    owner = debtor("b")
    fill = stock(sandbox, "quickbooks", credits=(Credit("c", owner, "payment", date(2026, 2, 4), 3_000, "advance"),))
    identity = fill.quickbooks.ids["c"]
    with sandbox.changes():
        line = {"amount": 3_000, "type": "Payment", "to": identity}
        deposit = {"lines": [line], "date": "2026-02-05", "currency": "GBP", "account": "35", "note": "", "number": ""}
        made = sandbox.quickbooks.books.create("Deposit", deposit)
    shown = quickbooks.read("Payment", identity)
    assert shown["LinkedTxn"] == [{"TxnId": made["id"], "TxnType": "Deposit"}]
    body = {"Id": identity, "SyncToken": shown["SyncToken"], "sparse": True}
    refused = quickbooks.call("POST", "/payment", json=body, params={"operation": "update", "include": "void"})
    assert code(refused) == "6000"


def test_an_entry_must_balance_and_name_a_customer_on_the_receivables_account(
    quickbooks: QuickBooks, customer: str
) -> None:
    def line(side: str, account: str, amount: float, who: str = "") -> dict[str, Any]:
        detail: dict[str, Any] = {"PostingType": side, "AccountRef": {"value": account}}
        detail |= {"Entity": {"Type": "Customer", "EntityRef": {"value": who}}} if who else {}
        return {"Amount": amount, "DetailType": "JournalEntryLineDetail", "JournalEntryLineDetail": detail}

    odd: dict[str, Any] = {"Line": [line("Debit", "90", 15), line("Credit", "84", 14, customer)]}
    nameless = {"Line": [line("Debit", "90", 15), line("Credit", "84", 15)]}
    for body in (odd, nameless):
        assert code(quickbooks.call("POST", "/journalentry", json=body)) == "6000"
    right: dict[str, Any] = {"Line": [line("Debit", "90", 15), line("Credit", "84", 15, customer)], "DocNumber": "JE-7"}
    made = quickbooks.post("/journalentry", right)["JournalEntry"]
    assert [one["Id"] for one in made["Line"]] == ["0", "1"]
    changed = made["Line"][1] | {"Amount": 20}
    body = {"Id": made["Id"], "SyncToken": "0", "Line": [changed, line("Debit", "90", 20)]}
    again = quickbooks.post("/journalentry", body)["JournalEntry"]
    assert [one["Id"] for one in again["Line"]] == ["1", "2"], "a line that is gone leaves its number behind"
    gone = quickbooks.post("/journalentry", {"Id": made["Id"], "SyncToken": "1"}, operation="delete")
    assert gone["JournalEntry"]["status"] == "Deleted"


def test_an_entry_moves_the_customers_balance(quickbooks: QuickBooks, customer: str) -> None:
    """Customer.Balance is "the current open balance (unpaid amount) for that customer" (Intuit's type definitions)."""

    def balance() -> float:
        return float(quickbooks.read("Customer", customer)["Balance"])

    before = balance()
    sides = [("Debit", "90", {}), ("Credit", "84", {"Entity": {"Type": "Customer", "EntityRef": {"value": customer}}})]
    lines = [
        {
            "Amount": 15,
            "DetailType": "JournalEntryLineDetail",
            "JournalEntryLineDetail": {"PostingType": side, "AccountRef": {"value": account}, **party},
        }
        for side, account, party in sides
    ]
    made = quickbooks.post("/journalentry", {"Line": lines})["JournalEntry"]
    assert balance() == before - 15
    quickbooks.post("/journalentry", {"Id": made["Id"], "SyncToken": "0"}, operation="delete")
    assert balance() == before


def test_a_refund_receipt_needs_an_account(quickbooks: QuickBooks, customer: str) -> None:
    assert code(quickbooks.call("POST", "/refundreceipt", json=sale(customer))) == "2020"
    made = quickbooks.post("/refundreceipt", sale(customer, DepositToAccountRef={"value": "35"}))["RefundReceipt"]
    assert (made["TotalAmt"], made["Balance"]) == (72.0, 0)


def test_the_pdf_is_one(quickbooks: QuickBooks, customer: str) -> None:
    answer = quickbooks.call("GET", "/invoice/1/pdf", headers={"Accept": "application/pdf"})
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-1.4")
    assert answer.content.rstrip().endswith(b"%%EOF")
    assert quickbooks.call("GET", "/invoice/77/pdf").status_code == 400


def test_reads_are_metered_by_the_month_and_writes_are_not(
    sandbox: Sandbox, quickbooks: QuickBooks, customer: str
) -> None:
    settle(sandbox, reads_a_month=1)
    assert quickbooks.call("GET", "/preferences").status_code == 200
    refused = quickbooks.call("POST", "/query", data="SELECT * FROM Invoice")
    assert (refused.status_code, code(refused)) == (429, "3001")
    assert quickbooks.post("/invoice", sale(customer))["Invoice"]["Id"]
    sandbox.clock.advance(31 * 86400)
    fresh = quickbooks.refresh(quickbooks.config["refresh_token"]).json()
    quickbooks.token = fresh["access_token"]
    assert quickbooks.call("GET", "/preferences").status_code == 200


@pytest.mark.parametrize(("flavour", "kind"), [("xml", "application/xml"), ("lower", "application/json")])
def test_faults_come_in_the_gateways_forms(sandbox: Sandbox, quickbooks: QuickBooks, flavour: str, kind: str) -> None:
    sandbox.world.faults.plan({"platform": "quickbooks", "kind": "error", "flavour": flavour})
    answer = quickbooks.call("GET", "/preferences")
    assert answer.status_code == 500
    assert answer.headers["content-type"].startswith(kind)
    assert "10000" in answer.text
