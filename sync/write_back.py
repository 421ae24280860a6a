"""Money received elsewhere, written into the books: gross, into the clearing account of the invoice's currency.

Never payouts, deposits or exchange gains, and nothing is ever deleted there: those are a bookkeeper's.
"""

from collections.abc import Iterator

from receivables.commands import RecordPayment, RecordProcessingFee
from receivables.facts import Payment
from receivables.money import Money
from receivables.refs import Ref
from reconciliation.posting import disputed_payments, why_not_posted
from reconciliation.results import Match
from store.outbox import NewEffect
from sync.assess import Assessment
from sync.installation import Installation
from sync.postings import held_connections


def postings(installation: Installation, assessment: Assessment) -> Iterator[NewEffect]:
    """For every match of which nothing speaks against it. What a payment exceeds its invoice by stays a break."""
    held, disputed = held_connections(assessment.reconciliation.breaks), disputed_payments(assessment.snapshot)
    for match in assessment.reconciliation.matches:
        if match.invoice.connection in held or why_not_posted(assessment.snapshot, match, disputed):
            continue
        posting = _posting(assessment, match)
        yield posting
        fee = _fee(installation, assessment, match, posting)
        if fee:
            yield fee


def _posting(assessment: Assessment, match: Match) -> NewEffect:
    """`paid_on` is the customer's day, as the processor's connector tells it in the business's zone."""
    snapshot = assessment.snapshot
    invoice = snapshot.invoices[match.invoice.connection, match.invoice.id]
    payment = _payment(assessment, match)
    command = RecordPayment(
        connection=invoice.connection,
        invoice=invoice.ref,
        customer=Ref(invoice.connection, "customer", invoice.customer_id),
        amount=Money(match.amount, invoice.currency),
        paid_on=payment.paid_on or snapshot.today,
        account=snapshot.connections[invoice.connection].clearing_accounts[invoice.currency],
        source=payment.ref,
        reference=payment.id,
    )
    return NewEffect(intent=f"post/{payment.ref}/{invoice.ref}", command=command)


def _fee(installation: Installation, assessment: Assessment, match: Match, posting: NewEffect) -> NewEffect | None:
    """Once a payment, after its posting, where the owner named an expense account; in the payment's own currency."""
    payment = _payment(assessment, match)
    books = installation.books.get(match.invoice.connection)
    wanted = books.post_fees if books else None
    if wanted is None or not payment.fee:
        return None
    command = RecordProcessingFee(
        connection=match.invoice.connection,
        amount=Money(payment.fee, payment.currency),
        paid_on=payment.paid_on or assessment.snapshot.today,
        account=wanted.account
        or assessment.snapshot.connections[match.invoice.connection].clearing_accounts[payment.currency],
        expense_account=wanted.expense_account,
        tax_code=wanted.tax_code,
        source=payment.ref,
        supplier=assessment.snapshot.platform(payment.connection).title(),
    )
    return NewEffect(intent=f"fee/{payment.ref}", command=command, needs=(posting.intent,))


def _payment(assessment: Assessment, match: Match) -> Payment:
    return assessment.snapshot.payments[match.payment.connection, match.payment.id]
