"""Paging, events, read-back and the SDK's traps at Stripe, against a scripted server."""

import datetime as dt
import json
from typing import Any

import pytest

from connectors.errors import Forbidden, Malformed, Refused, Unauthorised
from connectors.protocol import Endpoint, Tokens
from connectors.stripe.connector import StripeConnector
from receivables.facts import Gone, Invoice
from tests.connectors.loopback import Asked, Loopback, Reply, loopback, replies
from tests.connectors.stands import NOW, CountingLimiter, HeldTokens, endpoint, now
from tests.connectors.stripe_world import T0, account, an_open_invoice, connector, event, ids, paths, refund


def test_a_crash_between_pages_goes_on_from_the_saved_page() -> None:
    with loopback(account(250)) as server:
        first = next(iter(connector(server).pull("refunds", "")))
        rest = list(connector(server).pull("refunds", first.cursor))
        assert len(set(ids([first, *rest]))) == 250
        assert len(ids(rest)) == 150
        assert not any(page.complete for page in rest)


def test_a_sweep_starts_again_when_the_record_to_go_on_from_was_deleted() -> None:
    world = account(250)
    with loopback(world) as server:
        first = next(iter(connector(server).pull("refunds", "")))
        deleted = first.rows[-1].facts[0].id
        world.missing.add(deleted)
        world.lists["refunds"] = [row for row in world.lists["refunds"] if row["id"] != deleted]
        rest = list(connector(server).pull("refunds", first.cursor))
        assert len(set(ids(rest))) == 249
        assert rest[-1].complete


def test_a_server_that_knows_none_of_its_own_records_does_not_keep_us_for_ever() -> None:
    world = account(250)
    world.missing = {f"re_{number}" for number in range(251)}
    with loopback(world) as server, pytest.raises(Refused):
        list(connector(server).pull("refunds", ""))


def swept(server: Loopback, stream: str = "refunds") -> str:
    *_, last = connector(server).pull(stream, "")
    return last.cursor


def test_after_a_sweep_one_event_list_serves_all_streams() -> None:
    world = account(3)
    with loopback(world) as server:
        cursors = {}
        books = connector(server)
        for stream in books.manifest.streams:
            *_, last = books.pull(stream, "")
            cursors[stream] = last.cursor
        world.lists["events"].insert(0, event(2, refund(9, amount=77)))
        before = len(server.asked)
        books = connector(server)
        shown = {stream: list(books.pull(stream, cursors[stream])) for stream in books.manifest.streams}
        assert paths(server)[before:] == ["/v1/events", "/v1/balance_transactions"]
        assert ids(shown["refunds"]) == ["re_9"]
        assert ids(shown["invoices"]) == []


@pytest.mark.parametrize("rows", [[], [{"id": None}], [{}]])
def test_a_list_that_goes_on_from_nowhere_is_malformed_and_not_complete(rows: list[dict[str, object]]) -> None:
    body = json.dumps({"data": rows, "has_more": True})
    world = account()

    def script(asked: Asked) -> Reply:
        return Reply(body) if asked.path == "/v1/refunds" else world(asked)

    with loopback(script) as server, pytest.raises(Malformed):
        list(connector(server).pull("refunds", ""))


def test_events_already_dealt_with_are_not_read_again() -> None:
    world = account(3)
    with loopback(world) as server:
        (second,) = connector(server).pull("refunds", swept(server))
        assert ids([second]) == [], "the sweep began after these events"
        world.lists["events"].insert(0, event(2, refund(2)))
        (third,) = connector(server).pull("refunds", second.cursor)
        assert ids([third]) == ["re_2"]
        (fourth,) = connector(server).pull("refunds", third.cursor)
        assert ids([fourth]) == []


def test_an_event_that_turns_up_late_within_the_overlap_is_seen() -> None:
    world = account(3)
    with loopback(world) as server:
        (second,) = connector(server).pull("refunds", swept(server))
        world.lists["events"].append(event(7, refund(5), created=T0 - 100))
        (third,) = connector(server).pull("refunds", second.cursor)
        assert ids([third]) == ["re_5"]


def test_a_touched_invoice_is_read_again_once() -> None:
    world = account()
    with loopback(world) as server:
        cursor = swept(server, "invoices")
        row = {"id": "in_1", "object": "invoice"}
        world.lists["events"] = [event(number, row, kind="invoice.updated") for number in (3, 2, 1)]
        world.lists["invoices"] = [row | an_open_invoice()]
        (page,) = connector(server).pull("invoices", cursor)
        assert ids([page]) == ["in_1"]
        assert paths(server).count("/v1/invoices/in_1") == 1
        assert server.asked[-1].query == {"expand[0]": "payments"}


def test_a_record_that_an_event_names_and_that_is_no_more_is_gone() -> None:
    world = account()
    with loopback(world) as server:
        cursor = swept(server, "invoices")
        world.lists["events"].insert(0, event(2, {"id": "in_9", "object": "invoice"}, kind="invoice.updated"))
        (page,) = connector(server).pull("invoices", cursor)
        assert page.rows[0].facts == (Gone(connection="books", id="in_9", of_kind="invoice"),)


def test_a_gap_in_the_events_reads_everything_again() -> None:
    world = account(3)
    with loopback(world) as server:
        cursor = swept(server)
        world.lists["events"] = [event(50, refund(1))]
        pages = list(connector(server).pull("refunds", cursor))
        assert ids(pages) == ["re_3", "re_2", "re_1"]
        assert pages[-1].complete


def test_a_month_without_a_poll_reads_everything_again() -> None:
    with loopback(account(3)) as server:
        mark = json.loads(swept(server))
        mark["polled"] = (NOW - dt.timedelta(days=30)).isoformat()
        pages = list(connector(server).pull("refunds", json.dumps(mark)))
        assert len(ids(pages)) == 3
        assert pages[-1].complete


def test_many_touched_records_come_in_pages_and_the_cursor_moves_with_the_last() -> None:
    world = account()
    with loopback(world) as server:
        cursor = swept(server)
        world.lists["events"][:0] = [event(number, refund(number)) for number in range(350, 100, -1)]
        pages = list(connector(server).pull("refunds", cursor))
        assert [page.last for page in pages] == [False, False, True]
        assert {page.cursor for page in pages[:-1]} == {cursor}


def test_an_invoice_with_more_payments_than_shown_is_completed() -> None:
    def paid(number: int) -> dict[str, Any]:
        payment = {"type": "payment_intent", "payment_intent": f"pi_{number}"}
        return {"id": f"inpay_{number}", "status": "paid", "amount_paid": 10, "payment": payment}

    world = account()
    first = {"data": [paid(1)], "has_more": True}
    world.lists["invoices"] = [an_open_invoice(amount_paid=120, payments=first)]
    world.lists["invoice_payments"] = [paid(number) for number in range(1, 13)]
    with loopback(world) as server:
        (page,) = connector(server).pull("invoices", "")
        fact = page.rows[0].facts[0]
    assert isinstance(fact, Invoice)
    assert [share.source_id for share in fact.allocations] == [f"pi_{number}" for number in range(1, 13)]


def test_a_connected_account_is_named_in_a_header() -> None:
    with loopback(account(1)) as server:
        found = Endpoint(
            "card", "stripe", "acct_7", api_base=server.url, options={"connect": "true", "timezone": "UTC"}
        )
        list(StripeConnector(found, HeldTokens(Tokens(api_key="rk")), CountingLimiter(), now).pull("refunds", ""))
        assert server.asked[0].headers["stripe-account"] == "acct_7"


def test_the_time_zone_is_asked_for_once_and_a_key_without_that_permission_falls_back_to_utc() -> None:
    world = account(1)

    def script(asked: Asked) -> Reply:
        return Reply('{"error":{"message":"permission"}}', 403) if asked.path == "/v1/account" else world(asked)

    with loopback(script) as server:
        found = endpoint("stripe", server.url, account="")
        books = StripeConnector(found, HeldTokens(Tokens(api_key="rk")), CountingLimiter(), now)
        (page,) = books.pull("refunds", "")
        assert json.loads(page.cursor)["zone"] == "UTC"
        list(
            StripeConnector(found, HeldTokens(Tokens(api_key="rk")), CountingLimiter(), now).pull(
                "refunds", page.cursor
            )
        )
        assert paths(server).count("/v1/account") == 1


def test_without_a_key_a_person_has_to_connect() -> None:
    with loopback(account(1)) as server:
        books = StripeConnector(endpoint("stripe", server.url), HeldTokens(Tokens()), CountingLimiter(), now)
        with pytest.raises(Unauthorised, match="reconnect"):
            books.check()


def test_a_missing_permission_names_itself() -> None:
    told = '{"error":{"type":"invalid_request_error","message":"The key does not have the required permissions rak_refund_read"}}'
    with loopback(replies(Reply(told, 403))) as server, pytest.raises(Forbidden, match="rak_refund_read"):
        next(iter(connector(server).pull("refunds", '{"sweeping":true,"after":"re_1"}')))
