"""Fields that `where` and `order` may name, read straight from the records."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from sandbox.money import major
from sandbox.state import Record
from sandbox.xero.books import Books, subtotal, tax, total
from sandbox.xero.render import payment_type
from sandbox.xero.where import BadWhere, Lookup, Value

Field = Callable[[Books, Record], Value]


def on(name: str) -> Field:
    return lambda _, record: _day(record.get(name))


def text(name: str) -> Field:
    return lambda _, record: record.get(name) or ""


def flag(name: str) -> Field:
    return lambda _, record: bool(record.get(name))


def money(read: Callable[[Books, Record], int]) -> Field:
    return lambda books, record: major(read(books, record), record["currency"])


def _day(iso: str | None) -> Value:
    return datetime.fromisoformat(iso).replace(tzinfo=UTC) if iso else None


def _updated(_: Books, record: Record) -> Value:
    return datetime.fromtimestamp(record["updated"] / 1000, UTC)


def _contact_name(books: Books, record: Record) -> Value:
    return str(books.contacts[record["contact"]]["name"]) if record["contact"] else ""


def _target(read: Callable[[Books, Record], Value]) -> Field:
    def of_target(books: Books, record: Record) -> Value:
        document = books.find_document(record["target"])
        return read(books, document) if document is not None else None

    return of_target


DOCUMENT: dict[str, Field] = {
    "Type": text("type"),
    "Status": lambda books, record: books.status(record),
    "Reference": text("reference"),
    "Date": on("date"),
    "DueDate": on("due_date"),
    "UpdatedDateUTC": _updated,
    "CurrencyCode": text("currency"),
    "Contact.ContactID": text("contact"),
    "Contact.Name": _contact_name,
    "Total": money(lambda _, record: total(record)),
    "SubTotal": money(lambda _, record: subtotal(record)),
    "TotalTax": money(lambda _, record: tax(record)),
}
FIELDS: dict[str, dict[str, Field]] = {
    "Invoice": DOCUMENT
    | {
        "InvoiceID": text("id"),
        "InvoiceNumber": text("number"),
        "AmountDue": money(lambda books, record: books.due(record)),
        "AmountPaid": money(lambda books, record: books.paid(record)),
        "AmountCredited": money(lambda books, record: books.credited(record)),
        "SentToContact": flag("sent"),
    },
    "Credit": DOCUMENT
    | {
        "CreditNoteID": text("id"),
        "OverpaymentID": text("id"),
        "PrepaymentID": text("id"),
        "CreditNoteNumber": text("number"),
        "RemainingCredit": money(lambda books, record: books.remaining(record)),
    },
    "BankTransaction": DOCUMENT
    | {"BankTransactionID": text("id"), "Status": text("status"), "IsReconciled": flag("reconciled")},
    "Payment": {
        "PaymentID": text("id"),
        "Status": text("status"),
        "Reference": text("reference"),
        "Date": on("date"),
        "UpdatedDateUTC": _updated,
        "IsReconciled": flag("reconciled"),
        "BatchPaymentID": text("batch"),
        "PaymentType": _target(lambda _, document: payment_type(document)),
        "Invoice.InvoiceID": text("target"),
        "Invoice.InvoiceNumber": _target(lambda _, document: str(document["number"] or "")),
        "Invoice.Contact.ContactID": _target(lambda _, document: str(document["contact"])),
    },
    "Contact": {
        "ContactID": text("id"),
        "Name": text("name"),
        "EmailAddress": text("email"),
        "ContactStatus": text("status"),
        "IsCustomer": lambda _, record: not record["supplier"],
        "IsSupplier": flag("supplier"),
        "UpdatedDateUTC": _updated,
    },
    "Account": {
        "AccountID": text("id"),
        "Code": text("code"),
        "Name": text("name"),
        "Type": text("type"),
        "Status": lambda *_: "ACTIVE",
        "EnablePaymentsToAccount": flag("payments"),
        "UpdatedDateUTC": _updated,
    },
    "Batch": {"BatchPaymentID": text("id"), "Status": text("status"), "Date": on("date"), "UpdatedDateUTC": _updated},
}


def _payment_amount(books: Books, record: Record) -> Value:
    document = books.find_document(record["target"])
    return major(record["amount"], document["currency"]) if document is not None else None


FIELDS["Payment"]["Amount"] = _payment_amount


def check_names(kind: str, names: list[str]) -> None:
    """Raises BadWhere for a name that the kind has not, whether or not there is a record to look at."""
    for name in names:
        if name not in FIELDS[kind]:
            raise BadWhere(f"No property or field '{name}' exists in type '{kind}'")


def lookup(books: Books, kind: str, record: Record) -> Lookup:
    """Reads the fields of one record."""
    return lambda name: FIELDS[kind][name](books, record)
