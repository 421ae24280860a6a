"""Customers and invoices that a named policy takes, or none, whatever the conditions say."""

from collections.abc import Iterable, Sequence

from receivables.open_items import OpenItem
from rules.fields import identity
from rules.schema import Override


def unmatched(overrides: Sequence[Override], items: Iterable[OpenItem]) -> list[str]:
    """What overrides name and no open debt has: a settled one, or a slip of the pen. Each as it is written, in small
    letters."""
    known: set[str] = set()
    for item in items:
        known |= {item.invoice.number.casefold(), item.invoice.id.casefold(), str(item.invoice.ref).casefold()}
        known |= identity(item)
    return [name for override in overrides if (name := override.invoice or override.customer) not in known]


def override_of(overrides: Sequence[Override], item: OpenItem) -> Override | None:
    """The first override of the invoice, else of its customer."""
    invoice = item.invoice
    names = {invoice.number.casefold(), invoice.id.casefold(), str(invoice.ref).casefold()}
    for override in overrides:
        if override.invoice and override.invoice in names:
            return override
    customer = identity(item)
    return next((override for override in overrides if override.customer and override.customer in customer), None)
