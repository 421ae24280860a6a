"""Customers and invoices that a named policy takes, or none, whatever the conditions say."""

from collections.abc import Sequence

from receivables.open_items import OpenItem
from rules.fields import identity
from rules.schema import Override


def override_of(overrides: Sequence[Override], item: OpenItem) -> Override | None:
    """The first override of the invoice, else of its customer."""
    invoice = item.invoice
    names = {invoice.number.casefold(), invoice.id.casefold(), str(invoice.ref).casefold()}
    for override in overrides:
        if override.invoice and override.invoice in names:
            return override
    customer = identity(item)
    return next((override for override in overrides if override.customer and override.customer in customer), None)
