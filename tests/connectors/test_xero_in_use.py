"""What a year with Xero brings: tokens that end, voided and deleted records, limits, lost answers."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

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
from connectors.protocol import Intent
from connectors.transport import Answer
from connectors.xero.faults import verdict
from receivables.facts import Customer, Invoice, Payment
from tests.connectors import xero_commands as to
from tests.connectors.stands import NOW
from tests.connectors.towards_sandbox import tokens_of
from tests.connectors.xero_office import Office, opened
from tests.sandbox.worlds import Xero


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with opened(tmp_path) as found:
        yield found


# -- tokens and tenants (1) ---------------------------------------------------------------------------------------------


def test_an_expired_token_is_renewed_once_and_the_call_made_again(office: Office) -> None:
    held = tokens_of(office.sandbox.config, "xero")
    office.sandbox.clock.advance(1_801)
    assert office.connect(held).check().name
    assert len(held.stored) == 1


def test_a_token_that_is_refused_again_after_renewal_is_not_renewed_for_ever(office: Office) -> None:
    held = tokens_of(office.sandbox.config, "xero")
    office.fault("unauthorized", path="/api.xro", count=-1)
    with pytest.raises(Unauthorised):
        list(office.connect(held).pull("customers", ""))
    assert len(held.stored) == 1


def test_a_disconnected_organisation_is_forbidden_and_costs_no_refresh(office: Office) -> None:
    held = tokens_of(office.sandbox.config, "xero")
    with office.sandbox.changes():
        office.sandbox.xero.tokens.drop_connection()
    with pytest.raises(Forbidden, match="disconnected"):
        office.connect(held).check()
    assert held.stored == []


# -- reading (2) --------------------------------------------------------------------------------------------------------


def test_an_organisation_with_very_many_records_is_read_and_written_without_filter_and_order(office: Office) -> None:
    office.set(high_volume=True)
    xero = office.connect()
    told = [fact for page in xero.pull("invoices", "") for row in page.rows for fact in row.facts]
    assert {fact.id for fact in told} >= {office.ids["invoice"], office.ids["draft"]}
    assert sum(len(page) for page in xero.census("invoices")) == len(told)
    intent = office.intent(xero, to.credit(office.ids))
    xero.push(intent)
    assert not isinstance(xero.find(intent), str)


def test_a_voided_and_a_deleted_invoice_come_as_statuses_with_the_next_pull(office: Office) -> None:
    xero = office.connect()
    *_, last = xero.pull("invoices", "")
    office.sandbox.clock.advance(600)
    for number, name in enumerate(("invoice", "draft")):
        xero.push(Intent(f"k-{number}", to.void(office.ids, name)))
    changed = [fact for page in xero.pull("invoices", last.cursor) for row in page.rows for fact in row.facts]
    told = {fact.id: (fact.status, fact.open) for fact in changed if isinstance(fact, Invoice)}
    assert told == {office.ids["invoice"]: ("void", 0), office.ids["draft"]: ("deleted", 0)}


def test_a_deleted_payment_comes_as_void_and_moves_its_invoice(office: Office) -> None:
    xero = office.connect()
    cursors = {stream: list(xero.pull(stream, ""))[-1].cursor for stream in ("payments", "invoices")}
    office.sandbox.clock.advance(600)
    xero.push(Intent("k", to.void_payment(office.ids)))
    told = {
        stream: [fact for page in xero.pull(stream, since) for row in page.rows for fact in row.facts]
        for stream, since in cursors.items()
    }
    (paid,), (invoice,) = told["payments"], told["invoices"]
    assert isinstance(paid, Payment)
    assert isinstance(invoice, Invoice)
    assert (paid.status, paid.allocations) == ("void", ())
    assert (invoice.open, len(invoice.allocations)) == (9_000, 1)


def test_an_overpayment_is_told_once_though_it_is_a_bank_transaction_as_well(office: Office) -> None:
    told = [
        fact
        for stream in office.connect().manifest.streams
        for page in office.connect().pull(stream, "")
        for row in page.rows
        for fact in row.facts
        if isinstance(fact, Payment) and fact.unapplied
    ]
    assert sorted(fact.id for fact in told) == sorted(office.ids[name] for name in ("overpayment", "prepayment"))


def test_the_contacts_copy_inside_an_invoice_is_not_taken_for_the_contact(office: Office) -> None:
    *_, last = office.connect().pull("customers", "")
    office.sandbox.clock.advance(600)
    office.connect().push(Intent("k", to.note(office.ids)))
    told = [fact for page in office.connect().pull("customers", last.cursor) for row in page.rows for fact in row.facts]
    assert not any(isinstance(fact, Customer) for fact in told)


# -- limits and errors (3) ----------------------------------------------------------------------------------------------


def _problem(detail: str) -> bytes:
    return json.dumps({"Type": None, "Title": "Forbidden", "Status": 403, "Detail": detail}).encode()


@pytest.mark.parametrize(
    ("status", "headers", "body", "error", "seconds"),
    [
        (429, {"x-rate-limit-problem": "minute", "retry-after": "17"}, b"", Throttled, 17),
        (429, {"x-rate-limit-problem": "concurrent"}, b"", Throttled, 5),
        (429, {"x-rate-limit-problem": "appminute"}, b"", Throttled, 60),
        (429, {"x-rate-limit-problem": "day", "retry-after": "61000"}, b"", Throttled, 61_000),
        (429, {}, b"", Throttled, 60),
        (500, {}, b"", PlatformFailed, None),
        (502, {}, b"<html>Bad Gateway</html>", PlatformFailed, None),
        (503, {}, b"The organisation is offline", PlatformFailed, None),
        (504, {}, b"", PlatformFailed, None),
        (401, {}, b'{"Detail":"TokenExpired: token expired"}', Unauthorised, None),
        (403, {}, _problem("AuthenticationUnsuccessful"), Forbidden, None),
        (404, {}, b"The resource you're looking for cannot be found", NotFound, None),
        (404, {}, b"<html><h2>404 - File or directory not found.</h2></html>", NotFound, None),
        (412, {}, b"", Refused, None),
        (400, {}, b'{"ErrorNumber":10,"Message":"A validation exception occurred"}', Refused, None),
    ],
)
def test_what_an_answer_that_is_no_success_means(
    status: int, headers: dict[str, str], body: bytes, error: type[ConnectorError], seconds: int | None
) -> None:
    found = verdict(Answer(status, headers, body), NOW)
    assert type(found) is error
    if isinstance(found, Throttled):
        assert found.retry_at == NOW + dt.timedelta(seconds=seconds or 0)
        assert found.code == headers.get("x-rate-limit-problem", "")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("The document date cannot be before the period lock date, currently set at 30-Nov-2018", "locked"),
        ("The document date cannot be before the end of year lock date", "locked"),
        ("Payment amount exceeds the amount outstanding on this document", ""),
        ("The padlock date field is unknown", ""),
    ],
)
def test_a_closed_period_is_told_by_a_code(words: str, code: str) -> None:
    body = json.dumps({"ErrorNumber": 10, "Elements": [{"ValidationErrors": [{"Message": words}]}]})
    found = verdict(Answer(400, {}, body.encode()), NOW)
    assert isinstance(found, Refused)
    assert found.code == code


def test_a_starter_organisation_has_a_thousand_calls_a_day(office: Office) -> None:
    office.sandbox.xero.minute.limit = 10_000
    office.set(calls_a_day=4)  # one has furnished the office
    xero = office.connect()
    for _ in range(3):
        list(xero.pull("customers", ""))
    with pytest.raises(Throttled) as raised:
        list(xero.pull("customers", ""))
    assert raised.value.code == "day"
    assert raised.value.retry_at - office.sandbox.clock.now() > dt.timedelta(hours=6)


# -- writing (6) --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["fee", "payment", "void", "void_payment", "note", "email", "refund", "credit"])
def test_a_reply_lost_after_xero_has_acted_is_found_and_not_repeated(office: Office, name: str) -> None:
    xero = office.connect()
    intent = office.intent(xero, to.EVERY[name](office.ids))
    office.fault("lost", method="PUT|POST", skip=1 if name == "credit" else 0)
    with pytest.raises(Uncertain):
        xero.push(intent)
    office.sandbox.clock.advance(15 * 60)
    found = xero.find(intent)
    assert not isinstance(found, str), found
    assert len(office.done()) == (2 if name == "credit" else 1)


def test_xeros_own_reminders_are_told_so_that_nobody_gets_two(office: Office) -> None:
    office.set(reminders=True)
    assert office.connect().check().reminds_by_itself is True


def test_posting_the_number_of_an_invoice_overwrites_it_at_xero_which_is_why_we_never_post(office: Office) -> None:
    """What the look-alike does here is Xero's own behaviour; no body of ours carries a number."""
    lines = [{"Description": "Chair", "Quantity": 1, "UnitAmount": 1.0}]
    same = {"Type": "ACCREC", "InvoiceNumber": "INV-1", "Contact": {"ContactID": office.ids["customer"]}}
    answer = Xero(office.sandbox).call("POST", "/Invoices", json={"Invoices": [same | {"LineItems": lines}]})
    assert answer.json()["Invoices"][0]["InvoiceID"] == office.ids["invoice"]
    assert office.open("invoice") == 100
