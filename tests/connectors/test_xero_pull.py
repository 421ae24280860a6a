"""Paging, read-back and the SDK's traps at Xero, against a scripted server."""

import datetime as dt
import json
from typing import Any

import pytest

from connectors.errors import Throttled, Uncertain
from connectors.protocol import Intent, Page, Tokens
from receivables.commands import AddNote
from tests.connectors.loopback import Asked, Reply, loopback, replies
from tests.connectors.stands import now, oauth_tokens
from tests.connectors.xero_world import GUID, INVOICE, START, connector


def contact(number: int, updated: int) -> dict[str, Any]:
    return {"ContactID": str(number), "Name": f"n{number}", "UpdatedDateUTC": f"/Date({updated}+0000)/"}


class Organisation:
    """Answers GET Contacts as Xero does: changed since, ordered by change, by page."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.rows = rows
        self.calls = 0
        self.refuses_order = False
        self.touch: dict[int, int] = {}

    def __call__(self, asked: Asked) -> Reply:
        if self.refuses_order and "order" in asked.query:
            told = "Your request is not filtering records in an efficient way, given the extremely high volume"
            return Reply(json.dumps({"ErrorNumber": 16, "Type": "QueryParseException", "Message": told}), 400)
        self.calls += 1
        self._edit()
        since = asked.headers.get("if-modified-since", "1970-01-01T00:00:00")
        limit = dt.datetime.fromisoformat(since).replace(tzinfo=dt.UTC).timestamp() * 1000
        found = [row for row in self.rows if _updated(row) > limit]
        if "order" in asked.query:
            found.sort(key=_updated)
        page, size = int(asked.query["page"]), int(asked.query["pageSize"])
        shown = found[(page - 1) * size : page * size]
        pagination = {"page": page, "pageSize": size, "pageCount": -(-len(found) // size), "itemCount": len(found)}
        return Reply(
            json.dumps({"DateTimeUTC": f"/Date({START + 10**9})/", "pagination": pagination, "Contacts": shown})
        )

    def _edit(self) -> None:
        """Someone edits a contact between two pages: it moves to the end, and all others move up by one."""
        index = self.touch.pop(self.calls, None)
        if index is not None:
            self.rows[index]["UpdatedDateUTC"] = f"/Date({START + 10**8 + self.calls}+0000)/"


def _updated(row: dict[str, Any]) -> int:
    return int(row["UpdatedDateUTC"][6:19])


def ids(pages: list[Page]) -> list[int]:
    return [int(fact.id) for page in pages for row in page.rows for fact in row.facts]


def spread(count: int) -> list[dict[str, Any]]:
    return [contact(number, START + number * 2000) for number in range(count)]


@pytest.mark.parametrize(("count", "calls"), [(0, 1), (1, 1), (1000, 1), (1001, 2), (2500, 3)])
def test_every_record_is_read_once(count: int, calls: int) -> None:
    with loopback(Organisation(spread(count))) as server:
        pages = list(connector(server).pull("customers", ""))
        assert sorted(ids(pages)) == list(range(count))
        assert len(server.asked) == calls
        assert [page.last for page in pages] == [False] * (calls - 1) + [True]


def test_trap_a_record_edited_while_paging_hides_no_other() -> None:
    organisation = Organisation(spread(2500))
    organisation.touch = {2: 5, 3: 7}
    with loopback(organisation) as server:
        assert set(ids(list(connector(server).pull("customers", "")))) == set(range(2500))


def test_many_records_changed_in_the_same_second_are_all_read() -> None:
    with loopback(Organisation([contact(number, START) for number in range(2300)])) as server:
        assert set(ids(list(connector(server).pull("customers", "")))) == set(range(2300))


def test_a_crash_between_pages_goes_on_from_the_saved_page() -> None:
    organisation = Organisation(spread(2500))
    with loopback(organisation) as server:
        first = next(iter(connector(server).pull("customers", "")))
        rest = list(connector(server).pull("customers", first.cursor))
        assert set(ids([first, *rest])) == set(range(2500))
        assert len(ids(rest)) < 1600, "only what follows, and the edge of the saved page"


def test_the_watermark_is_xeros_clock_less_five_minutes() -> None:
    """T9: If-Modified-Since is sent as UTC without a zone, taken from the first answer and never from our clock."""
    with loopback(Organisation(spread(2500))) as server:
        *_, last = connector(server).pull("customers", "")
        began = dt.datetime.fromtimestamp((START + 10**9) / 1000, dt.UTC)
        expected = (began - dt.timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%S")
        assert json.loads(last.cursor) == {"since": expected}
        list(connector(server).pull("customers", last.cursor))
        assert server.asked[-1].headers["if-modified-since"] == expected


def test_an_organisation_too_large_to_sort_is_read_unsorted() -> None:
    organisation = Organisation(spread(2500))
    organisation.refuses_order = True
    with loopback(organisation) as server:
        assert sorted(ids(list(connector(server).pull("customers", "")))) == list(range(2500))


def test_not_modified_is_an_empty_last_page() -> None:
    with loopback(replies(Reply("", 304))) as server:
        (page,) = connector(server).pull("customers", '{"since":"2026-01-01T00:00:00"}')
        assert page.last
        assert page.rows == []
        assert json.loads(page.cursor) == {"since": "2026-01-01T00:00:00"}


def test_without_page_counts_an_empty_page_ends_the_list() -> None:
    pages = [json.dumps({"Contacts": [contact(number, START)]}) for number in range(3)]
    with loopback(replies(*map(Reply, pages), Reply('{"Contacts":[]}'))) as server:
        assert ids(list(connector(server).pull("customers", ""))) == [0, 1, 2]


def test_only_sales_invoices_are_asked_for() -> None:
    body = json.dumps({"Invoices": [], "pagination": {"page": 1, "pageCount": 0}})
    with loopback(replies(Reply(body))) as server:
        list(connector(server).pull("invoices", ""))
        assert server.asked[0].query["where"] == 'Type=="ACCREC"'
        assert server.asked[0].headers["xero-tenant-id"] == "tenant-1"


def test_trap_hidden_retries_are_off_for_reads_and_writes() -> None:
    """T1: the SDK's pool would sleep on a 429 and send a PUT again after a dropped connection."""
    command = AddNote(connection="books", invoice=INVOICE, text="x")
    for reply in (Reply("", 429, {"Retry-After": "1", "X-Rate-Limit-Problem": "minute"}), Reply(cut=True)):
        with loopback(replies(reply)) as server:
            with pytest.raises((Throttled, Uncertain)):
                connector(server).push(Intent("k", command))
            assert len(server.asked) == 1


def test_a_daily_limit_is_named_and_not_slept_on() -> None:
    reply = Reply("", 429, {"Retry-After": "60000", "X-Rate-Limit-Problem": "day"})
    with loopback(replies(reply)) as server, pytest.raises(Throttled, match="day") as raised:
        list(connector(server).pull("customers", ""))
    assert raised.value.retry_at == now() + dt.timedelta(seconds=60000)


def test_trap_no_two_tenants_share_the_sdks_token_object() -> None:
    """T2. The SDK's Configuration is copied from the first one made, token object and all; a call of one tenant in the
    midst of another's then goes out with the wrong token."""
    with loopback(Organisation([])) as server:
        first, second = (connector(server, name, oauth_tokens(access=f"access-{name}")) for name in ("a", "b"))
        held = [books._client._sdk.configuration.oauth2_token for books in (first, second)]
        assert held[0] is not held[1]
        for books in (first, second, first):
            list(books.pull("customers", ""))
        assert [asked.headers["authorization"] for asked in server.asked] == [
            "Bearer access-a",
            "Bearer access-b",
            "Bearer access-a",
        ]


def test_trap_an_expired_token_is_renewed_by_us_before_the_call() -> None:
    """T6: the SDK would break on a key that it does not know, after the refresh token was spent."""
    expired = Tokens(
        access_token="old",
        refresh_token="r-1",
        access_expires_at=now() + dt.timedelta(seconds=30),
        client_id="c",
        client_secret="s",
    )

    def script(asked: Asked) -> Reply:
        if asked.path == "/token":
            return Reply('{"access_token":"new","refresh_token":"r-2","expires_in":1800,"unexpected":"key"}')
        return Reply('{"Contacts":[],"pagination":{"page":1,"pageCount":0}}')

    with loopback(script) as server:
        list(connector(server, tokens=expired).pull("customers", ""))
        token, read = server.asked
    assert b"refresh_token=r-1" in token.body
    assert b"client_secret=s" in token.body
    assert read.headers["authorization"] == "Bearer new"


def test_rereading_is_one_call_for_forty_invoices_and_stays_below_the_query_limit() -> None:
    guids = [f"d4956132-ed94-4dd7-9eaa-{number:012d}" for number in range(41)]
    body = json.dumps({"Invoices": [], "pagination": {"page": 1, "pageCount": 0}})
    with loopback(replies(Reply(body))) as server:
        found = connector(server).read_invoices([*guids, "not a guid"])
        assert len(server.asked) == 2
        assert len(server.asked[0].query["IDs"].split(",")) == 40
    assert len(found) == 42
    assert all(checked.invoice is None for checked in found.values())


def test_rereading_finds_the_invoice_whatever_the_case_of_its_id() -> None:
    row = {"Type": "ACCREC", "InvoiceID": GUID, "Status": "PAID", "CurrencyCode": "GBP", "Total": 5, "AmountDue": 0}
    body = json.dumps({"Invoices": [row | {"Contact": {"ContactID": "c"}}], "pagination": {"page": 1, "pageCount": 1}})
    with loopback(replies(Reply(body))) as server:
        found = connector(server).read_invoices([GUID.upper()])
    invoice = found[GUID.upper()].invoice
    assert invoice is not None
    assert invoice.status == "paid"
