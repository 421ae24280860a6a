"""May money that was seen elsewhere be written into the books unasked? And if not, what stands in the way?"""

from collections.abc import Collection

from receivables.facts import BankLine, Payment
from receivables.refs import Ref
from receivables.snapshot import Snapshot
from reconciliation.results import Match


def disputed_payments(snapshot: Snapshot) -> frozenset[Ref]:
    """Those that a bank takes back, or has taken back."""
    return frozenset(
        Ref(one.connection, Payment.kind, one.payment_id)
        for one in snapshot.chargebacks.values()
        if one.status in ("open", "lost")
    )


def why_not_posted(snapshot: Snapshot, match: Match, disputed: Collection[Ref], feed_days: int = 7) -> str:
    """In a bookkeeper's words; "" where owed posts it. `feed_days`: how long another program may take to post it."""
    if match.payment.kind == BankLine.kind:
        return "record it in the books, from the bank's line there: owed posts no bank lines"
    invoice = snapshot.invoice(match.invoice)
    payment = snapshot.payments.get((match.payment.connection, match.payment.id))
    state = snapshot.connections.get(match.invoice.connection)
    if invoice is None or payment is None or state is None:
        return "its facts are not known"
    if not snapshot.keeps_books(match.invoice.connection):
        return f"settle the invoice with this payment at {state.name}: nothing has to be recorded in the books"
    if unsure := _unsure(match):
        return unsure
    if state.posted_by_others is None:
        return f"answer first whether anything else posts Stripe money: stripe_money_posted_by_others for {state.name}"
    if state.posted_by_others:
        return _by_feed(snapshot, payment, feed_days)
    if not state.clearing_accounts.get(invoice.currency):
        return f"name a clearing account in {invoice.currency} for {state.name}, or record it in the books"
    if payment.refunded or payment.ref in disputed:
        return "money was given back or is disputed: a person decides what to record"
    if state.locked_until and (payment.paid_on is None or payment.paid_on <= state.locked_until):
        return f"locked: the books are closed until {state.locked_until}, a person picks the date"
    return ""


def _unsure(match: Match) -> str:
    if match.pending:
        return "the money is still on its way"
    if match.band != "certain":
        return "the match is not certain: confirm it with owed breaks accept, or record it in the books"
    return ""


def _by_feed(snapshot: Snapshot, payment: Payment, feed_days: int) -> str:
    late = payment.paid_on is None or (snapshot.today - payment.paid_on).days > feed_days
    if late:
        return f"another program posts it and has not in {feed_days} days: look there, or record it in the books"
    return f"timing: another program posts it within {feed_days} days"
