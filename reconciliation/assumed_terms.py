"""Invoices without a due date: what the owner says they are due by, or nothing at all."""

import datetime as dt
from collections.abc import Iterable, Iterator

import msgspec

from receivables.business import Business
from receivables.open_items import OpenItem


def with_assumed_terms(items: Iterable[OpenItem], business: Business) -> Iterator[OpenItem]:
    """Each item; one without a due date is due so many days after its issue, where `[business] terms_days` is set."""
    for item in items:
        invoice, terms = item.invoice, business.terms_days
        if invoice.due_on is None and invoice.issue_on is not None and terms is not None:
            due_on = invoice.issue_on + dt.timedelta(days=terms)
            yield msgspec.structs.replace(item, invoice=msgspec.structs.replace(invoice, due_on=due_on))
        else:
            yield item
