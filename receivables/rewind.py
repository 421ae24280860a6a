"""A past day rebuilt from the dates on documents, for days that nobody recorded as they happened.

What cannot be known from documents (a draft's earlier status, a void's day) is taken as it is now; the result is
labelled `documents`.
"""

import datetime as dt
from collections import defaultdict

import msgspec

from receivables.facts import CreditNote, Invoice, Payment
from receivables.snapshot import Key, Snapshot


def rewind(snapshot: Snapshot, to: dt.datetime) -> Snapshot:
    """The snapshot as its documents say it was at the end of the business's day of `to`."""
    day = snapshot.business.day_of(to)
    payments = {key: payment for key, payment in snapshot.payments.items() if _by(payment.paid_on, day)}
    notes = {key: note for key, note in snapshot.credit_notes.items() if _by(note.issue_on, day)}
    undone = _undone(snapshot, day)
    invoices = {
        key: _reopened(invoice, undone.get(key, 0), day)
        for key, invoice in snapshot.invoices.items()
        if _by(invoice.issue_on, day)
    }
    return Snapshot(
        business=snapshot.business,
        taken_at=to,
        connections=snapshot.connections,
        basis="documents",
        customers=snapshot.customers,
        invoices=invoices,
        credit_notes={key: _unspent(note, day) for key, note in notes.items()},
        payments={key: _unspent_payment(payment, day) for key, payment in payments.items()},
        refunds={key: one for key, one in snapshot.refunds.items() if _by(one.refunded_on, day)},
        chargebacks=snapshot.chargebacks,
        payouts={key: one for key, one in snapshot.payouts.items() if _by(one.arrives_on, day)},
        bank_lines={key: one for key, one in snapshot.bank_lines.items() if _by(one.booked_on, day)},
        links={},
        local=tuple(one for one in snapshot.local if one.stated_at is None or one.stated_at <= to),
    )


def _by(on: dt.date | None, day: dt.date) -> bool:
    return on is None or on <= day


def _undone(snapshot: Snapshot, day: dt.date) -> dict[Key, int]:
    """What was applied to each invoice only after the day, by the allocation's date or else its payer's."""
    undone: dict[Key, int] = defaultdict(int)
    for connection, share in snapshot.allocations():
        payer = snapshot.payments.get((connection, share.source_id))
        note = snapshot.credit_notes.get((connection, share.source_id))
        applied_on = share.on or (payer.paid_on if payer else None) or (note.issue_on if note else None)
        if applied_on and applied_on > day and not (payer and payer.status in ("void", "failed")):
            undone[connection, share.invoice_id] += share.amount
    return undone


def _reopened(invoice: Invoice, later: int, day: dt.date) -> Invoice:
    if invoice.status not in ("open", "paid", "uncollectible"):
        return invoice
    opened = invoice.open + later
    if not later and invoice.paid_on and invoice.paid_on > day:
        opened = invoice.total
    status = "open" if opened > 0 else invoice.status
    return msgspec.structs.replace(invoice, open=opened, status=status, paid_on=None if opened else invoice.paid_on)


def _unspent(note: CreditNote, day: dt.date) -> CreditNote:
    later = sum(share.amount for share in note.allocations if share.on and share.on > day)
    return msgspec.structs.replace(note, open=note.open + later, status="open") if later else note


def _unspent_payment(payment: Payment, day: dt.date) -> Payment:
    """A payment applied after the day was unapplied cash on it."""
    shares = [share for share in payment.allocations if share.source_kind == "payment"]
    later = sum(share.amount for share in shares if share.on and share.on > day)
    return msgspec.structs.replace(payment, unapplied=payment.unapplied + later) if later else payment
