"""What goes in: open documents, payment lines, customers, the day's rates, and what people have said before."""

import datetime as dt
from typing import Literal

import msgspec

DocumentKind = Literal["invoice", "credit_note"]


class OpenDocument(msgspec.Struct, frozen=True, gc=False):
    """An invoice or credit note with something open. `open` is above zero, in minor units, for both kinds.

    `source` is the system that it was read from; of mirrors the books' own document is kept.
    """

    id: str
    number: str
    customer_id: str
    currency: str
    open: int
    issue_on: dt.date | None = None
    due_on: dt.date | None = None
    kind: DocumentKind = "invoice"
    purchase_order: str = ""
    source: str = ""


class PaymentLine(msgspec.Struct, frozen=True, gc=False):
    """Money in (above zero) or out (below zero), in minor units, as a bank, a processor or the books tell it.

    `customer_id` is the payer where the platform itself names one of our customers; else "".
    """

    id: str
    paid_on: dt.date | None
    amount: int
    currency: str
    payer_name: str = ""
    payer_account: str = ""
    reference: str = ""
    method: str = ""
    customer_id: str = ""


class CustomerRecord(msgspec.Struct, frozen=True, gc=False):
    """Who may pay: the customer's own name, address and bank account, as far as they are known."""

    id: str
    name: str = ""
    email: str = ""
    account: str = ""


#: One unit of a currency in US dollars, by day and currency: a ratio, never an amount.
Rates = dict[tuple[dt.date, str], float]


class Knowledge(msgspec.Struct, frozen=True):
    """What people have confirmed or refused before. Names and accounts are compared without case and spaces.

    `refused` holds (payment id, document id): such a pair is never proposed again. `payers` maps a payer's name or
    account to the customer that it pays for.
    """

    refused: frozenset[tuple[str, str]] = frozenset()
    payers: dict[str, str] = {}
