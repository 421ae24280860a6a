"""Properties that a query may name, read straight from the records where they are asked often."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from sandbox.money import major
from sandbox.quickbooks.books import Books, total
from sandbox.quickbooks.query import BadQuery, Read
from sandbox.quickbooks.render import RENDER, full_name
from sandbox.state import Record

Field = Callable[[Books, Record], Any]


def plain(name: str) -> Field:
    return lambda _, record: record.get(name) or None


def at(name: str) -> Field:
    """Whole seconds, as the wire shows them."""
    return lambda _, record: datetime.fromtimestamp(record[name] // 1000, UTC)


def money(read: Callable[[Books, Record], int]) -> Field:
    return lambda books, record: major(read(books, record), record["currency"])


HEAD: dict[str, Field] = {
    "Id": lambda _, record: record["id"],
    "SyncToken": lambda _, record: str(record["token"]),
    "MetaData.CreateTime": at("created"),
    "MetaData.LastUpdatedTime": at("updated"),
}
# Notes cannot be searched for.
DOCUMENT = HEAD | {
    "TxnDate": plain("date"),
    "DocNumber": plain("number"),
    "CustomerRef": plain("customer"),
    "CurrencyRef": plain("currency"),
}
SALE = DOCUMENT | {"TotalAmt": money(lambda _, record: total(record)), "EmailStatus": plain("email_status")}
NAME = HEAD | {"Active": lambda _, record: record.get("active", True), "Name": plain("name")}
FIELDS: dict[str, dict[str, Field]] = {
    "Customer": NAME
    | {
        "DisplayName": plain("name"),
        "CompanyName": plain("company"),
        "GivenName": plain("given"),
        "FamilyName": plain("family"),
        "FullyQualifiedName": full_name,
        "PrimaryEmailAddr": plain("email"),
        "Balance": money(lambda books, record: books.customer_balance(record)),
        "Job": lambda _, record: bool(record["parent"]),
    },
    "Invoice": SALE | {"Balance": money(lambda books, record: books.balance(record)), "DueDate": plain("due_date")},
    "Payment": DOCUMENT
    | {
        "TotalAmt": money(lambda _, record: record["total"]),
        "UnappliedAmt": money(lambda books, record: books.unapplied(record)),
        "PaymentRefNum": plain("reference"),
    },
    "CreditMemo": SALE | {"Balance": money(lambda books, record: books.remaining_credit(record))},
    "RefundReceipt": SALE,
    "SalesReceipt": SALE,
    "Deposit": DOCUMENT,
    "Purchase": DOCUMENT | {"PaymentType": plain("type"), "TotalAmt": money(lambda _, record: total(record))},
    "Vendor": NAME | {"DisplayName": plain("name")},
    "JournalEntry": DOCUMENT,
    "Item": NAME | {"Type": lambda *_: "Service"},
    "Account": NAME
    | {"AccountType": plain("type"), "AccountSubType": plain("subtype"), "Classification": plain("classification")},
    "Term": NAME,
    "Attachable": HEAD
    | {
        "Note": plain("note"),
        "AttachableRef.EntityRef.Type": lambda _, record: next((kind for kind, _id in record["links"]), None),
        "AttachableRef.EntityRef.value": lambda _, record: next(
            (identity for _kind, identity in record["links"]), None
        ),
    },
}


KNOWN = {entity: {name.lower(): field for name, field in fields.items()} for entity, fields in FIELDS.items()}


def reader(books: Books, entity: str, record: Record) -> Read:
    """Reads properties of one record, whatever the case of their names."""
    known = KNOWN[entity]
    return lambda name: known[name.lower()](books, record)


def check_names(entity: str, names: Iterable[str]) -> None:
    """Raises BadQuery 4001 for a property that the entity has not, whether or not there is a record."""
    for name in names:
        if name.lower() not in KNOWN[entity]:
            raise BadQuery(f"Property {name} not found for Entity {entity}", "4001")


def render(books: Books, entity: str, record: Record) -> Record:
    return RENDER[entity](books, record)
