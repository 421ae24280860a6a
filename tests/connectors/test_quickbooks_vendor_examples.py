"""Intuit's own examples: what the records in them say in our words, and what the answers mean.

Every example is named here: either with the facts that are expected of it, or with the reason why it tells none.
"""

import datetime as dt
import json
from typing import Any

import pytest

from connectors.errors import PlatformFailed, Refused, Unauthorised
from connectors.quickbooks.client import read_changes, read_count
from connectors.quickbooks.faults import faults, verdict
from connectors.quickbooks.streams import STREAMS
from connectors.quickbooks.translate import Realm
from connectors.transport import Answer
from receivables.facts import Allocation, Contact, Customer, Fact, Gone, Invoice, Line
from tests.connectors.quickbooks_fixtures import FOLDER, fixture, fixture_names
from tests.connectors.shared_specs import SPECS, quickbooks_recording
from tests.connectors.stands import NOW

#: The bank account of the recorded journal entry stands in for the receivables account, which it does not have.
REALM = Realm("books", "USD", frozenset({"50"}))

PLUSH = {
    "number": "1001",
    "total": 5000,
    "open": 5000,
    "status": "open",
    "sent": False,
    "due_on": dt.date(2013, 11, 30),
}
EIGHT = {"id": "8748", "customer_id": "25342", "amount": 4000, "unapplied": 4000, "account": "4"}
RECEIPT = {
    "id": "salesreceipt-2",
    "currency": "BRL",
    "amount": 1000,
    "unapplied": 0,
    "reference": "1002",
    "account": "28",
}
REFUND = {"customer_id": "64", "amount": 33793, "status": "settled", "refunded_on": dt.date(2014, 4, 24)}

#: File -> stream -> what is expected of its records, in their order.
EXAMPLES: dict[str, dict[str, list[dict[str, Any]]]] = {
    "change_data_capture_response": {
        "invoices": [
            {
                "id": "103",
                "total": 62910,
                "open": 0,
                "tax": 4660,
                "status": "paid",
                "updated_at": dt.datetime(2016, 4, 13, 14, 34, 40, tzinfo=dt.UTC),
            },
            {"id": "65", "of_kind": "invoice"},
        ],
        "payments": [
            {
                "id": "147",
                "amount": 62910,
                "allocations": (Allocation("payment", "147", "103", 62910, dt.date(2016, 4, 13)),),
            }
        ],
    },
    "customer": {
        "customers": [
            {
                "name": "Thrifty Meats",
                "currency": "GBP",
                "balance": 0,
                "contacts": (Contact("info@thriftymeats.com", "John Doe", "(415) 555-1212", primary=True),),
            }
        ]
    },
    "customers": {
        "customers": [
            {"id": "3", "name": "Acme Enterprises", "parent_id": ""},
            {"id": "4", "name": "Little Acme, Inc.", "parent_id": "3", "billed_with_parent": True},
            {"id": "5", "name": "CodyTest", "company": None},
            {"id": "2", "name": "Sunset Bakery", "balance": 5000},
            {"id": "1", "name": "Thrifty Meats", "active": True},
        ]
    },
    "deleted_customer": {"customers": [{"id": "1", "name": "Thrifty Meats (deleted)", "active": False}]},
    "deposit": {"deposits": [{"id": "155", "amount": 20000, "payment_ids": ("154",)}]},
    "deposits": {
        "deposits": [
            {"id": "121", "amount": 86815, "payment_ids": ("97", "94", "116", "98", "101")},
            {"id": "102", "amount": 40800, "payment_ids": ("31", "32")},
            {"id": "4", "amount": 500000, "payment_ids": ()},
            {"id": "62", "amount": 21875},
            {"id": "5", "amount": 60000, "arrives_on": dt.date(2014, 11, 9)},
        ]
    },
    "fetch_credit_memo": {"credit_notes": [{"number": "R3454653464", "currency": "BRL", "total": 1000, "open": 1000}]},
    "fetch_deposit_by_id": {"deposits": [{"id": "62", "amount": 21875, "reference": "Deposit Note"}]},
    "fetch_invoice_by_id": {
        "invoices": [PLUSH | {"id": "1", "version": "2", "lines": (Line("Plush Baby Doll", "1", 5000),)}]
    },
    "fetch_payment_by_id": {"payments": [EIGHT | {"version": "0", "allocations": ()}]},
    "fetch_refund_receipt_by_id": {
        "refunds": [REFUND | {"id": "927", "reason": "Customer sales form message defined in Preferences."}]
    },
    "invoice": {"invoices": [PLUSH | {"id": "1", "tax": 285, "exchange_rate": "1.5", "memo": "Message to Customer"}]},
    "invoice_delete_success_response": {"invoices": [{"id": "1", "of_kind": "invoice"}]},
    "invoice_line_item_description_only": {
        "invoices": [
            {"number": "FR23171", "total": 0, "status": "paid", "lines": (Line("Just a Description", "1", 0),)}
        ]
    },
    "invoice_send": {"invoices": [{"number": "1001", "open": 5000, "sent": True, "email": "test@intuit.com"}]},
    # The answer to a void still shows the old amounts: only reading it again tells that it is void.
    "invoice_void_success_response": {"invoices": [PLUSH | {"id": "1"}]},
    "invoice_with_bundle_line_item": {
        "invoices": [
            {
                "currency": "CAD",
                "total": 960,
                "tax": 111,
                "lines": (
                    Line("Chocolate, Strawberries and Awesomeness", "15", 796),
                    Line("Snow Cookie with marzipan", "24", 265),
                    Line("", "1", -212),
                ),
            }
        ]
    },
    "invoice_with_discount_line_item_response": {
        "invoices": [
            {"id": "4", "total": 4500, "open": 4500, "lines": (Line("Plush Baby Doll", "1", 5000), Line("", "1", -500))}
        ]
    },
    "invoices": {"invoices": [PLUSH | {"id": "1", "version": "0"}]},
    "journal_entry": {
        "journal_lines": [
            {"id": "450-1", "journal_id": "450", "currency": "CAD", "amount": -2000, "customer_id": ""},
            {"id": "450-3", "amount": -600, "memo": "eTransfer fee"},
            {"id": "450-5", "amount": -200, "posted_on": dt.date(2014, 11, 28)},
        ]
    },
    "payment": {"payments": [EIGHT | {"description": "Payment smoke test", "paid_on": dt.date(2013, 7, 11)}]},
    "payment_by_id": {"payments": [EIGHT | {"version": "1"}]},
    "payment_delete_success_response": {"payments": [{"id": "8748", "of_kind": "payment"}]},
    "payment_void_response_success": {"payments": [{"id": "8748", "status": "void", "amount": 0, "unapplied": 0}]},
    "payment_with_line_extras": {
        "payments": [
            {
                "id": "83",
                "amount": 240000,
                "unapplied": 0,
                "allocations": (Allocation("payment", "83", "68", 240000, dt.date(2016, 9, 16)),),
            }
        ]
    },
    "payments": {"payments": [EIGHT | {"description": "H60jzmw0Uq"}]},
    "refund_receipt": {"refunds": [REFUND | {"id": "2", "reason": "memo!"}]},
    "refund_receipts": {"refunds": [REFUND | {"id": "927", "version": "3", "refunded_on": dt.date(2014, 4, 22)}]},
    "sales_receipt": {"sales_receipts": [RECEIPT | {"customer_id": "1", "description": "private"}]},
    "sales_receipts": {
        "sales_receipts": [
            RECEIPT,
            {"id": "salesreceipt-1", "payer_email": "vanessa.feitosa@hotmail.com", "amount": 1000},
        ]
    },
    "sales_receipt_void_success_response": {
        "sales_receipts": [RECEIPT | {"description": "Voided"}, {"id": "salesreceipt-1", "amount": 1000}]
    },
}

#: Examples that are no records of receivables.
OTHERS = {
    "attachable_create_response": "an attachment: written, never pulled",
    "batch_response": "batches are not used, and its records are stubs",
    "company_info": "the company itself: read by check",
    "customer_duplicate_error": "a refusal: see below",
    "exchange_rates": "documents carry their own rate",
    "fault": "a refusal: see below",
    "generic_error": "a refusal: see below",
    "invoice_sparse_create_request": "a request",
    "preferences_query": "the company itself: read by check",
    "query_validation_error": "a refusal: see below",
    "tax_codes": "taxes are worked out by QuickBooks",
    "term": "terms: an invoice has its due date",
    "terms": "terms: an invoice has its due date",
}


def test_every_example_is_named_once() -> None:
    assert fixture_names() == EXAMPLES.keys() | OTHERS.keys()
    assert not EXAMPLES.keys() & OTHERS.keys()


CASES = [(name, stream) for name, streams in EXAMPLES.items() for stream in streams]


@pytest.mark.parametrize(("name", "stream"), CASES, ids=[f"{name}-{stream}" for name, stream in CASES])
def test_an_example_says_what_it_says(name: str, stream: str) -> None:
    table = STREAMS[stream]
    rows = [row for row in fixture(name, table.entity) if "Id" in row]
    facts: list[Fact] = [fact for row in rows for fact in table.facts(row, REALM)]
    expected = EXAMPLES[name][stream]
    told = [{key: getattr(fact, key) for key in wanted} for fact, wanted in zip(facts, expected, strict=True)]
    assert told == expected


@pytest.mark.parametrize(
    ("name", "status", "expected", "codes"),
    [
        ("fault", 400, Refused, ["2050", "2080"]),
        ("customer_duplicate_error", 400, Refused, ["6240"]),
        ("query_validation_error", 400, Refused, ["4001"]),
        ("generic_error", 500, PlatformFailed, ["10000"]),
    ],
)
def test_an_examples_refusal_is_understood_in_xml_too(
    name: str, status: int, expected: type[Exception], codes: list[str]
) -> None:
    path = SPECS / FOLDER / f"{name}.xml"
    if not path.is_file():
        pytest.skip(f"the vendor's example {name} is not at hand (folder shared beside the checkout)")
    body = path.read_bytes()
    assert [found.code for found in faults(body)] == codes
    error = verdict(Answer(status, {}, body), NOW)
    assert type(error) is expected
    assert error.code == codes[0]


# --- real exchanges with a company of Intuit's sandbox ------------------------------------------------------------------


#: Each exchange, and what it is good for here.
RECORDINGS = {
    "all__customers": "customers, and a count",
    "batch__basic": "none: batches are not used",
    "cdc__basic": "change data, of estimates, which are no receivables",
    "create__customer": "a customer",
    "create__invoice": "an invoice",
    "delete__invoice": "a deletion",
    "error__400_json": "a refusal",
    "error__401": "a refusal",
    "error__validation": "a refusal",
    "get_pdf__invoice": "none: the document itself was left out",
    "misc__ampersand": "none: a supplier, asked for by GET",
}


def test_every_recording_is_named() -> None:
    folder = SPECS / "quickbooks/recordings"
    if not folder.is_dir():
        pytest.skip("the vendor's examples are not at hand (folder shared beside the checkout)")
    assert {path.stem for path in folder.glob("*.json")} == RECORDINGS.keys()


def recorded(name: str, index: int, stream: str) -> Fact:
    row = quickbooks_recording(name, index)["body"][STREAMS[stream].entity]
    (found,) = STREAMS[stream].facts(row, REALM)
    return found


def test_a_recorded_customer_that_was_just_made() -> None:
    found = recorded("create__customer", 0, "customers")
    assert isinstance(found, Customer)
    assert (found.id, found.version, found.name, found.balance, found.active) == ("70", "0", "Doe5, Jane", 0, True)


def test_a_recorded_invoice_that_was_just_made_and_then_deleted() -> None:
    found = recorded("create__invoice", 0, "invoices")
    assert isinstance(found, Invoice)
    assert (found.id, found.number, found.total, found.open, found.sent) == ("266", "1043", 10000, 10000, False)
    gone = recorded("delete__invoice", 1, "invoices")
    assert gone == Gone(connection="books", id="266", of_kind="invoice")


def test_the_recorded_customers_are_as_many_as_were_counted() -> None:
    count = json.dumps(quickbooks_recording("all__customers", 0)["body"]).encode()
    rows = quickbooks_recording("all__customers", 1)["body"]["QueryResponse"]["Customer"]
    facts = [fact for row in rows for fact in STREAMS["customers"].facts(row, REALM)]
    assert len(facts) == read_count(Answer(200, {}, count)) == 41
    balances = {fact.name: fact.balance for fact in facts if isinstance(fact, Customer) and fact.balance}
    assert balances["Amy's Bird Sanctuary"] == 63900


def test_recorded_change_data_is_read_by_entity() -> None:
    body = json.dumps(quickbooks_recording("cdc__basic", 0)["body"], default=float).encode()
    found = read_changes(Answer(200, {}, body))
    assert len(found.of("Estimate")) >= 1
    assert found.of("Invoice") == []


@pytest.mark.parametrize(
    ("name", "expected", "code"),
    [
        ("error__validation", Refused, "6240"),
        ("error__400_json", Refused, "2010"),
        ("error__401", Unauthorised, "3200"),
    ],
)
def test_a_recorded_refusal_is_understood(name: str, expected: type[Exception], code: str) -> None:
    response = quickbooks_recording(name, 0)
    body = json.dumps(response["body"], default=float).encode()
    error = verdict(Answer(response["status"], {}, body), NOW)
    assert type(error) is expected
    assert error.code == code
