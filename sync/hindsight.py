"""What is known today about past days: when each invoice was settled, and when it was disputed."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator

from receivables.local_facts import Dispute
from receivables.refs import Ref
from receivables.snapshot import Snapshot
from reconciliation.engine import reconcile
from reconciliation.habits import newest_receipts, settled_on
from reconciliation.policy import MatchPolicy
from reconciliation.results import Reconciliation
from rules.backtest import Hindsight, Span


def hindsight(snapshot: Snapshot, policy: MatchPolicy) -> Hindsight:
    """From today's snapshot. An invoice counts as settled by the platform's word, or by matched money that covers it."""
    found = reconcile(snapshot, policy)
    receipts = newest_receipts(snapshot)
    paid_on: dict[str, dt.date] = dict(_covered(snapshot, found))
    for invoice in snapshot.invoices.values():
        if day := settled_on(invoice, receipts):
            paid_on[str(invoice.ref)] = day
    return Hindsight(paid_on, dict(_disputed(snapshot, found)))


def _covered(snapshot: Snapshot, found: Reconciliation) -> Iterator[tuple[str, dt.date]]:
    """Open invoices that money seen elsewhere pays in full, with the day on which the last of it came."""
    amounts: dict[Ref, int] = defaultdict(int)
    days: dict[Ref, list[dt.date]] = defaultdict(list)
    for match in found.matches:
        payment = snapshot.payments.get((match.payment.connection, match.payment.id))
        if match.band != "propose" and not match.pending and payment and payment.paid_on:
            amounts[match.invoice] += match.amount
            days[match.invoice].append(payment.paid_on)
    for ref, amount in amounts.items():
        invoice = snapshot.invoice(ref)
        if invoice and amount >= invoice.open > 0:
            yield str(ref), max(days[ref])


def _disputed(snapshot: Snapshot, found: Reconciliation) -> Iterator[tuple[str, tuple[Span, ...]]]:
    """A dispute with a customer is one about each of its invoices."""
    spans: dict[str, list[Span]] = defaultdict(list)
    disputes = [one for one in snapshot.local if isinstance(one, Dispute)]
    for one in disputes:
        spans[one.subject].append((_day(snapshot, one.stated_at), _day(snapshot, one.resolved_at)))
    for invoice in snapshot.invoices.values() if disputes else ():
        owner = Ref(invoice.connection, "customer", invoice.customer_id)
        subjects: Iterable[str] = {str(invoice.ref), str(owner), found.debtors.get(owner, str(owner))}
        own = tuple(span for subject in subjects for span in spans.get(subject, ()))
        if own:
            yield str(invoice.ref), own


def _day(snapshot: Snapshot, instant: dt.datetime | None) -> dt.date | None:
    return snapshot.business.day_of(instant) if instant else None
