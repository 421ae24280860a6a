"""Reading QuickBooks: the query language, change data capture, single objects, tokens, limits."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from sandbox.serve import Sandbox
from tests.sandbox.worlds import Control, QuickBooks, bill, debtor, stock

DAY = date(2026, 2, 1)


def test_a_query_shows_a_hundred_unless_told_and_never_more_than_a_thousand(seeded: Sandbox) -> None:
    quickbooks = QuickBooks(seeded)
    assert quickbooks.query("SELECT * FROM Invoice")["maxResults"] == 100
    assert quickbooks.query("SELECT * FROM Invoice MAXRESULTS 5000")["maxResults"] == 1000
    assert quickbooks.query("select count(*) from Invoice") == {"totalCount": 1500}


def test_pages_by_start_position_cover_everything_once(seeded: Sandbox) -> None:
    quickbooks, seen = QuickBooks(seeded), []
    for start in (1, 701, 1401, 2101):
        page = quickbooks.query(
            f"SELECT * FROM Invoice ORDERBY MetaData.LastUpdatedTime STARTPOSITION {start} MAXRESULTS 700"
        )
        seen += [one["Id"] for one in page.get("Invoice", [])]
    assert page == {}
    assert len(seen) == len(set(seen)) == 1500


def test_conditions_are_joined_by_and(seeded: Sandbox) -> None:
    quickbooks = QuickBooks(seeded)
    found = quickbooks.query(
        "SELECT * FROM Invoice WHERE Balance > '0' AND TxnDate >= '2026-01-01' ORDER BY TxnDate DESC"
    )["Invoice"]
    assert all(one["Balance"] > 0 and one["TxnDate"] >= "2026-01-01" for one in found)
    assert [one["TxnDate"] for one in found] == sorted((one["TxnDate"] for one in found), reverse=True)
    one = found[0]
    assert quickbooks.query(f"SELECT * FROM Invoice WHERE Id IN ('{one['Id']}','999999')")["Invoice"] == [one]
    assert quickbooks.query(f"SELECT * FROM Invoice WHERE DocNumber LIKE '%{one['DocNumber'][1:]}'")["Invoice"]
    stamp = one["MetaData"]["LastUpdatedTime"]
    later = quickbooks.query(f"SELECT * FROM Invoice WHERE MetaData.LastUpdatedTime >= '{stamp}' MAXRESULTS 1000")[
        "Invoice"
    ]
    assert one["Id"] in {each["Id"] for each in later}


def test_names_with_quotes_are_found(sandbox: Sandbox, quickbooks: QuickBooks) -> None:
    owner = debtor("oneill")
    owner.name = "O'Neill & Sons"
    stock(sandbox, "quickbooks", bill(owner, "1", on=DAY))
    assert len(quickbooks.query(r"SELECT * FROM Customer WHERE DisplayName = 'O\'Neill & Sons'")["Customer"]) == 1


def test_inactive_customers_show_only_when_asked(seeded: Sandbox) -> None:
    quickbooks = QuickBooks(seeded)
    usual = quickbooks.query("SELECT * FROM Customer MAXRESULTS 1000")["Customer"]
    everyone = quickbooks.query("SELECT * FROM Customer WHERE Active IN (true, false) MAXRESULTS 1000")["Customer"]
    assert (len(usual), len(everyone)) == (116, 120)
    jobs = [one for one in everyone if one["Job"]]
    assert len(jobs) == 3
    assert all(one["FullyQualifiedName"].count(":") == 1 for one in jobs)


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("SELECT * Invoice", "4000"),
        ("SELECT * FROM Invoice WHERE Balance > '0' OR Balance < '5'", "4000"),
        ("SELECT * FROM Invoice WHERE", "4000"),
        ("SELECT * FROM Invoice STARTPOSITION 0", "4001"),
        ("SELECT * FROM Nothing", "4001"),
        ("SELECT * FROM Invoice WHERE Colour = 'red'", "4001"),
    ],
)
def test_bad_queries_are_named(quickbooks: QuickBooks, statement: str, code: str) -> None:
    answer = quickbooks.call("POST", "/query", data=statement)
    assert answer.status_code == 400
    fault = answer.json()["Fault"]
    assert (fault["type"], fault["Error"][0]["code"]) == ("ValidationFault", code)


def test_balances_follow_from_the_lines_of_payments(seeded: Sandbox) -> None:
    quickbooks = QuickBooks(seeded)
    invoices, payments = [], []
    for start in (1, 1001):
        invoices += quickbooks.query(f"SELECT * FROM Invoice STARTPOSITION {start} MAXRESULTS 1000").get("Invoice", [])
        payments += quickbooks.query(f"SELECT * FROM Payment STARTPOSITION {start} MAXRESULTS 1000").get("Payment", [])
    applied: dict[str, float] = {}
    for payment in payments:
        links = [(line["Amount"], line["LinkedTxn"][0]) for line in payment["Line"]]
        for amount, link in links:
            if link["TxnType"] == "Invoice":
                applied[link["TxnId"]] = applied.get(link["TxnId"], 0) + amount
        used = sum(amount if link["TxnType"] == "Invoice" else -amount for amount, link in links)
        assert round(payment["TotalAmt"] - used, 2) == payment["UnappliedAmt"]
    for invoice in invoices:
        assert round(invoice["TotalAmt"] - applied.get(invoice["Id"], 0), 2) == invoice["Balance"]


def test_the_link_to_pay_needs_online_payment_and_an_address(sandbox: Sandbox, quickbooks: QuickBooks) -> None:
    silent = debtor("silent")
    silent.email = ""
    fill = stock(sandbox, "quickbooks", bill(debtor(), "1", on=DAY), bill(silent, "2", on=DAY))
    ours, theirs = fill.quickbooks.ids["bill-1"], fill.quickbooks.ids["bill-2"]
    assert "InvoiceLink" not in quickbooks.read("Invoice", ours)
    assert quickbooks.read("Invoice", ours, include="invoiceLink")["InvoiceLink"].startswith("http://127.0.0.1")
    assert "InvoiceLink" not in quickbooks.read("Invoice", theirs, include="invoiceLink")


# -- change data capture ------------------------------------------------------------------------------------------------


def changes(quickbooks: QuickBooks, entities: str, since: str) -> list[dict[str, Any]]:
    answer = quickbooks.call("GET", "/cdc", params={"entities": entities, "changedSince": since})
    assert answer.status_code == 200, answer.text
    blocks: list[dict[str, Any]] = answer.json()["CDCResponse"][0]["QueryResponse"]
    return blocks


def test_changes_name_what_was_deleted(sandbox: Sandbox, quickbooks: QuickBooks) -> None:
    fill = stock(sandbox, "quickbooks", bill(debtor(), "1", on=DAY), bill(debtor("b"), "2", on=DAY))
    since = "2026-03-02T12:00:00+00:00"
    assert changes(quickbooks, "Invoice,Payment", since) == [{}, {}]
    identity = fill.quickbooks.ids["bill-1"]
    quickbooks.post("/invoice", {"Id": identity, "SyncToken": "0"}, operation="delete")
    invoices, payments = changes(quickbooks, "Invoice,Payment", since)
    assert payments == {}
    (gone,) = invoices["Invoice"]
    assert (gone["status"], gone["Id"]) == ("Deleted", identity)
    assert quickbooks.query("SELECT count(*) FROM Invoice") == {"totalCount": 1}


def test_changes_reach_back_thirty_days(quickbooks: QuickBooks) -> None:
    answer = quickbooks.call("GET", "/cdc", params={"entities": "Invoice", "changedSince": "2026-01-01T00:00:00Z"})
    assert answer.status_code == 400


def test_more_than_a_thousand_changes_are_cut_off_in_silence(sandbox: Sandbox, quickbooks: QuickBooks) -> None:
    with sandbox.changes():
        for number in range(1_100):
            sandbox.quickbooks.books.create("Term", {"name": f"Net {number}", "days": number, "active": True})
    terms, invoices = changes(quickbooks, "Term,Invoice", "2026-03-02T12:00:00+00:00")
    assert (len(terms["Term"]), terms["totalCount"], invoices) == (1_000, 1_000, {})


# -- tokens and limits --------------------------------------------------------------------------------------------------


def test_the_refresh_token_changes_once_a_day_and_the_old_one_lives_a_day_longer(
    sandbox: Sandbox, quickbooks: QuickBooks
) -> None:
    old = quickbooks.config["refresh_token"]
    same = quickbooks.refresh(old).json()
    assert (same["refresh_token"], same["x_refresh_token_expires_in"]) == (old, 8_640_000)
    sandbox.clock.advance(25 * 3600)
    new = quickbooks.refresh(old).json()["refresh_token"]
    assert new != old
    assert quickbooks.refresh(old).json()["refresh_token"] == new  # the reply was lost: ask again
    sandbox.clock.advance(25 * 3600)
    assert quickbooks.refresh(old).json()["error"] == "invalid_grant"
    assert quickbooks.refresh(new).status_code == 200


def test_the_hard_end_of_a_refresh_token_is_told_on_request(quickbooks: QuickBooks) -> None:
    old = quickbooks.config["refresh_token"]
    assert "x_refresh_token_hard_expires_in" not in quickbooks.refresh(old).json()
    told = quickbooks.refresh(old, **{"x-include-refresh-token-hard-expires-in": "true"}).json()
    assert told["x_refresh_token_hard_expires_in"] > 0


def test_an_old_access_token_is_refused_in_lower_case(sandbox: Sandbox, quickbooks: QuickBooks) -> None:
    sandbox.clock.advance(3601)
    answer = quickbooks.call("GET", "/preferences")
    assert answer.status_code == 401
    assert answer.json()["fault"]["error"][0]["code"] == "3200"


def test_another_company_is_forbidden(sandbox: Sandbox, quickbooks: QuickBooks) -> None:
    quickbooks.base = f"{quickbooks.config['api_base']}/company/1"
    answer = quickbooks.call("GET", "/preferences")
    assert (answer.status_code, answer.json()["Fault"]["Error"][0]["code"]) == (403, "3100")


def test_ten_calls_a_second(sandbox: Sandbox, quickbooks: QuickBooks, control: Control) -> None:
    control.post("/clock", now="2026-03-02T12:00:00.05Z")
    answers = [quickbooks.call("GET", "/preferences") for _ in range(11)]
    refused = [one for one in answers if one.status_code == 429]
    assert refused
    assert refused[0].json()["Fault"]["Error"][0]["code"] == "3001"
    assert all("intuit_tid" in one.headers for one in answers)
    sandbox.clock.advance(1)
    assert quickbooks.call("GET", "/preferences").status_code == 200
