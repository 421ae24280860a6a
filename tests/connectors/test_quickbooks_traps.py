"""The traps of QuickBooks and of its SDK, each by its number (see also test_quickbooks_pull, _push, _translate).

T2 and T9 stand in test_quickbooks_push, T7 in part in test_quickbooks_pull, T8 in part in test_quickbooks_translate.
"""

import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import (
    Conflict,
    ConnectorError,
    Forbidden,
    NotFound,
    PlatformFailed,
    Refused,
    Throttled,
    Unauthorised,
    Uncertain,
)
from connectors.fields import read_row
from connectors.protocol import Intent, Tokens
from connectors.quickbooks.connector import QuickBooksConnector
from connectors.quickbooks.push import _WAYS
from connectors.quickbooks.streams import STREAMS
from connectors.quickbooks.translate import Realm as Place
from receivables.commands import SendInvoiceEmail, SetCustomerMemo
from receivables.facts import Gone, Invoice
from tests.connectors.loopback import Asked, Reply, loopback, replies
from tests.connectors.quickbooks_world import INVOICE, TIME, Realm, an_invoice, connector, refund
from tests.connectors.stands import NOW, CountingLimiter, HeldTokens, endpoint, now, oauth_tokens

XML = (
    '<?xml version="1.0" encoding="UTF-8"?><IntuitResponse xmlns="http://schema.intuit.com/finance/v3">'
    '<Fault type="{kind}"><Error code="{code}"><Message>{message}</Message><Detail>more</Detail></Error></Fault>'
    "</IntuitResponse>"
)


def fault(code: str, message: str = "no", *more: tuple[str, str]) -> str:
    errors = [{"Message": words, "Detail": "", "code": number} for number, words in ((code, message), *more)]
    return json.dumps({"Fault": {"Error": errors, "type": "ValidationFault"}, "time": TIME})


def lower_case(code: str, message: str = "no") -> str:
    return json.dumps({"fault": {"error": [{"message": message, "detail": None, "code": code}], "type": "SERVICE"}})


def xml(code: str, message: str = "no") -> str:
    return XML.format(kind="SERVICE", code=code, message=message)


# --- T1 to T10 ------------------------------------------------------------------------------------------------------


def test_a_write_names_only_what_it_changes_because_the_sdks_save_writes_its_defaults_over_everything() -> None:
    """T1: an Invoice() of the SDK carries "Line": [], "DueDate": "", "EmailStatus": "NotSet" and twenty more."""
    rich = an_invoice("7", Line=[{"Id": "1"}], DueDate="2026-03-01", EmailStatus="EmailSent", ExchangeRate=1.2)
    with loopback(replies(Reply(json.dumps({"Invoice": rich})))) as server:
        memo = SetCustomerMemo(connection="books", invoice=INVOICE, text="Please pay")
        connector(server).push(Intent("key-1", memo))
        written = [json.loads(asked.body) for asked in server.asked if asked.method == "POST"]
    assert [set(body) for body in written] == [{"Id", "SyncToken", "sparse", "CustomerMemo"}]


@pytest.mark.parametrize(
    ("reply", "expected", "code"),
    [
        (Reply(fault("3001"), 429), Throttled, "3001"),
        (Reply(lower_case("3001"), 429), Throttled, "3001"),
        (Reply(xml("3001"), 429), Throttled, "3001"),
        (Reply("", 429), Throttled, ""),
        (Reply(fault("3001")), Throttled, "3001"),
        (Reply(lower_case("3200"), 401), Unauthorised, "3200"),
        (Reply(xml("3200"), 401), Unauthorised, "3200"),
        (Reply(fault("100"), 400), Unauthorised, "100"),
        (Reply(fault("3100"), 403), Forbidden, "3100"),
        (Reply(fault("120"), 400), Forbidden, "120"),
        (Reply(fault("6190"), 400), Forbidden, "6190"),
        (Reply(fault("610"), 400), NotFound, "610"),
        (Reply("", 404), NotFound, ""),
        (Reply(fault("5010"), 400), Conflict, "5010"),
        (Reply(fault("6000"), 400), Refused, "6000"),
        (Reply(fault("6140"), 400), Refused, "6140"),
        (Reply(fault("6240"), 400), Refused, "6240"),
        (Reply(fault("6210"), 400), Refused, "locked"),
        (Reply(fault("not a number"), 400), Refused, "not a number"),
        (Reply(fault("10000"), 500), PlatformFailed, "10000"),
        (Reply(xml("10000"), 500), PlatformFailed, "10000"),
        (Reply("<html><h1>502 Bad Gateway</h1></html>", 502), PlatformFailed, ""),
        (Reply("", 503), PlatformFailed, ""),
        (Reply("", 408), Uncertain, ""),
    ],
)
def test_every_answer_has_its_class_though_the_sdk_tells_no_status(
    reply: Reply, expected: type[ConnectorError], code: str
) -> None:
    """T3: the SDK keeps no status and no headers, and names a 429 a QuickbooksException(10000)."""
    grant = HeldTokens(Tokens(access_token="access-1"))
    with loopback(replies(reply)) as server:
        books = QuickBooksConnector(endpoint("quickbooks", server.url), grant, CountingLimiter(), now)
        with pytest.raises(ConnectorError) as raised:
            books.push(Intent("key-1", SendInvoiceEmail(connection="books", invoice=INVOICE)))
        assert type(raised.value) is expected
        assert raised.value.code == code
        assert len(server.asked) == 1, "a write is never sent twice"


def test_all_errors_of_a_fault_are_told() -> None:
    """T3: the SDK keeps the first one only."""
    both = fault("2020", "Required param missing", ("2050", "Length exceeds limit"))
    with loopback(replies(Reply(both, 400))) as server, pytest.raises(Refused, match="missing; Length exceeds limit"):
        connector(server).check()


def test_a_pause_of_a_minute_follows_a_429_without_retry_after() -> None:
    """Section 3: "wait 60 s"; no Retry-After is promised. Everyone who talks to the company waits."""
    limiter = CountingLimiter()
    with loopback(replies(Reply(fault("3001"), 429))) as server:
        books = QuickBooksConnector(endpoint("quickbooks", server.url), HeldTokens(oauth_tokens()), limiter, now)
        with pytest.raises(Throttled) as raised:
            books.push(Intent("key-1", SendInvoiceEmail(connection="books", invoice=INVOICE)))
    assert raised.value.retry_at == NOW + dt.timedelta(seconds=60)
    assert [until for until, _ in limiter.pauses] == [raised.value.retry_at]


def test_plain_http_to_loopback_works_and_silence_ends() -> None:
    """T4: requests_oauthlib refuses http, and the SDK sets no time-out anywhere."""
    with loopback(replies(Reply("{}", wait=30, cut=True))) as server:
        impatient = endpoint("quickbooks", server.url, timeout=(1.0, 0.1))
        books = QuickBooksConnector(impatient, HeldTokens(oauth_tokens()), CountingLimiter(), now)
        with pytest.raises(Uncertain, match="no answer"):
            books.push(Intent("key-1", SendInvoiceEmail(connection="books", invoice=INVOICE)))


def test_after_a_refresh_the_next_call_carries_the_new_token() -> None:
    """T5: the SDK's old session keeps the old one."""
    fresh = '{"access_token":"access-2","refresh_token":"refresh-2","expires_in":3600}'

    def script(asked: Asked) -> Reply:
        if asked.path.endswith("/token"):
            return Reply(fresh)
        known = asked.headers["authorization"] == "Bearer access-2"
        return Realm(0)(asked) if known else Reply(lower_case("3200"), 401)

    with loopback(script) as server:
        list(connector(server).pull("refunds", ""))
        sent = [asked.headers["authorization"] for asked in server.asked if "query" in asked.path]
    assert sent == ["Bearer access-1", "Bearer access-2"]


def test_two_companies_at_once_share_nothing() -> None:
    """T6: one client of the SDK is one company."""
    with loopback(Realm(0)) as server:
        for realm, token in (("1", "a"), ("2", "b")):
            grant = HeldTokens(Tokens(access_token=token))
            held = QuickBooksConnector(endpoint("quickbooks", server.url, realm), grant, CountingLimiter(), now)
            list(held.pull("refunds", ""))
        told = [(asked.path, asked.headers["authorization"]) for asked in server.asked]
    assert told == [("/company/1/query", "Bearer a"), ("/company/2/query", "Bearer b")]


def test_change_data_is_read_whole_however_it_is_put_into_blocks() -> None:
    """T7: the SDK looks at one entity a block, and has no attribute for one that did not change."""
    blocks = [{"RefundReceipt": [refund(5)], "Deposit": [refund(6)], "totalCount": 2}, {}]
    answer = {"CDCResponse": [{"QueryResponse": blocks}, {"QueryResponse": [{"RefundReceipt": [refund(7)]}]}]}
    since = json.dumps({"since": "2026-03-02T03:00:00-08:00"})
    with loopback(replies(Reply(json.dumps(answer | {"time": TIME})))) as server:
        books = connector(server)
        told = {stream: list(books.pull(stream, since)) for stream in ("refunds", "deposits", "invoices")}
    ids = {
        stream: [fact.id for page in pages for row in page.rows for fact in row.facts] for stream, pages in told.items()
    }
    assert ids == {"refunds": ["5", "7"], "deposits": ["6"], "invoices": []}


def test_fields_that_nobody_knows_yet_do_no_harm_and_stay_in_the_raw_record() -> None:
    """T8: the SDK passes them through as bare dictionaries."""
    row = an_invoice("7", TaxTreaty={"value": "x"}, sparse=False, CustomField=None)
    with loopback(replies(Reply(json.dumps({"QueryResponse": {"Invoice": [row]}, "time": TIME})))) as server:
        (page,) = connector(server).pull("invoices", "")
    (told,) = page.rows
    assert isinstance(told.facts[0], Invoice)
    assert b"TaxTreaty" in told.raw


def test_many_records_are_asked_for_by_queries_never_by_batches() -> None:
    """T10: the SDK's batches have ids that are too long and no requestid; and each item of one is metered anyhow."""
    with loopback(Realm(250)) as server:
        list(connector(server).reread("refunds", [str(number) for number in range(1, 251)]))
        assert [asked.path.rpartition("/")[2] for asked in server.asked] == ["query"] * 3


# --- the rest -------------------------------------------------------------------------------------------------------


def test_a_query_always_says_how_many_because_the_default_is_a_hundred() -> None:
    """Section 2: MAXRESULTS is 100 when it is not sent, and nothing tells that there is more."""
    with loopback(Realm(3)) as server:
        books = connector(server)
        list(books.pull("refunds", ""))
        list(books.reread("refunds", ["1"]))
        list(books.census("refunds"))
        books.read_invoices(["1"])
        assert all(b"MAXRESULTS 1000" in asked.body for asked in server.asked)


def test_an_empty_result_has_no_key_at_all() -> None:
    """Section 2: {"QueryResponse":{}}."""
    with loopback(replies(Reply(json.dumps({"QueryResponse": {}, "time": TIME})))) as server:
        (page,) = connector(server).pull("invoices", "")
    assert (list(page.rows), page.complete) == ([], True)


def test_the_same_id_of_two_entities_is_two_records() -> None:
    """Section 5: ids are unique within an entity of a company only."""
    changes = {"Invoice": [an_invoice("1")], "Payment": [refund(1)], "RefundReceipt": [refund(1)]}
    realm = Realm(0)
    realm.changes = changes
    since = json.dumps({"since": "2026-03-02T03:00:00-08:00"})
    with loopback(realm) as server:
        books = connector(server)
        pages = [page for stream in ("invoices", "payments", "refunds") for page in books.pull(stream, since)]
    refs = [str(fact.ref) for page in pages for row in page.rows for fact in row.facts]
    assert refs == ["books:invoice:1", "books:payment:1", "books:refund:1"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("CurrencyRef", {"value": "XXX"}),
        ("CurrencyRef", "USD"),
        ("TotalAmt", "5.00"),
        ("TotalAmt", None),
        ("Balance", 5.001),
        ("CustomerRef", None),
        ("Line", {"Amount": 5}),
        ("TxnTaxDetail", [1]),
        ("SyncToken", 3),
        ("MetaData", {"LastUpdatedTime": "yesterday"}),
    ],
)
def test_one_odd_row_is_a_problem_with_its_raw_record_and_the_page_goes_on(field: str, value: Any) -> None:
    """The SDK fails whole pages on one such row."""
    rows = [an_invoice("1"), an_invoice("2", **{field: value}), an_invoice("3")]
    answer = json.dumps({"QueryResponse": {"Invoice": rows}, "time": TIME})
    with loopback(replies(Reply(answer))) as server:
        (page,) = connector(server).pull("invoices", "")
    assert [fact.id for row in page.rows for fact in row.facts] == ["1", "3"]
    problem = page.rows[1].problem
    assert problem is not None
    assert problem.where == "books:invoice:2"
    assert json.loads(page.rows[1].raw)["Id"] == "2"


JUNK = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just([1]) | st.just({"value": 5})
WHOLE = an_invoice("7", UnappliedAmt=0, TxnDate="2026-03-01", DisplayName="Acme") | {
    "Line": [{"Id": "1", "Amount": 5, "LinkedTxn": [{"TxnId": "1", "TxnType": "Invoice"}]}],
    "MetaData": {"LastUpdatedTime": "2026-03-01T00:00:00Z"},
    "TxnTaxDetail": {"TotalTax": 1},
    "DepositToAccountRef": {"value": "4"},
}


@pytest.mark.parametrize("stream", sorted(STREAMS))
@given(changes=st.dictionaries(st.sampled_from(sorted(WHOLE)), JUNK, max_size=3))
def test_no_row_whatsoever_breaks_a_page(stream: str, changes: dict[str, Any]) -> None:
    realm = Place("books", "USD", frozenset({"84"}))
    raw = json.dumps(WHOLE | changes).encode()
    row = read_row(raw, "books", "Id", lambda found: STREAMS[stream].facts(found, realm))
    assert row.raw == raw
    assert row.problem is None or row.facts == ()


def test_a_row_that_comes_twice_is_the_same_fact_twice() -> None:
    answer = json.dumps({"QueryResponse": {"Invoice": [an_invoice("1"), an_invoice("1")]}, "time": TIME})
    with loopback(replies(Reply(answer))) as server:
        (page,) = connector(server).pull("invoices", "")
    first, second = page.rows
    assert first == second


@pytest.mark.parametrize("broken", ["short", "half", "html"])
def test_a_page_that_is_cut_off_is_read_again_and_loses_nothing(broken: str) -> None:
    whole = json.dumps({"QueryResponse": {"Invoice": [an_invoice("1"), an_invoice("2")]}, "time": TIME})
    first = {"short": Reply(whole, short=True), "half": Reply(whole[: len(whole) // 2]), "html": Reply("<html>")}
    with loopback(replies(first[broken], Reply(whole))) as server:
        (page,) = connector(server).pull("invoices", "")
        assert [fact.id for row in page.rows for fact in row.facts] == ["1", "2"]
        assert len(server.asked) == 2


def test_a_merged_customer_is_gone_by_change_data() -> None:
    """Section 5: the loser of a merge vanishes; change data shows it as deleted."""
    realm = Realm(0)
    realm.changes = {"Customer": [{"domain": "QBO", "status": "Deleted", "Id": "9", "MetaData": {}}]}
    with loopback(realm) as server:
        (page,) = connector(server).pull("customers", json.dumps({"since": "2026-03-02T03:00:00-08:00"}))
    assert page.rows[0].facts == (Gone(connection="books", id="9", of_kind="customer"),)


def test_every_write_that_the_manifest_lists_has_its_way_and_no_other() -> None:
    assert set(_WAYS) == {write.command for write in QuickBooksConnector.manifest.writes}


def test_the_refresh_token_ends_at_the_earlier_of_both_ends() -> None:
    """Section 1: use puts the hundred days off, but nothing the five years; a header asks for the latter."""
    answer = {"access_token": "access-2", "refresh_token": "refresh-2", "x_refresh_token_expires_in": 8_640_000}
    for hard, expected in ((3600, dt.timedelta(hours=1)), (157_680_000, dt.timedelta(days=100))):
        tokens = HeldTokens(oauth_tokens(access=""))
        reply = Reply(json.dumps(answer | {"x_refresh_token_hard_expires_in": hard}))
        with loopback(replies(reply, Reply(json.dumps({"QueryResponse": {}, "time": TIME})))) as server:
            books = QuickBooksConnector(endpoint("quickbooks", server.url), tokens, CountingLimiter(), now)
            list(books.pull("refunds", ""))
            assert server.asked[0].headers["x-include-refresh-token-hard-expires-in"] == "true"
        assert tokens.load().refresh_expires_at == NOW + expected


def test_the_last_day_of_the_closed_books_is_told_by_check() -> None:
    def script(asked: Asked) -> Reply:
        if asked.path.endswith("/preferences"):
            prefs = {"AccountingInfoPrefs": {"BookCloseDate": "2026-01-31"}}
            return Reply(json.dumps({"Preferences": prefs | {"CurrencyPrefs": {"HomeCurrency": {"value": "USD"}}}}))
        return Reply('{"CompanyInfo":{"CompanyName":"Larry\'s Bakery","DefaultTimeZone":"America/Los_Angeles"}}')

    with loopback(script) as server:
        health = connector(server).check()
        assert len(server.asked) == 2
    assert (health.name, health.currency, health.locked_until) == ("Larry's Bakery", "USD", dt.date(2026, 1, 31))
