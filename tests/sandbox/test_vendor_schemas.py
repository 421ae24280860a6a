"""Answers of the sandbox held against the vendors' own schemas, where those lie beside the checkout."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from sandbox.serve import Sandbox
from tests.sandbox.worlds import QuickBooks, Stripe, Xero, bill, debtor, stock

SPECS = Path(__file__).resolve().parents[3] / "shared" / "specs"
pytestmark = pytest.mark.skipif(not SPECS.is_dir(), reason="the vendors' schemas are not beside this checkout")

Json = Any


# -- Stripe -------------------------------------------------------------------------------------------------------------

# Only with expand, whatever the schema says.
LEFT_OUT = {"amount_paid_off_stripe"}
# Part of later versions than the schema at hand.
NEWER = {"status_details", "adaptive_pricing"}


@lru_cache
def openapi() -> Json:
    return json.loads((SPECS / "stripe" / "spec3.2026-08-26.json").read_text())["components"]["schemas"]


@lru_cache
def sdk() -> Json:
    return json.loads((SPECS / "stripe" / "sdk_16.1.0_schema.json").read_text())["resources"]


def faults_of(value: Json, schema: Json, at: str, depth: int = 0) -> list[str]:
    """What in a value does not fit an OpenAPI schema; references are followed four deep."""
    if "$ref" in schema:
        schema = openapi()[schema["$ref"].rpartition("/")[2]]
    if value is None:
        return [] if schema.get("nullable") or depth == 0 else [f"{at} is null"]
    if "anyOf" in schema:
        tries = [faults_of(value, one, at, depth) for one in schema["anyOf"]]
        return min(tries, key=len)
    kinds = {"integer": int, "string": str, "boolean": bool, "array": list, "object": dict, "number": (int, float)}
    kind = schema.get("type")
    if kind in kinds and not isinstance(value, kinds[kind]):  # type: ignore[arg-type]  # a table of types
        return [f"{at} is {type(value).__name__}, not {kind}"]
    if schema.get("enum") and value not in schema["enum"]:
        return [f"{at} is {value!r}, none of the enum"]
    if kind == "array":
        return [fault for one in value[:2] for fault in faults_of(one, schema["items"], f"{at}[]", depth + 1)]
    return object_faults(value, schema, at, depth) if kind == "object" and depth < 4 else []


def object_faults(value: Json, schema: Json, at: str, depth: int) -> list[str]:
    properties = schema.get("properties", {})
    missing = [
        f"{at}.{name} is missing" for name in schema.get("required", []) if name not in value and name not in LEFT_OUT
    ]
    unknown = [
        f"{at}.{name} is unknown" for name in value if properties and name not in properties and name not in NEWER
    ]
    inner = [(name, properties[name]) for name in value if name in properties]
    return (
        missing
        + unknown
        + [fault for name, part in inner for fault in faults_of(value[name], part, f"{at}.{name}", depth + 1)]
    )


STRIPE = {
    "customers": "customer", "invoices": "invoice", "invoice_payments": "invoice_payment", "credit_notes": "credit_note",
    "charges": "charge", "payment_intents": "payment_intent", "refunds": "refund", "payouts": "payout",
    "balance_transactions": "balance_transaction", "disputes": "dispute", "events": "event",
}  # fmt: skip


@pytest.mark.parametrize(("path", "kind"), STRIPE.items())
def test_stripe_objects_fit_the_published_schema(seeded: Sandbox, path: str, kind: str) -> None:
    rows = Stripe(seeded).get(f"/{path}", limit=100)["data"]
    assert rows
    found = {fault for row in rows for fault in faults_of(row, openapi()[kind], kind)}
    assert not found


@pytest.mark.parametrize(
    ("path", "name"),
    [("invoices", "Invoice"), ("customers", "Customer"), ("charges", "Charge"), ("payment_intents", "PaymentIntent"),
     ("invoice_payments", "InvoicePayment"), ("credit_notes", "CreditNote"), ("refunds", "Refund"), ("payouts", "Payout"),
     ("balance_transactions", "BalanceTransaction"), ("disputes", "Dispute"), ("events", "Event")],
)  # fmt: skip
def test_stripe_objects_carry_every_field_that_the_client_library_reads(seeded: Sandbox, path: str, name: str) -> None:
    fields = sdk()[name]["fields"]
    wanted = {
        field for field, about in fields.items() if "ClassVar" not in about["type"] and "Optional" not in about["type"]
    }
    row = Stripe(seeded).get(f"/{path}", limit=1)["data"][0]
    assert wanted - {"deleted"} <= set(row)


def test_payment_records_and_invoice_items_fit_the_published_schema(sandbox: Sandbox, stripe: Stripe) -> None:
    customer = stripe.post("/customers", {"name": "Acme"})["id"]
    form = {"customer": customer, "currency": "gbp", "collection_method": "send_invoice", "days_until_due": "9"}
    draft = stripe.post("/invoices", form)
    item = {"customer": customer, "invoice": draft["id"], "amount": "900", "currency": "gbp", "description": "Fee"}
    assert faults_of(stripe.post("/invoiceitems", item), openapi()["invoiceitem"], "item") == []
    made = stripe.post(f"/invoices/{draft['id']}/finalize")
    assert faults_of(made, openapi()["invoice"], "invoice") == []
    report = {"amount_requested[value]": "400", "amount_requested[currency]": "gbp", "initiated_at": "1772452800"}
    report |= {"payment_method_details[type]": "custom", "payment_method_details[custom][display_name]": "Cheque"}
    report |= {"outcome": "guaranteed", "guaranteed[guaranteed_at]": "1772452800"}
    report |= {"customer_details[customer]": customer}
    record = stripe.post("/payment_records/report_payment", report)
    assert faults_of(record, openapi()["payment_record"], "record") == []
    stripe.post(f"/invoices/{draft['id']}/attach_payment", {"payment_record": record["id"]})
    rows = stripe.get("/invoice_payments")["data"]
    assert [fault for row in rows for fault in faults_of(row, openapi()["invoice_payment"], "row")] == []


def test_payment_links_and_sessions_fit_the_published_schema(sandbox: Sandbox, stripe: Stripe) -> None:
    link = stripe.link()
    assert faults_of(link, openapi()["payment_link"], "payment_link") == []
    import requests

    requests.post(f"{sandbox.config['control']}/pay", json={"url": link["url"]}, timeout=20)
    session = stripe.get("/checkout/sessions", **{"expand[]": "data.line_items"})["data"][0]
    assert faults_of(session, openapi()["checkout.session"], "session") == []


# -- Xero ---------------------------------------------------------------------------------------------------------------

# In the vendor's examples and real answers, but not in its schema.
BEYOND = {
    "DateString", "DueDateString", "UpdatedDateUTCString", "ID", "HasValidationErrors", "HasErrors", "ContactGroups",
    "DateUTCString", "AllocationID", "ValidationErrors", "StatusAttributeString", "HasAttachments", "Class", "Type",
}  # fmt: skip


@lru_cache
def xero_schemas() -> Json:
    yaml = pytest.importorskip("yaml", reason="no YAML parser is installed")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load((SPECS / "xero" / "xero_accounting.yaml").read_text(), Loader=loader)["components"]["schemas"]


XERO = [
    ("/Invoices?page=1", "Invoices", "Invoice"), ("/Payments?page=1", "Payments", "Payment"),
    ("/CreditNotes?page=1", "CreditNotes", "CreditNote"), ("/Overpayments?page=1", "Overpayments", "Overpayment"),
    ("/Prepayments?page=1", "Prepayments", "Prepayment"), ("/Contacts?page=1", "Contacts", "Contact"),
    ("/BankTransactions?page=1", "BankTransactions", "BankTransaction"), ("/BatchPayments", "BatchPayments", "BatchPayment"),
    ("/Accounts", "Accounts", "Account"), ("/Organisation", "Organisations", "Organisation"),
    ("/BrandingThemes", "BrandingThemes", "BrandingTheme"), ("/PaymentServices", "PaymentServices", "PaymentService"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "key", "kind"), XERO)
def test_xero_objects_use_the_schemas_names_and_values(seeded: Sandbox, path: str, key: str, kind: str) -> None:
    rows = Xero(seeded).call("GET", path).json()[key]
    properties = xero_schemas()[kind]["properties"]
    assert rows
    for row in rows:
        assert set(row) - BEYOND <= set(properties)
        for name in set(row) & set(properties):
            allowed = properties[name].get("enum")
            assert not allowed or row[name] in allowed, (name, row[name])
    lines = [line for row in rows for line in row.get("LineItems", [])]
    assert all(set(line) - BEYOND <= set(xero_schemas()["LineItem"]["properties"]) for line in lines)


# -- QuickBooks ---------------------------------------------------------------------------------------------------------

XS = "{http://www.w3.org/2001/XMLSchema}"


@lru_cache
def xsd_types() -> dict[str, ElementTree.Element]:
    found: dict[str, ElementTree.Element] = {}
    for name in ("Finance", "IntuitNamesTypes", "IntuitBaseTypes", "IEntity", "SalesTax"):
        tree = ElementTree.parse(SPECS / "quickbooks" / "xsd" / f"{name}.xsd")
        found |= {one.get("name", ""): one for one in tree.iter(f"{XS}complexType")}
    return found


def element_names(kind: str) -> set[str]:
    """Elements and attributes of a type and of the types it extends."""
    definition = xsd_types().get(kind)
    if definition is None:
        return set()
    names = {one.get("name") or (one.get("ref") or "").rpartition(":")[2] for one in definition.iter(f"{XS}element")}
    names |= {one.get("name", "") for one in definition.iter(f"{XS}attribute")}
    for extension in definition.iter(f"{XS}extension"):
        names |= element_names(extension.get("base", "").rpartition(":")[2])
    return names


# Elements that the schema declares as members of a substitution group, and one of the vendor's later additions.
SUBSTITUTED = {"CurrencyRef", "Fax", "SubTotalLineDetail", "GlobalTaxCalculation", "DiscountLineDetail", "SalesItemLineDetail",
               "DepositLineDetail", "JournalEntryLineDetail", "GroupLineDetail", "AccountBasedExpenseLineDetail"}  # fmt: skip


@pytest.mark.parametrize(
    "entity",
    ["Customer", "Invoice", "Payment", "CreditMemo", "RefundReceipt", "SalesReceipt", "Deposit", "JournalEntry", "Item",
     "Account", "Term", "Vendor"],
)  # fmt: skip
def test_quickbooks_objects_use_the_schemas_names(seeded: Sandbox, entity: str) -> None:
    rows = QuickBooks(seeded).query(f"SELECT * FROM {entity} MAXRESULTS 200")[entity]
    known = element_names(entity) | SUBSTITUTED
    assert known > SUBSTITUTED
    assert not {name for row in rows for name in row} - known
    lines = {name for row in rows for line in row.get("Line", []) for name in line}
    assert not lines - element_names("Line") - SUBSTITUTED


def test_quickbooks_expenses_and_bundles_use_the_schemas_names_too(sandbox: Sandbox, quickbooks: QuickBooks) -> None:
    customer = stock(sandbox, "quickbooks", bill(debtor(), "1", on=date(2026, 2, 1))).quickbooks.ids["acme"]
    item = {"ItemRef": {"value": "1"}, "TaxCodeRef": {"value": "No VAT"}}
    line = {"Amount": 5, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": item}
    group = {"DetailType": "GroupLineDetail", "GroupLineDetail": {"GroupItemRef": {"value": "2"}, "Line": [line]}}
    detail = {"AccountRef": {"value": "91"}}
    spent = {"Amount": 5, "DetailType": "AccountBasedExpenseLineDetail", "AccountBasedExpenseLineDetail": detail}
    expense = {"PaymentType": "Cash", "AccountRef": {"value": "35"}, "Line": [spent]}
    made = {
        "Invoice": quickbooks.post("/invoice", {"CustomerRef": {"value": customer}, "Line": [group]})["Invoice"],
        "Purchase": quickbooks.post("/purchase", expense)["Purchase"],
    }
    for entity, row in made.items():
        assert not set(row) - element_names(entity) - SUBSTITUTED
        assert not {name for one in row["Line"] for name in one} - element_names("Line") - SUBSTITUTED
