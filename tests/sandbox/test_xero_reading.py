"""Reading Xero: pages, filters, tokens, refusals."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from sandbox.serve import Sandbox
from tests.sandbox.worlds import Control, Xero, bill, debtor, paid, stock

MARCH_1 = date(2026, 3, 1)


def test_a_page_tells_how_many_there_are_and_carries_lines(seeded: Sandbox) -> None:
    xero = Xero(seeded)
    seen: list[str] = []
    for page in (1, 2, 3):
        answer = xero.get("/Invoices", page=page, pageSize=1000, where='Type=="ACCREC"', order="UpdatedDateUTC ASC")
        assert answer["pagination"] == {"page": page, "pageSize": 1000, "pageCount": 2, "itemCount": 2000}
        seen += [one["InvoiceID"] for one in answer["Invoices"]]
    assert len(seen) == len(set(seen)) == 2000
    assert all(one["LineItems"] for one in xero.get("/Invoices", page=1)["Invoices"])


def test_without_a_page_come_summaries_without_lines(seeded: Sandbox) -> None:
    answer = Xero(seeded).get("/Invoices")
    assert "pagination" not in answer
    assert len(answer["Invoices"]) == 2012
    assert not any(one["LineItems"] for one in answer["Invoices"])


def test_filters_find_what_they_name(seeded: Sandbox) -> None:
    xero = Xero(seeded)
    authorised = xero.get("/Invoices", page=1, pageSize=1000, Statuses="AUTHORISED")["Invoices"]
    assert {one["Status"] for one in authorised} == {"AUTHORISED"}
    large = xero.get("/Invoices", page=1, pageSize=1000, where='Type=="ACCREC" AND AmountDue>=1000 && Status!="DRAFT"')
    assert large["Invoices"]
    assert all(one["AmountDue"] >= 1000 and one["Type"] == "ACCREC" for one in large["Invoices"])
    some = [one["InvoiceID"] for one in authorised[:3]]
    assert {one["InvoiceID"] for one in xero.get("/Invoices", IDs=",".join(some))["Invoices"]} == set(some)
    contact = authorised[0]["Contact"]["ContactID"]
    theirs = xero.get("/Invoices", page=1, where=f'Contact.ContactID==guid("{contact}")')["Invoices"]
    assert {one["Contact"]["ContactID"] for one in theirs} == {contact}
    recent = xero.get("/Invoices", page=1, where="Date>=DateTime(2026,02,01)")["Invoices"]
    assert recent
    assert all(one["DateString"] >= "2026-02-01" for one in recent)


@pytest.mark.parametrize(
    "where", ["Status=", "Nonsense==1", 'Status=="A" AND', "Date>=DateTime(2026,13,40)", 'Total<"y"']
)
def test_a_where_that_makes_no_sense_is_refused(seeded: Sandbox, where: str) -> None:
    answer = Xero(seeded).call("GET", "/Invoices", params={"where": where})
    assert answer.status_code == 400
    assert answer.json()["Type"] == "QueryParseException"


def test_modified_since_returns_only_what_changed(sandbox: Sandbox, xero: Xero) -> None:
    acme = debtor()
    fill = stock(sandbox, "xero", bill(acme, "INV-1", on=MARCH_1 - timedelta(days=40)), bill(acme, "INV-2", on=MARCH_1))
    since = {"If-Modified-Since": "2026-03-01T00:00:00"}
    found = xero.call("GET", "/Invoices", params={"page": 1}, headers=since).json()["Invoices"]
    assert [one["InvoiceNumber"] for one in found] == ["INV-2"]
    body = {"HistoryRecords": [{"Details": "called"}]}
    assert xero.call("PUT", f"/Invoices/{fill.xero.ids['bill-INV-1']}/History", json=body).status_code == 200
    future = {"If-Modified-Since": "2026-03-02T13:00:00+00:00"}
    assert xero.call("GET", "/Invoices", headers=future).json()["Invoices"] == []


def test_a_payment_moves_the_date_of_its_invoice(sandbox: Sandbox, xero: Xero) -> None:
    fill = stock(sandbox, "xero", bill(debtor(), "INV-1", on=MARCH_1 - timedelta(days=40)))
    identity = fill.xero.ids["bill-INV-1"]
    since = {"If-Modified-Since": "2026-03-02T11:59:59Z"}
    assert xero.call("GET", "/Invoices", headers=since).json()["Invoices"] == []
    payment = {"Payments": [{"Invoice": {"InvoiceID": identity}, "Account": {"Code": "090"}, "Amount": 40.0}]}
    assert xero.call("PUT", "/Payments", json=payment).status_code == 200
    assert [one["InvoiceID"] for one in xero.call("GET", "/Invoices", headers=since).json()["Invoices"]] == [identity]


def test_amounts_follow_from_payments_and_credits(seeded: Sandbox) -> None:
    xero = Xero(seeded)
    for page in (1, 2):
        for one in xero.get("/Invoices", page=page, pageSize=1000, where='Type=="ACCREC"')["Invoices"]:
            if one["Status"] in ("VOIDED", "DELETED"):
                assert one["AmountDue"] == 0
                continue
            assert round(one["Total"] - one["AmountPaid"] - one["AmountCredited"], 2) == one["AmountDue"]
            assert round(sum(part["Amount"] for part in one["Payments"]), 2) == one["AmountPaid"]
            applied = [
                part["AppliedAmount"] for name in ("CreditNotes", "Prepayments", "Overpayments") for part in one[name]
            ]
            assert round(sum(applied), 2) == one["AmountCredited"]
            assert (one["Status"] == "PAID") == (one["AmountDue"] == 0 and one["Status"] not in ("DRAFT", "SUBMITTED"))


def test_dates_are_midnight_and_updates_are_instants(sandbox: Sandbox, xero: Xero) -> None:
    stock(sandbox, "xero", bill(debtor(), "INV-1", on=MARCH_1, receipts=[paid(MARCH_1, 10_000)]))
    found = xero.get("/Invoices", page=1)["Invoices"][0]
    assert found["Date"] == "/Date(1772323200000+0000)/"
    assert found["DateString"] == "2026-03-01T00:00:00"
    assert found["FullyPaidOnDate"] == "/Date(1772323200000+0000)/"
    assert found["UpdatedDateUTC"].startswith("/Date(17723")


def test_a_long_query_string_is_lost_before_xero_sees_it(xero: Xero) -> None:
    assert xero.call("GET", "/Invoices", params={"IDs": ",".join(["0" * 36] * 60)}).status_code == 404


def test_archived_contacts_show_only_when_asked(seeded: Sandbox) -> None:
    xero = Xero(seeded)
    usual = xero.get("/Contacts", page=1, pageSize=1000)["Contacts"]
    everyone = xero.get("/Contacts", page=1, pageSize=1000, includeArchived="true")["Contacts"]
    assert {one["ContactStatus"] for one in usual} == {"ACTIVE"}
    assert len(everyone) == 151
    assert len(everyone) - len(usual) == 4


@pytest.mark.parametrize(
    "path",
    ["/Organisation", "/Accounts", "/Payments?page=1", "/CreditNotes?page=1", "/Overpayments?page=1", "/Prepayments?page=1",
     "/BankTransactions?page=1", "/BatchPayments", "/InvoiceReminders/Settings", "/PaymentServices", "/BrandingThemes"],
)  # fmt: skip
def test_every_list_has_rows(seeded: Sandbox, path: str) -> None:
    answer = Xero(seeded).call("GET", path)
    assert answer.status_code == 200
    lists = [value for value in answer.json().values() if isinstance(value, list)]
    assert len(lists) == 1
    assert lists[0]


# -- tokens and tenants -------------------------------------------------------------------------------------------------


def test_a_refresh_token_works_once_and_for_half_an_hour_of_grace(sandbox: Sandbox, xero: Xero) -> None:
    old = xero.config["refresh_token"]
    first = xero.refresh(old).json()
    assert first["refresh_token"] != old
    assert first["expires_in"] == 1800
    assert xero.refresh(old).status_code == 200  # the answer may have been lost: grace
    sandbox.clock.advance(31 * 60)
    gone = xero.refresh(old)
    assert (gone.status_code, gone.json()) == (400, {"error": "invalid_grant"})
    assert xero.refresh(first["refresh_token"]).status_code == 200


def test_tokens_end(sandbox: Sandbox, xero: Xero) -> None:
    sandbox.clock.advance(1801)
    answer = xero.call("GET", "/Organisation")
    assert answer.status_code == 401
    assert answer.json()["Detail"].startswith("TokenExpired")
    sandbox.clock.advance(61 * 86_400)
    assert xero.refresh(xero.config["refresh_token"]).status_code == 400


def test_a_wrong_tenant_and_a_cut_connection_are_403(sandbox: Sandbox, xero: Xero) -> None:
    assert xero.call("GET", "/Organisation", headers={"xero-tenant-id": "0"}).status_code == 403
    import requests

    bearer = {"Authorization": f"Bearer {xero.token}"}
    connections = requests.get(xero.config["connections_url"], headers=bearer, timeout=20).json()
    assert [one["tenantId"] for one in connections] == [xero.config["tenant_id"]]
    url = f"{xero.config['connections_url']}/{connections[0]['id']}"
    assert requests.delete(url, headers=bearer, timeout=20).status_code == 204
    assert xero.call("GET", "/Organisation").status_code == 403


# -- limits -------------------------------------------------------------------------------------------------------------


def test_sixty_calls_a_minute_and_no_more(sandbox: Sandbox, xero: Xero, control: Control) -> None:
    control.post("/clock", now="2026-03-02T12:00:01Z")
    answers = [xero.call("GET", "/Organisation") for _ in range(61)]
    assert [one.status_code for one in answers] == [200] * 60 + [429]
    assert answers[0].headers["X-MinLimit-Remaining"] == "59"
    assert answers[0].headers["X-DayLimit-Remaining"] == "4999"
    assert answers[-1].headers["X-Rate-Limit-Problem"] == "minute"
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    sandbox.clock.advance(60)
    assert xero.call("GET", "/Organisation").status_code == 200


def test_five_calls_at_once(sandbox: Sandbox, xero: Xero, control: Control) -> None:
    from concurrent.futures import ThreadPoolExecutor

    control.post("/faults", platform="xero", kind="hang", seconds=0.6, count=6)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: xero.call("GET", "/Organisation"), range(6)))
    refused = [one for one in answers if one.status_code == 429]
    assert [one.headers["X-Rate-Limit-Problem"] for one in refused] == ["concurrent"]
