"""Unapplied cash and credit: what a debtor has with us lowers what may be demanded, oldest debt first."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

import msgspec

from receivables.breaks import Break
from receivables.facts import Payment
from receivables.open_items import OpenItem
from receivables.refs import Ref
from receivables.snapshot import Snapshot

#: Minor units by (debtor, currency).
Credit = dict[tuple[str, str], int]

#: (debtor, currency, minor units) of money that was received and found no invoice.
Loose = tuple[str, str, int]

#: (connection, journal, customer, currency)
JournalKey = tuple[str, str, str, str]

#: Breaks about money that found no invoice, or not surely the right one; the first reference is the payment.
_LOOSE = frozenset({"unmatched payment", "overpayment", "duplicate payment", "proposed match"})


def credit_of(snapshot: Snapshot, debtors: dict[Ref, str], loose: Iterable[Loose] = ()) -> Credit:
    """Per debtor and currency: unapplied parts of settled payments, open parts of credit notes, credit by journal,
    credit balances at a processor, and `loose` money that a known debtor paid for nothing we know."""
    credit: Credit = defaultdict(int)
    for payment in snapshot.payments.values():
        if payment.unapplied > 0 and payment.status == "settled":
            credit[_debtor(debtors, payment.connection, payment.customer_id), payment.currency] += payment.unapplied
    for note in snapshot.credit_notes.values():
        if note.open > 0 and note.status == "open":
            credit[_debtor(debtors, note.connection, note.customer_id), note.currency] += note.open
    for (connection, _, customer, currency), amount in journal_balances(snapshot).items():
        if amount < 0:
            credit[_debtor(debtors, connection, customer), currency] -= amount
    for one in snapshot.customers.values():
        if not snapshot.keeps_books(one.connection) and one.balance and one.balance < 0:
            credit[debtors.get(one.ref, ""), one.currency] -= one.balance
    for debtor, currency, amount in loose:
        credit[debtor, currency] += amount
    return {key: amount for key, amount in credit.items() if key[0] and amount}


def loose_money(breaks: Iterable[Break], payer_of: Callable[[Ref], str]) -> Iterator[Loose]:
    """What a known debtor paid at a processor for nothing we know: never demanded again before a person has looked.

    `payer_of` names the debtor behind a payment, or "". Once its break is accepted the money counts no longer.
    """
    for one in breaks:
        if one.kind in _LOOSE and one.is_open and one.amount.minor > 0 and (debtor := payer_of(one.refs[0])):
            yield debtor, one.amount.currency, one.amount.minor


def journal_balances(snapshot: Snapshot) -> dict[JournalKey, int]:
    """What each journal still changes for a customer, in minor units.

    Below zero is a credit, net of what was applied to invoices already; above zero a debt, less what payments settle of
    it. Lines that name no customer are left out.
    """
    left: dict[JournalKey, int] = defaultdict(int)
    for line in snapshot.journal_lines.values():
        if line.customer_id:
            left[line.connection, line.journal_id, line.customer_id, line.currency] += line.amount
    for connection, share in snapshot.allocations():
        invoice = snapshot.invoices.get((connection, share.invoice_id)) if share.source_kind == "other" else None
        if invoice:
            key = (connection, share.source_id, invoice.customer_id, invoice.currency)
            if key in left:
                left[key] += share.amount
    for payment in snapshot.payments.values():
        for journal, amount in payment.journals if payment.status == "settled" else ():
            if (key := _debt(left, payment, journal)) in left:
                left[key] -= amount
    return {key: amount for key, amount in left.items() if amount}


def _debt(left: Collection[JournalKey], payment: Payment, journal: str) -> JournalKey:
    """What a payment settles of a journal: its own customer's part, or that of another, such as a parent's job."""
    own = (payment.connection, journal, payment.customer_id, payment.currency)
    same = [key for key in left if (key[:2], key[3]) == (own[:2], payment.currency)]
    return own if own in left or len(same) != 1 else same[0]


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
