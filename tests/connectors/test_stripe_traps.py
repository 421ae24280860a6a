"""Stripe's traps, one test each, named in words; the numbers are those of the platform notes (T1 to T9)."""

import datetime as dt
import gc
import json
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import stripe

from connectors.errors import (
    ConnectorError,
    Forbidden,
    NotFound,
    PlatformFailed,
    Refused,
    Throttled,
    Unauthorised,
    Uncertain,
)
from connectors.protocol import Endpoint, Intent, Tokens
from connectors.stripe.client import encode
from connectors.stripe.connector import StripeConnector
from connectors.stripe.faults import verdict
from connectors.stripe.records import Account
from connectors.stripe.translate import STREAMS
from connectors.transport import Answer
from receivables.commands import AddNote, CreateCheckout
from receivables.facts import Invoice, Payment, Payout, Refund
from receivables.money import Money
from tests.connectors.loopback import Asked, Reply, loopback, replies
from tests.connectors.stands import NOW, CountingLimiter, HeldTokens, now
from tests.connectors.stripe_office import Office, an_office, deed, facts_of
from tests.connectors.stripe_world import INVOICE, T0, account, an_open_invoice, connector, ids, paths, refund
from tests.sandbox.worlds import bill, debtor, stock

KEY = "rk_live_a_secret_that_must_not_leak"
NOTE = AddNote(connection="card", invoice=INVOICE, text="called")
LONDON = Account("card", ZoneInfo("Europe/London"))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with an_office(tmp_path) as found:
        yield found


def opened(url: str, **fields: Any) -> StripeConnector:
    found = Endpoint("card", "stripe", api_base=url, options={"timezone": "UTC"}, **fields)
    return StripeConnector(found, HeldTokens(Tokens(api_key=KEY)), CountingLimiter(), now)


# --- the library (T1 to T9) -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [409, 429, 500, 503])
def test_a_write_is_never_repeated_below_us(status: int) -> None:
    """T1: the library retries some of these by itself, or none, depending on how its client was made."""
    with loopback(replies(Reply("{}", status))) as server:
        with pytest.raises(ConnectorError):
            opened(server.url).push(Intent("key-1", NOTE))
        assert len(server.asked) == 1


def test_the_idempotency_key_is_ours_and_the_same_for_every_try() -> None:
    """T1: one made by the library is new with every call, so that a second try would act twice."""
    with loopback(replies(Reply('{"id":"in_1"}'))) as server:
        for _ in range(2):
            opened(server.url).push(Intent("key-1", NOTE))
        assert [asked.headers["idempotency-key"] for asked in server.asked] == ["key-1", "key-1"]


def test_no_object_of_the_librarys_models_is_made() -> None:
    """T2: they take 62 microseconds for each nested record, 60 of them for one invoice."""
    world = account()
    world.lists["invoices"] = [an_open_invoice(id=f"in_{number}") for number in range(100)]
    with loopback(world) as server:
        pages = list(connector(server).pull("invoices", ""))
    assert len(ids(pages)) == 100
    assert not [one for one in gc.get_objects() if isinstance(one, stripe.StripeObject)]


def test_nothing_that_is_handed_on_holds_the_key() -> None:
    """T3: the library's objects carry the secret key into every cache, log and queue."""
    with loopback(account(3)) as server:
        pages = list(opened(server.url).pull("refunds", ""))
        kept = pickle.dumps([(page.rows, page.cursor, page.problems) for page in pages])
    assert b"re_1" in kept
    assert KEY.encode() not in kept


def test_no_error_holds_the_key() -> None:
    """T3"""
    with loopback(replies(Reply("{}", 401))) as server, pytest.raises(Unauthorised) as raised:
        opened(server.url).push(Intent("key-1", NOTE))
    assert KEY not in repr(raised.value)
    assert KEY not in str(raised.value.__dict__)


def test_an_exchange_rate_keeps_all_its_digits() -> None:
    """T4: as a float its last ones are lost."""
    world = account()
    row = {"id": "txn_1", "currency": "gbp", "amount": 100, "fee": 5, "net": 95, "created": T0, "source": "ch_1"}
    body = json.dumps({"data": [row | {"exchange_rate": "RATE"}], "has_more": False})

    def script(asked: Asked) -> Reply:
        shown = body.replace('"RATE"', "1.23456789012345678")
        return Reply(shown) if asked.path == "/v1/balance_transactions" else world(asked)

    with loopback(script) as server:
        (fact,) = facts_of(connector(server).pull("balance_transactions", ""))
    assert fact.exchange_rate == "1.23456789012345678"  # type: ignore[attr-defined]  # a BalanceTransaction


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_times_are_sent_as_seconds_whatever_the_zone_of_this_machine(
    zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T5: the library writes naive times in the local zone."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        command = CreateCheckout(
            connection="card",
            invoice=INVOICE,
            amount=Money(900, "GBP"),
            success_url="http://127.0.0.1",
            expires_at=NOW + dt.timedelta(hours=1),
        )
        with loopback(replies(Reply('{"id":"cs_1","url":"u"}'))) as server:
            opened(server.url).push(Intent("key-1", command))
            assert f"expires_at={int(NOW.timestamp()) + 3600}&".encode() in server.asked[0].body + b"&"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_an_empty_text_unsets_and_none_is_left_out() -> None:
    """T5"""
    assert encode({"description": "", "footer": None, "auto_advance": False}) == "description=&auto_advance=false"


def test_no_call_waits_for_eighty_seconds() -> None:
    """T6: that is the library's own time-out."""
    with loopback(replies(Reply(wait=30))) as server:
        began = time.monotonic()
        with pytest.raises(Uncertain):
            opened(server.url, timeout=(0.3, 0.3)).push(Intent("key-1", NOTE))
        assert time.monotonic() - began < 5


def test_each_thread_has_a_session_of_its_own() -> None:
    """T6: sessions are not to be shared between threads."""
    sessions: list[object] = []
    world = account(1)
    with loopback(world) as server:
        books = opened(server.url)

        def read() -> None:
            list(books.census("chargebacks"))
            sessions.append(books._client._transport)

        threads = [threading.Thread(target=read) for _ in range(3)]
        for thread in threads:
            thread.start()
        read()
        for thread in threads:
            thread.join()
        assert len(server.asked) == 4
    assert len(set(map(id, sessions))) == 4


def test_trap_version_telemetry_and_account_are_told_by_us_alone() -> None:
    """T7: the library would add its telemetry, the platform and an agent's tag."""
    with loopback(account(1)) as server:
        list(connector(server).pull("refunds", ""))
        headers = server.asked[0].headers
    assert headers["stripe-version"] == stripe.api_version
    assert headers["authorization"] == "Bearer rk_test_1"
    assert not {name for name in headers if name.startswith("x-stripe")}
    assert headers["user-agent"] == "owed"
    assert "stripe-account" not in headers


def test_nothing_is_written_into_the_home_folder(tmp_path: Path) -> None:
    """T7: the library keeps a telemetry id in ~/.config/stripe."""
    script = (
        "import sys; from tests.connectors.test_stripe_traps import opened; list(opened(sys.argv[1]).census('payouts'))"
    )
    with loopback(account(1)) as server:
        command = [sys.executable, "-c", script, server.url]
        home = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / ".config")}
        subprocess.run(command, check=True, env=os.environ | home, cwd=Path(__file__).parents[2])
        assert len(server.asked) == 2
        assert not any(name.startswith("x-stripe") for asked in server.asked for name in asked.headers)
    assert list(tmp_path.rglob("*stripe*")) == []


def test_trap_default_page_size_of_ten_is_never_used() -> None:
    """T8: Stripe's default would take ten times the calls."""
    with loopback(account(30)) as server:
        list(connector(server).pull("refunds", ""))
        assert [asked.query["limit"] for asked in server.asked if asked.path == "/v1/refunds"] == ["100"]


@pytest.mark.parametrize(("count", "calls"), [(0, 1), (100, 1), (101, 2), (250, 3)])
def test_trap_a_sweep_takes_as_few_calls_as_there_are_hundreds(count: int, calls: int) -> None:
    """T8: ceil(N/100) calls, and one for none."""
    with loopback(account(count)) as server:
        pages = list(connector(server).pull("refunds", ""))
        assert len(ids(pages)) == count
        assert paths(server).count("/v1/refunds") == calls
        assert [page.complete for page in pages] == [False] * (calls - 1) + [True]


def test_the_address_is_the_connections_own_and_the_library_is_imported_only_when_it_is_opened() -> None:
    """T9: importing it takes most of a second."""
    script = "import sys, connectors.registry; print('stripe' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
    with loopback(account(1)) as server:
        list(opened(server.url).pull("refunds", ""))
        assert "/v1/refunds" in paths(server)


# --- errors (section 3) -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "told", "kind"),
    [
        (429, {"code": "rate_limit"}, Throttled),
        (429, {}, Throttled),
        (400, {"type": "invalid_request_error", "code": "invoice_not_editable"}, Refused),
        (400, {"type": "idempotency_error"}, Refused),
        (400, {"code": "resource_missing"}, NotFound),
        (404, {}, NotFound),
        (401, {}, Unauthorised),
        (402, {"type": "card_error", "decline_code": "insufficient_funds"}, Refused),
        (403, {}, Forbidden),
        (409, {"type": "idempotency_error", "code": "idempotency_key_in_use"}, Uncertain),
        (500, {"type": "api_error"}, PlatformFailed),
        (502, {}, PlatformFailed),
    ],
)
def test_what_each_status_means(status: int, told: dict[str, str], kind: type[ConnectorError]) -> None:
    found = verdict(Answer(status, {}, json.dumps({"error": told}).encode()), NOW)
    assert type(found) is kind


def test_a_locked_record_is_free_again_at_once_and_a_limit_takes_a_moment() -> None:
    """429 is both; only the code tells, and Retry-After is not promised."""
    waits = []
    for code in ("lock_timeout", "rate_limit"):
        found = verdict(Answer(429, {}, json.dumps({"error": {"code": code}}).encode()), NOW)
        assert isinstance(found, Throttled)
        waits.append((found.retry_at - NOW).total_seconds())
    assert waits == [0.5, 5.0]


@pytest.mark.parametrize(("word", "kind"), [("true", Uncertain), ("false", Refused), ("", Refused)])
def test_stripe_may_ask_to_try_again_where_the_status_would_not(word: str, kind: type[ConnectorError]) -> None:
    answer = Answer(400, {"stripe-should-retry": word}, b"{}")
    assert type(verdict(answer, NOW)) is kind


@pytest.mark.parametrize("body", [b"<html>502 Bad Gateway</html>", b"", b"null", b'{"error":"x"}', b'{"error":[]}'])
def test_a_gateways_page_instead_of_an_error_is_no_crash(body: bytes) -> None:
    assert type(verdict(Answer(502, {}, body), NOW)) is PlatformFailed
    assert type(verdict(Answer(400, {}, body), NOW)) is Refused


# --- lists that are cut off (section 2) ---------------------------------------------------------------------------------


def test_an_invoice_of_more_than_ten_lines_and_ten_payments_is_whole(office: Office) -> None:
    from sandbox.company.plan import Line

    lines = [Line(f"Plank {number}", 1, 1_000, taxed=False) for number in range(14)]
    made = stock(office.sandbox, "stripe", bill(debtor("zoe"), "HJ-9", on=dt.date(2026, 2, 2), lines=lines)).stripe
    name = made.ids["bill-HJ-9"]
    for _ in range(12):
        _pay(office, name, 1_000)
    (fact,) = facts_of(office.connect().reread("invoices", [name]))
    assert isinstance(fact, Invoice)
    assert [line.description for line in fact.lines] == [f"Plank {number}" for number in range(14)]
    assert sum(share.amount for share in fact.allocations) == 12_000
    assert len({share.source_id for share in fact.allocations}) == 12
    assert fact in facts_of(office.connect().pull("invoices", ""))


def _pay(office: Office, name: str, minor: int) -> None:
    import requests

    url = office.api.get(f"/invoices/{name}")["hosted_invoice_url"]
    body = {"url": url, "amount": minor}
    assert requests.post(f"{office.sandbox.config['control']}/pay", json=body, timeout=20).status_code == 200


@pytest.mark.parametrize(
    "row",
    [
        {"status": "archived"},
        {"currency": "zzz"},
        {"total": "900"},
        {"status_transitions": "x"},
        {"payments": {"data": 5}},
        {"lines": {"data": [{"amount": "1"}]}},
        {"customer": None},
        {"created": 10**30},
        {"metadata": []},
    ],
)
def test_one_odd_row_is_a_problem_and_the_page_goes_on(row: dict[str, Any]) -> None:
    world = account()
    world.lists["invoices"] = [an_open_invoice(id="in_1"), an_open_invoice(id="in_2") | row, an_open_invoice(id="in_3")]
    with loopback(world) as server:
        (page,) = connector(server).pull("invoices", "")
    assert [bool(row.facts) for row in page.rows] == [True, False, True]
    assert page.rows[1].problem
    assert b'"in_2"' in page.rows[1].raw
    assert page.complete


@pytest.mark.parametrize("rest", [[5], ["x"], [{"id": "inpay_1", "status": "paid", "amount_paid": "5"}]])
def test_an_odd_payment_behind_the_first_ten_spoils_its_own_invoice_only(rest: list[Any]) -> None:
    world = account()
    cut = {"data": [], "has_more": True}
    world.lists["invoices"] = [an_open_invoice(id="in_1", payments=cut), an_open_invoice(id="in_2")]

    def script(asked: Asked) -> Reply:
        return (
            Reply(json.dumps({"data": rest, "has_more": False})) if "invoice_payments" in asked.path else world(asked)
        )

    with loopback(script) as server:
        (page,) = connector(server).pull("invoices", "")
    assert [bool(row.facts) for row in page.rows] == [False, True]


def test_a_row_shown_twice_is_told_twice_and_alike() -> None:
    world = account()
    world.lists["invoices"] = [an_open_invoice(), an_open_invoice()]
    with loopback(world) as server:
        one, other = facts_of(connector(server).pull("invoices", ""))
    assert one == other


def test_an_event_that_cannot_be_read_stops_nothing_and_is_told() -> None:
    world = account(1)
    with loopback(world) as server:
        *_, last = connector(server).pull("refunds", "")
        world.lists["events"].insert(0, {"id": 5, "created": T0 + 50})
        world.lists["events"].insert(0, {"id": "evt_9", "type": "x", "created": T0 + 60, "data": {"object": refund(7)}})
        (page,) = connector(server).pull("refunds", last.cursor)
    assert "1 of the events cannot be read" in page.problems[0].what


# --- money (section 5) --------------------------------------------------------------------------------------------------


def test_a_refund_leaves_its_invoice_paid_and_lowers_what_was_received(office: Office) -> None:
    found = {fact.id: fact for fact in facts_of(office.connect().pull("invoices", ""))}
    invoice = found[office.ids["paid"]]
    assert isinstance(invoice, Invoice)
    assert (invoice.status, invoice.open) == ("paid", 0)
    (charge,) = facts_of(office.connect().reread("payments", [office.ids["charge"]]))
    assert isinstance(charge, Payment)
    assert charge.amount - charge.refunded == 7_500


def test_a_refund_that_fails_gives_the_money_back(office: Office) -> None:
    deed(office.sandbox, "fail_refund", office.ids["refund"])
    (failed,) = facts_of(office.connect().reread("refunds", [office.ids["refund"]]))
    (charge,) = facts_of(office.connect().reread("payments", [office.ids["charge"]]))
    assert isinstance(failed, Refund)
    assert isinstance(charge, Payment)
    assert (failed.status, charge.refunded) == ("failed", 0)


def test_a_payout_that_was_paid_may_fail_days_later(office: Office) -> None:
    deed(office.sandbox, "pay_payout", office.ids["payout"])
    *_, last = office.connect().pull("payouts", "")
    office.sandbox.clock.advance(5 * 86_400)
    deed(office.sandbox, "fail_payout", office.ids["payout"])
    (fact,) = facts_of(office.connect().pull("payouts", last.cursor))
    assert isinstance(fact, Payout)
    assert fact.status == "failed"
    assert fact.payment_ids, "what it was made of stays known"


def test_one_payment_may_settle_two_invoices(office: Office) -> None:
    with office.sandbox.changes():
        intent = office.sandbox.stripe.till.intend(5_000, "gbp")
        office.sandbox.stripe.till.pay(intent)
        for name in ("invoice", "other"):
            row = office.ledger.payments_of(office.ledger["invoice"][office.ids[name]])[0]
            office.ledger.update(row, payment={"payment_intent": intent["id"], "type": "payment_intent"})
            office.sandbox.stripe.invoices.settle(row, 2_500)
    told = facts_of(office.connect().reread("invoices", [office.ids["invoice"], office.ids["other"]]))
    shares = [share for fact in told if isinstance(fact, Invoice) for share in fact.allocations]
    assert [(share.source_id, share.amount) for share in shares] == [(str(intent["id"]), 2_500)] * 2


def test_an_invoice_that_is_charged_by_itself_has_no_day_when_it_is_due() -> None:
    row = an_open_invoice(due_date=None, collection_method="charge_automatically", customer="cus_1")
    (fact,) = STREAMS["invoices"].facts(row, LONDON)
    assert isinstance(fact, Invoice)
    assert (fact.due_on, fact.charged_automatically) == (None, True)


def test_a_movement_that_does_not_add_up_is_a_problem() -> None:
    """net = amount - fee, or something was read wrongly."""
    row = {"id": "txn_1", "currency": "gbp", "amount": 100, "fee": 5, "net": 96, "created": T0}
    world = account()
    world.lists["balance_transactions"] = [row]
    with loopback(world) as server:
        (page,) = connector(server).pull("balance_transactions", "")
    assert page.rows[0].problem
    assert "net 96 is not amount 100 less fee 5" in page.rows[0].problem.what


def test_a_type_of_movement_that_nobody_knows_is_told_as_it_is() -> None:
    """The list of types is open-ended."""
    row = {"id": "txn_1", "currency": "gbp", "amount": -100, "fee": 0, "net": -100, "created": T0, "type": "new_thing"}
    (fact,) = STREAMS["balance_transactions"].facts(row, LONDON)
    assert fact.category == "new_thing"  # type: ignore[attr-defined]  # a BalanceTransaction


def test_a_payout_by_hand_cannot_be_asked_what_it_is_made_of() -> None:
    world = account()
    world.lists["payouts"] = [
        {"id": f"po_{word}", "currency": "gbp", "amount": 5, "status": "paid", "arrival_date": T0}
        | {"automatic": automatic, "reconciliation_status": word}
        for automatic, word in ((False, "not_applicable"), (True, "in_progress"))
    ]
    with loopback(world) as server:
        told = facts_of(connector(server).pull("payouts", ""))
        assert "/v1/balance_transactions" not in paths(server)
    assert [fact.payment_ids for fact in told] == [(), ()]  # type: ignore[attr-defined]  # Payouts
