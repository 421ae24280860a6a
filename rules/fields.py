"""What conditions may ask about: each field's type, how it is read from an open item, and how it is shown."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from receivables.open_items import OpenItem
from rules.wording import amount

FieldType = Literal["text", "country", "currency", "identity", "list", "money", "number", "company", "risk"]
Reader = Callable[[OpenItem, dt.date], Any]


@dataclass(frozen=True, slots=True)
class Field:
    """`read` yields a casefolded str for texts, a frozenset of them for lists and identities, minor units for
    money, an int or None for numbers, and True, False or None for company."""

    name: str
    type: FieldType
    read: Reader
    show: Reader


def _text(item_text: Callable[[OpenItem], str]) -> tuple[Reader, Reader]:
    return lambda item, _: item_text(item).strip().casefold(), lambda item, _: item_text(item) or "(nothing)"


def _customer_text(attribute: str) -> Callable[[OpenItem], str]:
    return lambda item: getattr(item.customer, attribute) if item.customer else ""


def _country(item: OpenItem, _today: dt.date) -> str:
    return item.customer.country.upper() if item.customer else ""


def _currency(item: OpenItem, _today: dt.date) -> str:
    return item.invoice.currency


def identity(item: OpenItem) -> frozenset[str]:
    """What a customer may be called, casefolded: name, id and reference: whichever the admin finds handiest."""
    invoice = item.invoice
    names = [invoice.customer_id, f"{invoice.connection}:customer:{invoice.customer_id}"]
    if item.customer:
        names += [item.customer.name.strip(), item.customer.id, str(item.customer.ref)]
    return frozenset(name.casefold() for name in names if name)


def _identity(item: OpenItem, _today: dt.date) -> frozenset[str]:
    return identity(item)


def _show_identity(item: OpenItem, _today: dt.date) -> str:
    return item.customer.name or item.customer.id if item.customer else item.invoice.customer_id


def _tags(item: OpenItem, _today: dt.date) -> frozenset[str]:
    return _folded(item.customer.tags) if item.customer else frozenset()


@lru_cache(maxsize=4096)
def _folded(tags: tuple[str, ...]) -> frozenset[str]:
    return frozenset(tag.casefold() for tag in tags)


def _show_tags(item: OpenItem, _today: dt.date) -> str:
    return f"[{', '.join(item.customer.tags)}]" if item.customer else "[]"


def _company(item: OpenItem, _today: dt.date) -> bool | None:
    return item.customer.company if item.customer else None


def _show_company(item: OpenItem, today: dt.date) -> str:
    value = _company(item, today)
    return "unknown" if value is None else str(value).lower()


def _show_due(item: OpenItem, _today: dt.date) -> str:
    return amount(item.demandable, item.invoice.currency)


def _show_total(item: OpenItem, _today: dt.date) -> str:
    return amount(item.invoice.total, item.invoice.currency)


def _show_number(read: Reader) -> Reader:
    return lambda item, today: "unknown" if read(item, today) is None else str(read(item, today))


def _days_past_due(item: OpenItem, today: dt.date) -> int | None:
    return item.days_past_due(today)


def _days_since_issue(item: OpenItem, today: dt.date) -> int | None:
    issued = item.invoice.issue_on
    return None if issued is None else (today - issued).days


def _average_days_late(item: OpenItem, _today: dt.date) -> int | None:
    """Of what the debtor settled before; None while that is too little to tell."""
    habit = item.habit
    return habit.average_days_late if habit and habit.paid >= _TELLING else None


def _risk(item: OpenItem) -> str:
    """low: pays within a week of the due date on average; medium: within a month; high: later."""
    late = _average_days_late(item, dt.date.min)
    if late is None:
        return "unknown"
    return "low" if late <= 7 else "medium" if late <= 30 else "high"


#: So many settled invoices tell how a debtor pays.
_TELLING = 3

RISKS = ("low", "medium", "high", "unknown")

_TEXTS: dict[str, Callable[[OpenItem], str]] = {
    "customer_name": _customer_text("name"),
    "language": _customer_text("language"),
    "platform": lambda item: item.platform,
    "connection": lambda item: item.invoice.connection,
    "number": lambda item: item.invoice.number,
    "reference": lambda item: item.invoice.reference,
    "purchase_order": lambda item: item.invoice.purchase_order,
}

FIELDS: dict[str, Field] = {
    **{name: Field(name, "text", *_text(read)) for name, read in _TEXTS.items()},
    "customer": Field("customer", "identity", _identity, _show_identity),
    "tags": Field("tags", "list", _tags, _show_tags),
    "country": Field("country", "country", _country, lambda item, day: _country(item, day) or "unknown"),
    "currency": Field("currency", "currency", _currency, _currency),
    #: What may be demanded: open − matched − unapplied − in flight.
    "amount_due": Field("amount_due", "money", lambda item, _: item.demandable, _show_due),
    "invoice_total": Field("invoice_total", "money", lambda item, _: item.invoice.total, _show_total),
    "days_past_due": Field("days_past_due", "number", _days_past_due, _show_number(_days_past_due)),
    "days_since_issue": Field("days_since_issue", "number", _days_since_issue, _show_number(_days_since_issue)),
    "average_days_late": Field("average_days_late", "number", _average_days_late, _show_number(_average_days_late)),
    "risk": Field("risk", "risk", lambda item, _: _risk(item), lambda item, _: _risk(item)),
    "company": Field("company", "company", _company, _show_company),
}
