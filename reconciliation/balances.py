"""Each invoice's balance recomputed from its parts and held against what the platform says."""

from collections import defaultdict
from collections.abc import Iterator

from receivables.breaks import Break
from receivables.money import Money
from receivables.refs import Ref
from receivables.snapshot import Key, Snapshot


def applied(snapshot: Snapshot) -> dict[Key, int]:
    """What allocations settle of each invoice, in minor units of its currency; void payers do not count."""
    sums: dict[Key, int] = defaultdict(int)
    for connection, share in snapshot.allocations():
        payer = snapshot.payments.get((connection, share.source_id)) if share.source_kind == "payment" else None
        note = snapshot.credit_notes.get((connection, share.source_id)) if share.source_kind == "credit_note" else None
        if (payer and payer.status in ("void", "failed")) or (note and note.status in ("void", "deleted")):
            continue
        sums[connection, share.invoice_id] += share.amount
    return sums


def expected_open(snapshot: Snapshot) -> dict[Key, int]:
    """total − allocations − adjustments, for invoices that count (open, paid, uncollectible)."""
    sums = applied(snapshot)
    return {
        key: invoice.total - sums.get(key, 0) - invoice.adjustments
        for key, invoice in snapshot.invoices.items()
        if invoice.status in ("open", "paid", "uncollectible")
    }


def differences(snapshot: Snapshot) -> Iterator[Break]:
    """A break for each invoice whose parts do not add up, and for each allocation to a document we do not have."""
    for key, expected in sorted(expected_open(snapshot).items()):
        invoice = snapshot.invoices[key]
        if expected != invoice.open:
            yield Break(
                kind="balance differs",
                refs=(invoice.ref,),
                amount=Money(expected - invoice.open, invoice.currency),
                since_on=invoice.issue_on,
                cause=f"its parts leave {Money(expected, invoice.currency)}, the platform says {invoice.balance}",
                next_step="open the invoice there: a payment or credit that owed cannot see changed its balance",
            )
    for connection, share in snapshot.allocations():
        if (connection, share.invoice_id) not in snapshot.invoices and share.source_kind == "payment":
            payment = snapshot.payments.get((connection, share.source_id))
            if payment and payment.status == "settled":
                yield Break(
                    kind="unknown reference",
                    refs=(payment.ref, Ref(connection, "invoice", share.invoice_id)),
                    amount=Money(share.amount, payment.currency),
                    since_on=payment.paid_on,
                    cause="the payment settles an invoice that the platform did not show",
                    next_step="sync again in full; if it stays, look whether the invoice was deleted there",
                )
