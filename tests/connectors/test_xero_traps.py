"""The traps of Xero and of its SDK, each by its number, and what else could bite.

T1, T2, T6 and T9 stand in test_xero_pull.py too, T4 in test_xero_translate.py, T7 and T8 in test_xero_push.py.
"""

import datetime as dt
import json
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import (
    Malformed,
    Refused,
    Throttled,
    Unauthorised,
    Uncertain,
    Unreachable,
)
from connectors.fields import read_rows
from connectors.protocol import Intent
from connectors.xero.connector import XeroConnector
from connectors.xero.translate import STREAMS
from receivables.facts import Invoice
from receivables.money import Money
from tests.connectors import xero_commands as to
from tests.connectors.loopback import Asked, Reply, loopback, replies
from tests.connectors.stands import NOW, CountingLimiter, HeldTokens, endpoint, now, oauth_tokens
from tests.connectors.towards_sandbox import tokens_of
from tests.connectors.xero_office import Office, opened
from tests.connectors.xero_world import GUID, connector

EMPTY = '{"Contacts":[],"pagination":{"page":1,"pageCount":0}}'
_KINDS = {
    "credit_notes": "ACCRECCREDIT",
    "overpayments": "RECEIVE-OVERPAYMENT",
    "prepayments": "RECEIVE-PREPAYMENT",
    "batch_payments": "RECBATCH",
    "invoices": "ACCREC",
}
_NAMES = [
    *(
        "Type",
        "Status",
        "CurrencyCode",
        "Total",
        "AmountDue",
        "Amount",
        "RemainingCredit",
        "AppliedAmount",
        "TotalAmount",
    ),
    *(
        "Contact",
        "ContactID",
        "Invoice",
        "InvoiceID",
        "Payments",
        "PaymentID",
        "Allocations",
        "CreditNotes",
        "LineItems",
    ),
    *("Date", "DueDate", "UpdatedDateUTC", "CurrencyRate", "Reference", "SentToContact", "Quantity", "LineAmount"),
    *("Addresses", "Phones", "ContactPersons", "EmailAddress", "Account", "BatchPaymentID", "IsDeleted", "Name"),
]
IDS = dict.fromkeys(("invoice", "customer", "credit_note", "payment"), GUID)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with opened(tmp_path) as found:
        yield found


def invoice_row(**fields: Any) -> dict[str, Any]:
    base = {"Type": "ACCREC", "InvoiceID": GUID, "Status": "AUTHORISED", "CurrencyCode": "GBP", "Total": 5}
    return base | {"AmountDue": 5, "Contact": {"ContactID": "c"}} | fields


def listed(*rows: object) -> Reply:
    return Reply(json.dumps({"Invoices": rows, "pagination": {"page": 1, "pageCount": 1}}))


# -- the SDK ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make", [to.fee, to.payment, to.note, to.email, to.processing_fee], ids=lambda make: make.__name__
)
@pytest.mark.parametrize(
    "reply", [Reply("", 429, {"Retry-After": "1"}), Reply(cut=True), Reply("", 500), Reply("{}", short=True)]
)
def test_trap_t1_no_write_is_ever_sent_again_below_us(make: to.Makes, reply: Reply) -> None:
    with loopback(replies(reply)) as server:
        with pytest.raises((Throttled, Uncertain)):
            connector(server).push(Intent("k", make(IDS)))
        assert len(server.asked) == 1


def test_trap_t1_a_daily_limit_does_not_put_the_worker_to_sleep_for_hours() -> None:
    began = time.monotonic()
    reply = Reply("", 429, {"Retry-After": "60000", "X-Rate-Limit-Problem": "day"})
    with loopback(replies(reply)) as server, pytest.raises(Throttled) as raised:
        list(connector(server).pull("customers", ""))
    assert time.monotonic() - began < 5
    assert raised.value.retry_at == NOW + dt.timedelta(seconds=60000)


def test_trap_t2_two_tenants_in_turn_keep_their_own_tokens_and_tenant_ids() -> None:
    with loopback(replies(Reply(EMPTY))) as server:
        books = [connector(server, name, oauth_tokens(access=f"access-{name}")) for name in ("a", "b")]
        for one in books * 3:
            list(one.pull("customers", ""))
        said = [(asked.headers["xero-tenant-id"], asked.headers["authorization"]) for asked in server.asked]
    assert said == [("a", "Bearer access-a"), ("b", "Bearer access-b")] * 3


def test_trap_t3_a_server_that_never_answers_is_given_up_after_our_time_out() -> None:
    """The SDK has no time-out by default and ignores one that is a fraction."""
    began = time.monotonic()
    with loopback(replies(Reply(wait=20))) as server:
        short = endpoint("xero", server.url, timeout=(0.5, 0.3))
        books = XeroConnector(short, HeldTokens(oauth_tokens()), CountingLimiter(), now)
        with pytest.raises(Uncertain, match="no answer"):
            books.push(Intent("k", to.payment(IDS)))
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "odd",
    [
        invoice_row(Status="ARCHIVED"),
        invoice_row(CurrencyCode="XQQ"),
        invoice_row(CurrencyCode=None),
        invoice_row(Contact=None),
        invoice_row(Total="5.00"),
        invoice_row(Payments="none"),
        invoice_row(Payments=[5]),
        invoice_row(DueDate="soon"),
        invoice_row(Type=None),
        invoice_row(InvoiceID=None),
        {},
        [],
        "text",
        None,
    ],
    ids=lambda odd: json.dumps(odd)[-60:],
)
def test_trap_t4_one_odd_row_loses_no_page_and_keeps_what_was_received(odd: object) -> None:
    with loopback(replies(listed(invoice_row(), odd, invoice_row(InvoiceID="i-2")))) as server:
        (page,) = connector(server).pull("invoices", "")
    assert [[fact.id for fact in row.facts] for row in page.rows] == [[GUID], [], ["i-2"]]
    assert page.rows[1].problem is not None
    assert json.loads(page.rows[1].raw) == odd


@pytest.mark.parametrize(
    "fields",
    [
        {"Payments": None, "CreditNotes": None, "LineItems": None, "Reference": None, "SentToContact": None},
        {"SentToContact": "false", "RoundingAmount": 0.05, "EnteredTotal": 4.95, "SomethingNew": {"a": [1]}},
        {"DueDate": None, "UpdatedDateUTC": None, "CurrencyRate": None, "TotalTax": None, "BrandingThemeID": None},
    ],
)
def test_trap_t4_nulls_text_booleans_and_new_fields_are_taken(fields: dict[str, Any]) -> None:
    with loopback(replies(listed(invoice_row(**fields)))) as server:
        (page,) = connector(server).pull("invoices", "")
    (row,) = page.rows
    assert row.problem is None
    (fact,) = row.facts
    assert isinstance(fact, Invoice)
    assert (fact.total, fact.open, fact.sent) == (500, 500, False)


def test_trap_t4_a_row_that_comes_twice_is_told_twice_and_is_the_same_fact() -> None:
    with loopback(replies(listed(invoice_row(), invoice_row()))) as server:
        (page,) = connector(server).pull("invoices", "")
    first, second = page.rows
    assert first.facts == second.facts


_ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=3),
    max_leaves=8,
)


@given(stream=st.sampled_from(sorted(STREAMS)), fields=st.dictionaries(st.sampled_from(_NAMES), _ODD), raw=st.binary())
def test_trap_t4_whatever_a_row_holds_it_is_read_or_told_and_never_breaks(
    stream: str, fields: dict[str, Any], raw: bytes
) -> None:
    table = STREAMS[stream]
    good = invoice_row(**{table.id_field: GUID, "Type": _KINDS.get(stream), "PaymentType": "ACCRECPAYMENT"})
    rows = [json.dumps(good | fields).encode(), raw]
    told = read_rows(rows, "books:x", table.id_field, lambda row: table.translate(row, "books"))
    assert [row.raw for row in told] == rows
    assert all(row.problem is None or row.problem.what for row in told)


def test_a_status_that_nobody_knows_is_told_and_the_other_invoices_are_read(office: Office) -> None:
    office.fault("rewrite", path="Invoices", find='"Status": "DRAFT"', replace='"Status": "PLANNED"')
    (page,) = office.connect().pull("invoices", "")
    (odd,) = [row for row in page.rows if row.problem]
    assert odd.problem is not None
    assert "PLANNED" in odd.problem.what
    assert len([row for row in page.rows if row.facts]) == 5
    assert not page.complete


@pytest.mark.parametrize(
    "body", ["[" * 200_000, '{"Invoices":' + "[" * 200_000, '{"Invoices":[' + "[" * 200_000, "\ufeff"]
)
def test_an_answer_that_is_nonsense_is_malformed_and_no_traceback(body: str) -> None:
    with loopback(replies(Reply(body))) as server, pytest.raises(Malformed):
        list(connector(server).pull("invoices", ""))


def test_a_row_nested_beyond_reason_is_a_problem_of_that_row() -> None:
    deep = "[" * 900 + "]" * 900
    row = json.dumps(invoice_row()).replace('"c"', f'"c", "Deep": {deep}')
    body = f'{{"Invoices":[{row},{json.dumps(invoice_row())}],"pagination":{{"page":1,"pageCount":1}}}}'
    with loopback(replies(Reply(body))) as server:
        (page,) = connector(server).pull("invoices", "")
    assert [len(row.facts) or bool(row.problem) for row in page.rows] == [1, 1]


def test_trap_t5_large_amounts_are_exact_both_ways() -> None:
    """The SDK writes numbers through a float; beyond about fifteen digits a cent would be lost."""
    large = 12_345_678_901_234
    row = invoice_row(Total=0, AmountDue=0)
    body = json.dumps({"Invoices": [row], "pagination": {"page": 1, "pageCount": 1}})
    body = body.replace('"AmountDue": 0', '"AmountDue": 123456789012.34').replace(
        '"Total": 0', '"Total": 123456789012.34'
    )
    with loopback(replies(Reply(body))) as server:
        ((fact,),) = [row.facts for page in connector(server).pull("invoices", "") for row in page.rows]
    assert isinstance(fact, Invoice)
    assert fact.open == large
    command = msgspec.structs.replace(to.payment(IDS), amount=Money(large, "GBP"))
    with loopback(replies(Reply('{"Payments":[{"PaymentID":"p"}]}'))) as server:
        connector(server).push(Intent("k", command))
        written = json.loads(server.asked[0].body, parse_float=Decimal)["Payments"][0]["Amount"]
    assert written == Decimal("123456789012.34")


def test_trap_t6_a_refresh_whose_answer_was_lost_is_made_good_within_the_grace_of_half_an_hour(office: Office) -> None:
    """A refresh token can be used once; the one before it lives on for thirty minutes."""
    held = tokens_of(office.sandbox.config, "xero")
    old = held.load().refresh_token
    office.sandbox.clock.advance(1_801)
    office.fault("token_lost", count=-1)
    with pytest.raises(Unreachable):
        office.connect(held).check()
    assert held.load().refresh_token == old, "nothing was stored of an answer that never came"
    office.sandbox.world.faults.clear()
    office.sandbox.clock.advance(20 * 60)
    assert office.connect(held).check().name
    assert held.load().refresh_token != old
    assert len(held.stored) == 1


def test_trap_t6_a_single_lost_answer_is_not_even_noticed(office: Office) -> None:
    held = tokens_of(office.sandbox.config, "xero")
    office.sandbox.clock.advance(1_801)
    office.fault("token_lost")
    assert office.connect(held).check().name
    assert len(held.stored) == 1


def test_trap_t6_after_the_grace_a_person_has_to_reconnect(office: Office) -> None:
    held = tokens_of(office.sandbox.config, "xero")
    office.sandbox.clock.advance(1_801)
    office.fault("token_lost", count=-1)
    with pytest.raises(Unreachable):
        office.connect(held).check()
    office.sandbox.world.faults.clear()
    office.sandbox.clock.advance(31 * 60)
    with pytest.raises(Unauthorised, match="reconnect"):
        office.connect(held).check()


def test_trap_t6_a_refresh_token_dies_after_sixty_days_of_silence(office: Office) -> None:
    held = tokens_of(office.sandbox.config, "xero")
    office.sandbox.clock.advance(61 * 86_400)
    with pytest.raises(Unauthorised, match="reconnect"):
        office.connect(held).check()


def test_trap_t7_a_note_holds_what_we_wrote_and_no_more() -> None:
    with loopback(replies(Reply('{"HistoryRecords":[{"Details":"x"}]}'))) as server:
        connector(server).push(Intent("k", to.note(IDS)))
        (record,) = json.loads(server.asked[0].body)["HistoryRecords"]
    assert set(record) == {"Details"}


def test_trap_t8_messages_of_all_elements_are_told() -> None:
    elements = [{"ValidationErrors": [{"Message": "first"}]}, {"ValidationErrors": [{"Message": "second"}]}]
    body = json.dumps({"ErrorNumber": 10, "Type": "ValidationException", "Elements": elements})
    with loopback(replies(Reply(body, 400))) as server, pytest.raises(Refused, match="first; second"):
        connector(server).push(Intent("k", to.payment(IDS)))


def test_trap_t9_ids_are_joined_by_commas_and_booleans_are_small_words() -> None:
    other = "d4956132-ed94-4dd7-9eaa-aa22dfdf06f3"
    with loopback(replies(listed())) as server:
        connector(server).read_invoices([GUID, other])
        query = server.asked[0].query
    assert (query["IDs"], query["includeArchived"]) == (f"{GUID},{other}", "true")


def test_trap_t10_every_address_can_be_set_so_nothing_leaves_for_the_vendor() -> None:
    expired = msgspec.structs.replace(oauth_tokens(), access_expires_at=NOW)

    def script(asked: Asked) -> Reply:
        if asked.path == "/token":
            return Reply('{"access_token":"new","refresh_token":"r-2","expires_in":1800}')
        if asked.path == "/connections":
            return Reply('[{"tenantId":"t-1","tenantType":"ORGANISATION"}]')
        return Reply('{"Organisations":[{"Name":"Harbour"}],"InvoiceReminders":[]}')

    with loopback(script) as server:
        assert connector(server, account="", tokens=expired).check().account == "t-1"
        assert [asked.path for asked in server.asked] == [
            "/token",
            "/connections",
            "/Organisation",
            "/InvoiceReminders/Settings",
        ]
