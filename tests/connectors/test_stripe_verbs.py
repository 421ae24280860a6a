"""What the connector reads of a whole account: pulls, counts, single records, PDFs, permissions."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import Forbidden, NotFound, Refused, Unauthorised, Unsupported
from receivables.facts import (
    BalanceTransaction,
    Chargeback,
    CreditNote,
    Customer,
    Fact,
    Gone,
    Invoice,
    Payment,
    Payout,
    Refund,
)
from sandbox.stripe.keys import LIVE_KEY, NARROW_KEY
from tests.connectors.loopback import Asked, Reply, loopback
from tests.connectors.stripe_office import Office, an_office, deed, events_in_our_version, facts_of
from tests.connectors.stripe_world import account, an_open_invoice, connector


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """For reading only."""
    with an_office(tmp_path_factory.mktemp("office")) as found:
        yield found


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Office]:
    """For tests that change it."""
    with an_office(tmp_path) as found:
        yield found


def pulled(office: Office, stream: str) -> dict[str, Any]:
    return {fact.id: fact for fact in facts_of(office.connect().pull(stream, ""))}


def test_every_stream_of_an_account_in_facts(office: Office) -> None:
    ids = office.ids
    invoices: dict[str, Invoice] = pulled(office, "invoices")
    assert {name: (invoices[ids[name]].status, invoices[ids[name]].open) for name in ("partly", "other", "draft")} == {
        "partly": ("open", 6_000),
        "other": ("open", 9_000),
        "draft": ("draft", 10_000),
    }
    assert [share.amount for share in invoices[ids["partly"]].allocations] == [4_000]
    customer: Customer = pulled(office, "customers")[ids["in_credit"]]
    assert customer.balance == -500
    note: CreditNote = pulled(office, "credit_notes")[ids["credit_note"]]
    assert [(share.invoice_id, share.amount) for share in note.allocations] == [(ids["other"], 1_000)]
    charge: Payment = pulled(office, "payments")[ids["charge"]]
    assert (charge.amount, charge.refunded, charge.fee) == (10_000, 2_500, 170)
    refund: Refund = pulled(office, "refunds")[ids["refund"]]
    assert (refund.amount, refund.payment_id) == (2_500, ids["charge"])
    chargeback: Chargeback = pulled(office, "chargebacks")[ids["chargeback"]]
    assert (chargeback.status, chargeback.amount) == ("open", 4_000)


def test_a_settled_payout_names_its_charges_and_its_movements_name_it(office: Office) -> None:
    payout: Payout = pulled(office, "payouts")[office.ids["payout"]]
    assert set(payout.payment_ids) == {office.ids["charge"], office.ids["partial_charge"]}
    moves = [fact for fact in pulled(office, "balance_transactions").values() if isinstance(fact, BalanceTransaction)]
    members = [one for one in moves if one.payout_id == payout.id and one.category != "payout"]
    assert sum(one.net for one in members) == payout.amount, "what was paid out is the sum of its movements"
    assert {one.source_id for one in moves if not one.payout_id} == {office.ids["spare_charge"]}


def test_reading_everything_takes_as_few_calls_as_the_floor_says(office: Office) -> None:
    books = office.connect()
    office.calls()
    for stream in books.manifest.streams:
        list(books.pull(stream, ""))
    calls = office.calls()
    assert calls.pop("GET /v1/balance_transactions") == 2, "one for the payout's members, one for all"
    assert calls == {f"GET {path}": 1 for path in _PATHS} | {"GET /v1/events": 1}


_PATHS = [f"/v1/{name}" for name in "customers invoices credit_notes charges refunds disputes payouts".split()] + [
    "/v1/payment_links"
]


# --- counting, single records, PDFs ---------------------------------------------------------------------------------


def test_the_census_counts_invoices_that_can_still_change_in_one_call_a_status(office: Office) -> None:
    office.calls()
    found = {one.id: one.open for page in office.connect().census("invoices") for one in page}
    ids = office.ids
    assert found == {
        ids["invoice"]: 10_000,
        ids["other"]: 9_000,
        ids["partly"]: 6_000,
        ids["draft"]: 10_000,
        ids["written_off"]: 10_000,
    }
    assert office.calls() == {"GET /v1/invoices": 3}


def test_the_census_of_payouts_and_chargebacks(office: Office) -> None:
    books = office.connect()
    assert [one.id for page in books.census("payouts") for one in page] == [office.ids["payout"]], "it is in transit"
    assert [one.id for page in books.census("chargebacks") for one in page] == [office.ids["chargeback"]]
    assert set(books.manifest.censuses) == {"invoices", "payouts", "chargebacks"}
    with pytest.raises(Unsupported):
        list(books.census("customers"))


def test_a_record_whose_amount_cannot_be_read_is_counted_without_it() -> None:
    world = account()
    world.lists["invoices"] = [
        an_open_invoice(object="invoice", amount_remaining="900"),
        {"object": "invoice", "id": 7},
    ]
    with loopback(world) as server:
        (found, *_) = connector(server).census("invoices")
    assert [(one.id, one.open) for one in found] == [("in_1", None)]


@pytest.mark.parametrize(
    ("stream", "name"),
    [
        ("customers", "customer"),
        ("invoices", "partly"),
        ("credit_notes", "credit_note"),
        ("payments", "charge"),
        ("refunds", "refund"),
        ("chargebacks", "chargeback"),
        ("payouts", "payout"),
        ("balance_transactions", "movement"),
    ],
)
def test_a_record_read_again_says_what_the_sweep_said(office: Office, stream: str, name: str) -> None:
    identifier = office.ids[name]
    (page,) = office.connect().reread(stream, [identifier, "nothing_1", identifier])
    kind = office.connect().manifest.kinds[stream]
    assert [row.facts for row in page.rows] == [
        (pulled(office, stream)[identifier],),
        (Gone(connection="books", id="nothing_1", of_kind=kind),),
    ]


def test_records_read_again_come_in_pages_each_record_once(office: Office) -> None:
    names = [f"in_{number}" for number in range(150)]
    pages = list(office.connect().reread("invoices", names + names))
    assert [len(page.rows) for page in pages] == [100, 50]


def test_a_deleted_customer_is_gone(own: Office) -> None:
    own.api.call("DELETE", f"/customers/{own.ids['customer']}")
    (page,) = own.connect().reread("customers", [own.ids["customer"]])
    assert page.rows[0].facts == (Gone(connection="books", id=own.ids["customer"], of_kind="customer"),)


def test_the_pdf_of_an_invoice(office: Office) -> None:
    assert office.connect().read_pdf(office.ids["invoice"]).startswith(b"%PDF-")
    with pytest.raises(NotFound):
        office.connect().read_pdf("in_missing")
    with pytest.raises(Refused, match="never finalised"):
        office.connect().read_pdf(office.ids["draft"])


def _pdf_at(url: str, reply: Reply) -> Any:
    seen: list[Asked] = []

    def script(asked: Asked) -> Reply:
        if asked.path == "/v1/invoices/in_1":
            there = url.replace("HERE", f"http://{asked.headers['host']}")
            return Reply(json.dumps({"id": "in_1", "invoice_pdf": there}))
        seen.append(asked)
        return Reply(status=302, headers={"Location": "/there"}) if asked.path == "/moved" else reply

    with loopback(script) as server:
        try:
            return connector(server).read_pdf("in_1"), seen
        except Refused as error:
            return error, seen


def test_the_key_does_not_go_to_the_host_of_the_pdf() -> None:
    body, seen = _pdf_at("HERE/moved?s=ap", Reply(b"%PDF-1.4"))
    assert body == b"%PDF-1.4"
    assert [asked.path for asked in seen] == ["/moved", "/there"]
    assert all("authorization" not in asked.headers for asked in seen)


@pytest.mark.parametrize("url", ["http://pay.stripe.example/in_1", "file:///etc/passwd", "ftp://127.0.0.1/x", "//x/y"])
def test_a_pdf_is_fetched_over_https_only(url: str) -> None:
    error, seen = _pdf_at(url, Reply(b"%PDF-1.4"))
    assert isinstance(error, Refused)
    assert not seen


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(b"%PDF-" + b"x" * (21 << 20)), "larger than 20 MB"),
        (Reply("gone", 410), "no longer there"),
        (Reply("no", 403), "status 403"),
        (Reply(status=302, headers={"Location": "/moved"}), "without end"),
    ],
)
def test_what_is_no_pdf_is_refused(reply: Reply, said: str) -> None:
    error, _ = _pdf_at("HERE/moved", reply)
    assert isinstance(error, Refused)
    assert said in str(error)


# --- keys ------------------------------------------------------------------------------------------------------------


def test_every_missing_permission_is_named_with_the_box_to_tick(office: Office) -> None:
    health = office.connect(f"{NARROW_KEY}refunds-disputes-events").check()
    assert health.account == office.sandbox.config["stripe"]["account"]
    assert [problem.hint for problem in health.problems if "restricted key: set Refunds to Read" in problem.hint]
    told = [problem.what for problem in health.problems]
    assert len(told) == 3
    for stream, right in (
        ("refunds", "rak_refund_read"),
        ("chargebacks", "rak_dispute_read"),
        ("events", "rak_event"),
    ):
        assert any(f"may not read {stream}" in what and right in what for what in told)


def test_a_good_key_has_no_problem(office: Office) -> None:
    health = office.connect().check()
    assert (health.currency, health.timezone, health.problems) == ("GBP", "Europe/London", ())


def test_a_stream_that_the_key_may_not_read_is_forbidden_by_name_and_the_others_come_through(office: Office) -> None:
    books = office.connect(f"{NARROW_KEY}refunds")
    with pytest.raises(Forbidden, match=r"may not read refunds: .*rak_refund_read.*set Refunds to Read"):
        list(books.pull("refunds", ""))
    assert facts_of(books.pull("chargebacks", ""))


def test_a_key_that_may_not_read_events_is_told_so_and_not_that_the_stream_is_forbidden(office: Office) -> None:
    with pytest.raises(Forbidden, match=r"may not read events: .*set Events to Read"):
        list(office.connect(f"{NARROW_KEY}events").pull("refunds", ""))


def test_without_the_balance_payouts_are_read_all_the_same_but_what_they_are_made_of(office: Office) -> None:
    books = office.connect(f"{NARROW_KEY}balance_transactions")
    (payout,) = facts_of(books.pull("payouts", ""))
    assert isinstance(payout, Payout)
    assert (payout.id, payout.payment_ids) == (office.ids["payout"], ())
    with pytest.raises(Forbidden, match="set Balance transactions to Read"):
        list(books.pull("balance_transactions", ""))


def test_a_key_that_may_not_read_the_account_still_works(office: Office) -> None:
    health = office.connect(f"{NARROW_KEY}account").check()
    assert health.account == office.sandbox.config["stripe"]["account"]
    assert "may not read the account" in health.problems[0].what


def test_a_key_of_another_account_is_told(office: Office) -> None:
    books = office.connect()
    books.__dict__["_wanted_account"] = "acct_other"
    assert "but the connection names acct_other" in books.check().problems[0].what


def test_a_cursor_of_test_mode_is_refused_with_a_live_key(office: Office) -> None:
    *_, last = office.connect().pull("refunds", "")
    with pytest.raises(Unauthorised, match="live mode, but what was read so far is test"):
        list(office.connect(LIVE_KEY).pull("refunds", last.cursor))
    assert facts_of(office.connect(LIVE_KEY).pull("refunds", "")) == []


@pytest.mark.parametrize(("livemode", "problems"), [(True, 1), (False, 0), (None, 0), ("false", 1)])
def test_a_record_of_the_other_mode_is_a_problem_and_no_fact(livemode: object, problems: int) -> None:
    world = account()
    world.lists["invoices"] = [an_open_invoice(livemode=livemode)]
    with loopback(world) as server:
        (page,) = connector(server).pull("invoices", "")
    assert sum(row.problem is not None for row in page.rows) == problems


# --- what changed ----------------------------------------------------------------------------------------------------


def cursors_of(office: Office) -> dict[str, str]:
    books = office.connect()
    return {stream: list(books.pull(stream, ""))[-1].cursor for stream in books.manifest.streams}


def changes_since(office: Office, cursors: dict[str, str]) -> list[Fact]:
    books = office.connect()
    return [fact for stream, cursor in cursors.items() for fact in facts_of(books.pull(stream, cursor))]


def everything(office: Office) -> list[Fact]:
    books = office.connect()
    return [fact for stream in books.manifest.streams for fact in facts_of(books.pull(stream, ""))]


@pytest.mark.parametrize("ours", [True, False])
def test_what_events_tell_is_what_a_sweep_would_have_told(own: Office, ours: bool) -> None:
    """Whether events come in our API version, and are taken as they are, or in an older one, and are read again."""
    if ours:
        events_in_our_version(own.sandbox)
    own.sandbox.clock.advance(3_600)
    cursors, before = cursors_of(own), everything(own)
    own.sandbox.clock.advance(3_600)
    _an_eventful_hour(own)
    own.calls()
    told = changes_since(own, cursors)
    calls = own.calls()
    after = everything(own)
    assert [fact for fact in after if fact not in before and fact not in told] == []
    assert [fact for fact in told if fact.kind != "gone" and fact not in after] == []
    assert Gone(connection="books", id=own.ids["draft"], of_kind="invoice") in told
    assert calls["GET /v1/events"] == 1


def _an_eventful_hour(own: Office) -> None:
    api, ids = own.api, own.ids
    _pay(own, "invoice", 4_000)
    own.sandbox.clock.advance(60)
    _pay(own, "invoice", 6_000)
    _pay(own, "partly", 6_000, "us_bank_account")
    api.call("DELETE", f"/invoices/{ids['draft']}")
    api.post(f"/invoices/{ids['other']}", {"metadata[note]": "called"})
    _overpay(own, "other", 12_000)
    own.sandbox.clock.advance(60)
    api.post("/refunds", {"charge": ids["charge"], "amount": "500"})
    deed(own.sandbox, "fail_refund", ids["refund"])
    deed(own.sandbox, "win_dispute", ids["chargeback"])
    deed(own.sandbox, "pay_payout", ids["payout"])
    own.sandbox.clock.advance(60)
    second = deed(own.sandbox, "pay_out")
    own.sandbox.clock.advance(60)
    deed(own.sandbox, "reconcile_payout", second["id"])
    deed(own.sandbox, "fail_payout", ids["payout"])


def _overpay(own: Office, name: str, minor: int) -> None:
    """What is too much becomes the customer's balance, of which no event tells."""
    form = {"amount_requested[value]": str(minor), "amount_requested[currency]": "gbp", "initiated_at": "1772452800"}
    form |= {"payment_method_details[type]": "custom", "outcome": "guaranteed"}
    record = own.api.post("/payment_records/report_payment", form | {"guaranteed[guaranteed_at]": "1772452800"})
    own.api.post(f"/invoices/{own.ids[name]}/attach_payment", {"payment_record": record["id"]})


def _pay(own: Office, name: str, minor: int, method: str = "card") -> None:
    import requests

    url = own.api.get(f"/invoices/{own.ids[name]}")["hosted_invoice_url"]
    body = {"url": url, "amount": minor, "method": method}
    assert requests.post(f"{own.sandbox.config['control']}/pay", json=body, timeout=20).status_code == 200


def test_an_hour_of_two_hundred_events_in_our_version_takes_three_calls(own: Office) -> None:
    """Two for the events, one for the balance that all the payments have moved."""
    events_in_our_version(own.sandbox)
    own.sandbox.clock.advance(3_600)
    cursors = cursors_of(own)
    with own.sandbox.changes():
        owner = own.ledger["customer"][own.ids["customer"]]
        for _ in range(22):
            invoice = own.sandbox.stripe.billing.draft(owner, 5_000, "gbp")
            own.sandbox.stripe.invoices.finalize(invoice)
            row = own.ledger.payments_of(invoice)[0]
            own.sandbox.clock.advance(2)
            own.sandbox.stripe.till.pay(own.ledger["payment_intent"][row["payment"]["payment_intent"]])
            own.sandbox.stripe.invoices.settle(row, 5_000)
    own.calls()
    told = changes_since(own, cursors)
    assert sum(isinstance(fact, Invoice) and fact.status == "paid" for fact in told) == 22
    assert own.calls() == {"GET /v1/events": 2, "GET /v1/balance_transactions": 1}
    after = everything(own)
    assert [fact for fact in told if fact not in after] == []


def test_a_quiet_hour_takes_one_call(own: Office) -> None:
    own.sandbox.clock.advance(3_600)
    cursors = cursors_of(own)
    own.calls()
    changes_since(own, cursors)
    assert own.calls() == {"GET /v1/events": 1}


def test_offline_for_more_than_a_month_everything_is_read_again(own: Office) -> None:
    cursors = cursors_of(own)
    own.sandbox.clock.advance(31 * 86_400)
    books = own.connect()
    *_, last = books.pull("invoices", cursors["invoices"])
    assert last.complete
    assert len(last.rows) == 6


def test_a_payout_is_whole_only_once_stripe_has_worked_out_what_it_is_made_of(own: Office) -> None:
    own.sandbox.clock.advance(3_600)
    cursors = cursors_of(own)
    payout = deed(own.sandbox, "pay_out")["id"]
    told = {fact.id: fact for fact in changes_since(own, cursors)}
    assert told[payout].payment_ids == ()  # type: ignore[attr-defined]  # a Payout
    cursors = cursors_of(own)
    own.sandbox.clock.advance(dt.timedelta(days=1).total_seconds())
    deed(own.sandbox, "reconcile_payout", payout)
    told = {fact.id: fact for fact in changes_since(own, cursors)}
    assert told[payout].payment_ids == (own.ids["spare_charge"],)  # type: ignore[attr-defined]  # a Payout
    moved = [fact for fact in told.values() if isinstance(fact, BalanceTransaction)]
    assert {fact.payout_id for fact in moved} == {payout}
