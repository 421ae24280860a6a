"""How debtors pay: the newest payment of each invoice, and how late they settled what they settled before."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping

from receivables.facts import Invoice
from receivables.open_items import PayingHabit, Receipt
from receivables.refs import Ref
from receivables.snapshot import Snapshot

_LOOKED_BACK = dt.timedelta(days=730)


def newest_receipts(snapshot: Snapshot) -> dict[Ref, Receipt]:
    """The newest payment of each invoice that the platform gives a day to; credit notes are no money."""
    newest: dict[Ref, Receipt] = {}
    for connection, share in snapshot.allocations():
        if share.source_kind != "payment" or share.amount <= 0:
            continue
        payment = snapshot.payments.get((connection, share.source_id))
        on = (payment.paid_on if payment else None) or share.on
        if on is None or (payment and payment.status != "settled"):
            continue
        ref = Ref(connection, "invoice", share.invoice_id)
        known = newest.get(ref)
        if known is None or (known.on, known.id) < (on, share.source_id):
            newest[ref] = Receipt(share.source_id, on, share.amount)
    return newest


def settled_on(invoice: Invoice, receipts: Mapping[Ref, Receipt]) -> dt.date | None:
    """When an invoice was paid in full: by the platform's word (QuickBooks has none), else with its newest payment."""
    if invoice.status != "paid":
        return None
    receipt = None if invoice.paid_on else receipts.get(invoice.ref)
    return receipt.on if receipt else invoice.paid_on


def habits_of(
    snapshot: Snapshot, debtors: Mapping[Ref, str], receipts: Mapping[Ref, Receipt]
) -> dict[str, PayingHabit]:
    """By debtor: the mean of (day settled − due day) over what was settled in the last two years."""
    today = snapshot.today
    since = today - _LOOKED_BACK
    days: dict[str, list[int]] = defaultdict(list)
    for invoice in snapshot.invoices.values():
        paid_on, due_on = settled_on(invoice, receipts), invoice.due_on
        if paid_on is None or due_on is None or not since <= paid_on <= today:
            continue
        owner = Ref(invoice.connection, "customer", invoice.customer_id)
        days[debtors.get(owner, str(owner))].append((paid_on - due_on).days)
    return {debtor: PayingHabit(len(late), round(sum(late) / len(late))) for debtor, late in days.items()}
