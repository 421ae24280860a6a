"""What several kinds of Xero's records have in common, in our words. Pure."""

from connectors.fields import Record, Unreadable, amount, flag, identifier, record, records
from connectors.xero.dates import day
from receivables.facts import Allocation, Fact

Facts = tuple[Fact, ...]


def party(row: Record) -> str:
    found = record(row, "Contact")
    if not found:
        raise Unreadable("Contact is missing")
    return identifier(found, "ContactID")


def allocated(row: Record, kind: str, source_id: str, code: str) -> tuple[Allocation, ...]:
    return tuple(
        Allocation(
            "credit_note" if kind == "credit_note" else "payment",
            source_id,
            identifier(record(share, "Invoice"), "InvoiceID"),
            amount(share, "Amount", code),
            day(share, "Date"),
        )
        for share in records(row, "Allocations")
        if not flag(share, "IsDeleted")
    )
