"""What stands against a message, whatever the policy says: each with its code, its words, and until when."""

import datetime as dt
from typing import Any

import pytest

from receivables.facts import Contact
from receivables.local_facts import Dispute, Hold, OptOut, Promise
from receivables.open_items import Blocker
from receivables.refs import Ref
from tests.builders import business, customer
from tests.rules.given import LADDER, NO_DUE_DATE, NOW, books, brief, codes, debt, decide, only, told

DAY = dt.timedelta(days=1)


def local(kind: Any, **changes: Any) -> Any:
    return kind(connection="local", id="1", subject="books:invoice:i1", **changes)


def midnight(day: int, month: int = 3) -> dt.datetime:
    return dt.datetime(2026, month, day, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("changes", "code", "text"),
    [
        ({"status": "draft"}, "not_issued", "the invoice is still a draft"),
        ({"status": "submitted"}, "not_issued", "the invoice is not yet approved"),
        ({"status": "paid"}, "not_open", "the invoice is paid"),
        ({"status": "void"}, "not_open", "the invoice is void"),
        ({"status": "uncollectible"}, "not_open", "the invoice is written off"),
        ({"status": "deleted"}, "not_open", "the invoice is deleted"),
        ({"amount": 0, "status": "open"}, "nothing_to_demand", "nothing is open on the invoice"),
        ({"amount": -500, "status": "open"}, "nothing_to_demand", "nothing is open on the invoice"),
        ({"due_on": None}, "no_due_date", NO_DUE_DATE),
        ({"charged_automatically": True}, "charged_automatically", "the platform charges the customer by itself"),
        ({"currency": "ZZZ"}, "unknown_currency", "ZZZ is no currency"),
    ],
)
def test_what_is_never_demanded(changes: dict[str, Any], code: str, text: str) -> None:
    decision = only(decide(debt(**changes)))
    assert (decision.verdict, codes(decision)) == ("suppress", [code])
    assert decision.reasons[0].text == text


@pytest.mark.parametrize(
    ("changes", "code", "text", "until"),
    [
        ({"in_flight": 10_000}, "in_flight", "100.00 GBP is on its way and covers what is open", None),
        ({"matched": 10_000}, "payment_not_in_books", "100.00 GBP was received and is not yet in the books", None),
        (
            {"unapplied": 12_000},
            "covered_by_credit",
            "unapplied credit of 120.00 GBP covers what is open: allocate it in the books",
            None,
        ),
        ({"dispute": local(Dispute, reason="wrong size")}, "disputed", "the customer disputes it: wrong size", None),
        (
            {"promise": local(Promise, promised_on=dt.date(2026, 3, 12), amount=5_000, currency="GBP")},
            "promised",
            "50.00 GBP is promised for 12 Mar 2026, and 2 days are left for it to arrive",
            midnight(15),
        ),
        (
            {"promise": local(Promise, promised_on=dt.date(2026, 3, 8))},
            "promised",
            "payment is promised for 8 Mar 2026, and 2 days are left for it to arrive",
            midnight(11),
        ),
        ({"hold": local(Hold)}, "on_hold", "on hold until somebody lifts it", None),
        (
            {"hold": local(Hold, until_on=dt.date(2026, 3, 20), reason="director away")},
            "on_hold",
            "on hold until 20 Mar 2026 (director away)",
            midnight(20),
        ),
        (
            {"blockers": (Blocker("proposed_match", "a payment of 100.00 GBP may be for it", dt.date(2026, 3, 17)),)},
            "proposed_match",
            "a payment of 100.00 GBP may be for it",
            midnight(17),
        ),
        ({"sent": False}, "never_sent", "the invoice was never sent to the customer, by the platform's word", None),
        (
            {"opt_outs": (local(OptOut),)},
            "opted_out",
            "the customer asked not to have any contact",
            None,
        ),
        (
            {"opt_outs": (local(OptOut, channel="email"),)},
            "opted_out",
            "the customer asked not to have messages by email",
            None,
        ),
        (
            {"email": "", "contacts": ()},
            "no_address",
            "neither the invoice nor the customer has an e-mail address",
            None,
        ),
        (
            {"contacts": (Contact(email="nobody"),)},
            "no_address",
            "neither the invoice nor the customer has an e-mail address",
            None,
        ),
    ],
)
def test_what_waits_and_until_when(changes: dict[str, Any], code: str, text: str, until: dt.datetime | None) -> None:
    decision = only(decide(debt(**changes)))
    assert (decision.verdict, codes(decision)) == ("hold", [code])
    assert decision.reasons[0].text == text
    assert decision.reasons[0].until == until


@pytest.mark.parametrize(
    "changes",
    [
        {"in_flight": 9_999},
        {"dispute": local(Dispute, resolved_at=NOW - DAY)},
        {"promise": local(Promise, promised_on=dt.date(2026, 3, 7))},
        {"promise": local(Promise, promised_on=dt.date(2026, 4, 7), withdrawn_at=NOW - DAY)},
        {"hold": local(Hold, until_on=dt.date(2026, 3, 10))},
        {"hold": local(Hold, lifted_at=NOW - DAY)},
        {"blockers": (Blocker("proposed_match", "it was looked at", dt.date(2026, 3, 10)),)},
        {"sent": False, "sent_elsewhere": True},
        {"sent": None},
        {"opt_outs": (local(OptOut, channel="sms"),)},
        {"opt_outs": (local(OptOut, channel="platform"),)},
        {"opt_outs": (local(OptOut, withdrawn_at=NOW - DAY),)},
        {"contacts": (), "email": "ap@acme.example"},
        {"contacts": (), "email": "Ap@acme.example; director@acme.example"},
    ],
)
def test_what_no_longer_stands_against_it(changes: dict[str, Any]) -> None:
    assert only(decide(debt(**changes))).verdict == "act"


def test_all_that_stands_against_it_is_told_at_once() -> None:
    item = debt(sent=False, dispute=local(Dispute), hold=local(Hold))
    assert codes(only(decide(item))) == ["disputed", "on_hold", "never_sent"]


def test_a_part_that_was_paid_is_not_asked_for() -> None:
    decision = only(decide(debt(amount=10_000, matched=1_000, unapplied=500, in_flight=2_500)))
    assert decision.demand is not None
    assert str(decision.demand) == "60.00 GBP"


def test_a_refusal_counts_for_every_record_of_the_debtor() -> None:
    other = debt("i2", opt_outs=(local(OptOut),), customer=customer("c2"))
    decisions = decide(debt("i1"), other)
    assert [codes(decision) for decision in decisions] == [["opted_out"], ["opted_out"]]


def test_a_refusal_of_e_mail_covers_the_platforms_too() -> None:
    rules = LADDER.replace('name = "friendly"', 'name = "friendly"\nchannel = "platform"')
    assert codes(only(decide(debt(opt_outs=(local(OptOut, channel="email"),)), rules=rules))) == ["opted_out"]
    assert codes(only(decide(debt(opt_outs=(local(OptOut, channel="platform"),)), rules=rules))) == ["opted_out"]


def test_nobody_chases_the_own_business() -> None:
    owner = business(domains=("acme.example",))
    decision = only(decide(debt(), owner=owner))
    assert decision.reasons[0].text == "ap@acme.example is an address of your own business"
    with_another = debt(contacts=(Contact(email="ap@acme.example"), Contact(email="ap@other.example")))
    assert only(decide(with_another, owner=owner)).verdict == "act"


class TestAgeOfTheFacts:
    def test_old_books_hold_everything(self) -> None:
        old = NOW - dt.timedelta(hours=3, minutes=1)
        decision = only(decide(debt(read_at=old), connections=books(synced_at=old)))
        assert codes(decision) == ["stale_data"]
        assert decision.reasons[0].text == "books was last read 3 h ago, more than 3 h; a payment may be unknown"
        assert decision.reasons[0].until is None

    def test_the_newer_of_two_readings_counts(self) -> None:
        old = NOW - dt.timedelta(days=3)
        assert only(decide(debt(read_at=NOW), connections=books(synced_at=old))).verdict == "act"
        assert only(decide(debt(read_at=old), connections=books(synced_at=NOW))).verdict == "act"
        limit = NOW - dt.timedelta(hours=3)
        assert only(decide(debt(read_at=limit), connections=books(synced_at=None))).verdict == "act"

    def test_what_was_never_read_in_full_is_not_fresh(self) -> None:
        decision = only(decide(debt(read_at=None), connections=books(synced_at=None)))
        assert decision.reasons[0].text == "books has never been read in full; a payment may be unknown"

    def test_a_payment_may_be_at_another_connection(self) -> None:
        cards = books(name="cards", platform="stripe", synced_at=NOW - dt.timedelta(days=2))["books"]
        decision = only(decide(debt(), connections={**books(), "cards": cards}))
        assert decision.reasons[0].text == "cards was last read 2 days ago, more than 3 h; a payment may be unknown"

    def test_a_mail_server_holds_no_payments(self) -> None:
        mail = books(name="mail", platform="email", synced_at=None, reminds_by_itself=None)["books"]
        assert only(decide(debt(), connections={**books(), "mail": mail})).verdict == "act"


@pytest.mark.parametrize(
    ("reminds", "code"), [(True, "platform_reminds"), (None, "reminders_unknown"), (False, "step_due")]
)
def test_a_platform_that_reminds_by_itself(reminds: bool | None, code: str) -> None:
    assert codes(only(decide(debt(), connections=books(reminds_by_itself=reminds)))) == [code]


def test_a_mirror_that_reminds_by_itself_holds_too() -> None:
    cards = books(name="cards", platform="stripe", reminds_by_itself=True)["books"]
    item = debt(mirrors=(Ref("cards", "invoice", "in_1"),))
    assert codes(only(decide(item, connections={**books(), "cards": cards}))) == ["platform_reminds"]


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("now", "changes", "until"),
    [
        # London, before the clocks change: local time is UTC
        ("2026-03-10T07:59+00:00", {}, "2026-03-10T08:00+00:00"),
        ("2026-03-10T08:00+00:00", {}, None),
        ("2026-03-10T17:59+00:00", {}, None),
        ("2026-03-10T18:00+00:00", {}, "2026-03-11T08:00+00:00"),
        ("2026-03-13T18:00+00:00", {}, "2026-03-16T08:00+00:00"),
        ("2026-03-14T12:00+00:00", {}, "2026-03-16T08:00+00:00"),
        # Good Friday, after the clocks have changed; Christmas with Boxing Day on a Monday instead
        ("2026-04-03T12:00+00:00", {"country": "IT"}, None),
        ("2026-04-03T12:00+00:00", {"country": "DE"}, "2026-04-07T06:00+00:00"),
        ("2026-12-25T12:00+00:00", {}, "2026-12-29T08:00+00:00"),
        # the debtor's own zone, its country's only zone, its country's holidays
        ("2026-03-10T10:00+00:00", {"timezone": "America/Los_Angeles"}, "2026-03-10T15:00+00:00"),
        ("2026-03-10T07:30+00:00", {"country": "DE"}, None),
        ("2026-03-10T17:30+00:00", {"country": "DE"}, "2026-03-11T07:00+00:00"),
        ("2026-03-10T17:30+00:00", {"country": "ES"}, "2026-03-11T07:00+00:00"),
        ("2026-07-14T10:00+00:00", {"country": "FR"}, "2026-07-15T06:00+00:00"),
        ("2026-07-14T10:00+00:00", {"country": "DE"}, None),
        # a country with several zones, and a zone that nobody knows: the business's own
        ("2026-03-10T09:00+00:00", {"country": "US"}, None),
        ("2026-03-10T09:00+00:00", {"timezone": "Mars/Olympus", "country": "GB"}, None),
        ("2026-03-10T09:00+00:00", {"timezone": "../../etc/passwd", "country": "GB"}, None),
    ],
)
def test_messages_arrive_in_the_debtors_working_hours(now: str, changes: dict[str, Any], until: str | None) -> None:
    item = debt(overdue=3, **{"due_on": dt.date(2026, 3, 1), "read_at": at(now), **changes})
    decision = only(decide(item, now=at(now), connections=books(synced_at=at(now))))
    if until is None:
        assert decision.verdict == "act"
    else:
        assert codes(decision) == ["outside_hours"]
        assert decision.reasons[0].until == at(until)


class TestLimitsOnContact:
    def test_days_between_two_messages_over_all_invoices_and_channels(self) -> None:
        other = told("i9", ago=2)
        decision = only(decide(debt("i1"), history=(other,)))
        assert codes(decision) == ["too_soon"]
        assert decision.reasons[0].text == "the last message was on 8 Mar 2026; 3 days must lie between two"
        assert decision.reasons[0].until == midnight(11)
        assert only(decide(debt("i1"), history=(told("i9", ago=3),))).verdict == "act"

    def test_messages_in_a_week_and_in_a_month(self) -> None:
        rules = "[guards]\nmax_per_week = 1\nmax_per_month = 2\n" + LADDER
        week = only(decide(debt("i1"), rules=rules, history=(told("i9", ago=5),)))
        assert (codes(week), week.reasons[0].until) == (["weekly_cap"], midnight(12))
        month = only(decide(debt("i1"), rules=rules, history=(told("i9", ago=25), told("i8", ago=8))))
        assert (codes(month), month.reasons[0].until) == (["monthly_cap"], midnight(15))

    @pytest.mark.parametrize("state", ["sending", "uncertain", "needs_human"])
    def test_what_may_have_left_counts(self, state: Any) -> None:
        assert codes(only(decide(debt("i1"), history=(told("i9", ago=1, state=state),)))) == ["too_soon"]

    @pytest.mark.parametrize("state", ["failed", "cancelled"])
    def test_what_never_left_does_not(self, state: Any) -> None:
        assert only(decide(debt("i1"), history=(told("i9", ago=1, state=state),))).verdict == "act"

    @pytest.mark.parametrize("state", ["planned", "approved"])
    def test_what_waits_to_leave_goes_first(self, state: Any) -> None:
        decision = only(decide(debt("i1"), history=(told("i9", ago=30, state=state),)))
        assert codes(decision) == ["message_waiting"]

    def test_a_debtor_who_was_merged_keeps_the_count(self) -> None:
        history = (told("i2", ago=1, debtor="acme before the merger"),)
        decisions = decide(debt("i1"), debt("i2", overdue=2), history=history)
        assert "hold friendly i1: too_soon" in map(brief, decisions)

    def test_a_clock_set_back_sends_nothing(self) -> None:
        assert codes(only(decide(debt("i1"), history=(told("i9", ago=-5),)))) == ["too_soon"]
