"""Unapplied cash and credit: what a debtor has with us lowers what may be demanded, oldest debt first."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence

import msgspec

from receivables.open_items import OpenItem
from receivables.refs import Ref
from receivables.snapshot import Snapshot

#: Minor units by (debtor, currency).
Credit = dict[tuple[str, str], int]


def credit_of(snapshot: Snapshot, debtors: dict[Ref, str]) -> Credit:
    """Unapplied parts of settled payments and open parts of credit notes, per debtor and currency."""
    credit: Credit = defaultdict(int)
    for payment in snapshot.payments.values():
        if payment.unapplied > 0 and payment.status == "settled":
            credit[_debtor(debtors, payment.connection, payment.customer_id), payment.currency] += payment.unapplied
    for note in snapshot.credit_notes.values():
        if note.open > 0 and note.status == "open":
            credit[_debtor(debtors, note.connection, note.customer_id), note.currency] += note.open
    return {key: amount for key, amount in credit.items() if key[0]}


def _debtor(debtors: dict[Ref, str], connection: str, customer: str) -> str:
    return debtors.get(Ref(connection, "customer", customer), "")


def share(items: Sequence[OpenItem], credit: Credit) -> list[OpenItem]:
    """Give each item its part of its debtor's credit; what nobody owes stays with the debtor."""
    left = dict(credit)
    shared = {}
    for item in sorted(items, key=lambda item: (item.invoice.due_on or dt.date.max, item.invoice.ref)):
        key = (item.debtor, item.invoice.currency)
        taken = min(left.get(key, 0), item.demandable)
        if taken > 0 and item.invoice.status == "open":
            left[key] -= taken
            shared[item.invoice.ref] = msgspec.structs.replace(item, unapplied=taken)
    return [shared.get(item.invoice.ref, item) for item in items]
