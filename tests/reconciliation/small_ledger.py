"""Matching as small ledgers: documents, payments, and where the money goes."""

import datetime as dt
from typing import Any

from reconciliation.matching.engine import match
from reconciliation.matching.items import CustomerRecord, Knowledge, OpenDocument, PaymentLine, Rates
from reconciliation.matching.results import Conclusion

DAY = dt.date(2026, 3, 10)

ACME = CustomerRecord("C100", "Acme Joinery Ltd", "ap@acme.example", "GB11ACME00000001")
BIRCH = CustomerRecord("C200", "Birch Foods Ltd", "pay@birch.example", "GB22BRCH00000002")
CEDAR = CustomerRecord("C300", "Cedar Optics GmbH", "", "DE33CEDA00000003")
CUSTOMERS = (ACME, BIRCH, CEDAR)


def on(days: int) -> dt.date:
    """So many days after the day on which most payments come."""
    return DAY + dt.timedelta(days=days)


def owed(number: str, amount: int, customer: str = "C100", **changes: Any) -> OpenDocument:
    """An invoice that falls due on the day of the payments, known by its number."""
    standard: dict[str, Any] = {"currency": "GBP", "issue_on": on(-30), "due_on": on(0), "source": "xero"}
    return OpenDocument(
        **{"id": number, "number": number, "customer_id": customer, "open": amount, **standard, **changes}
    )


def paid(amount: int, reference: str = "", name: str = "Acme Joinery Ltd", **changes: Any) -> PaymentLine:
    standard: dict[str, Any] = {"id": "p1", "paid_on": DAY, "currency": "GBP", "payer_name": name}
    return PaymentLine(**{**standard, "amount": amount, "reference": reference, **changes})


def matched(*items: OpenDocument | PaymentLine, rates: Rates | None = None, **known: Any) -> dict[str, Conclusion]:
    """By payment id. `known` is what people have confirmed or refused."""
    documents = [one for one in items if isinstance(one, OpenDocument)]
    payments = [one for one in items if isinstance(one, PaymentLine)]
    found = match(documents, payments, CUSTOMERS, rates, Knowledge(**known))
    return {one.payment: one for one in found}


def links(*items: OpenDocument | PaymentLine, payment: str = "p1", **known: Any) -> dict[str, int]:
    """Where one payment goes: amounts by document."""
    return {link.document: link.amount for link in matched(*items, **known)[payment].links}
