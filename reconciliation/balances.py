"""Each invoice's balance recomputed from its parts, and each customer's from its documents, against the platform's."""

from collections import defaultdict
from collections.abc import Iterator

from receivables.breaks import Break
from receivables.facts import Customer, Invoice, Payment
from receivables.local_facts import AgedReceivables
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
    """A break for each invoice whose parts do not add up, for each payer that gives more than it has, and for each
    allocation to a document we do not have."""
    reports = _reports(snapshot)
    for key, expected in sorted(expected_open(snapshot).items()):
        invoice = snapshot.invoices[key]
        if expected < 0 and invoice.open == 0:
            yield _over_allocated(invoice, -expected)
        elif expected != invoice.open:
            report = reports.get(str(Ref(invoice.connection, Customer.kind, invoice.customer_id)))
            yield _balance_differs(invoice, expected, _said(report, invoice) if report else "")
    for _, payment in sorted(snapshot.payments.items()):
        given = sum(share.amount for share in payment.allocations if share.source_id == payment.id)
        if payment.status == "settled" and given > payment.amount:
            yield _gives_too_much(payment, given)
    yield from _unknown(snapshot)


def disagreeing_customers(snapshot: Snapshot) -> list[Ref]:
    """Those whose invoices, recomputed, do not add up to what the platform says is open of them, in some currency."""
    sums: dict[tuple[Ref, str], int] = defaultdict(int)
    for key, expected in expected_open(snapshot).items():
        invoice = snapshot.invoices[key]
        customer = Ref(invoice.connection, Customer.kind, invoice.customer_id)
        sums[customer, invoice.currency] += expected - invoice.open
    return sorted({customer for (customer, _), difference in sums.items() if difference})


def _reports(snapshot: Snapshot) -> dict[str, AgedReceivables]:
    """By customer, the newest word of its platform."""
    found = sorted(
        (one for one in snapshot.local if isinstance(one, AgedReceivables)), key=lambda one: str(one.stated_at)
    )
    return {one.subject: one for one in found}


def _said(report: AgedReceivables, invoice: Invoice) -> str:
    on = f" on {report.stated_at:%Y-%m-%d}" if report.stated_at else ""
    due = dict(report.due).get(invoice.id)
    figure = f"that {due} of it is due" if due is not None else "nothing of it"
    return f"; {report.stated_by.title()}'s aged receivables say {figure}{on}"


def _balance_differs(invoice: Invoice, expected: int, said: str = "") -> Break:
    return Break(
        kind="balance differs",
        refs=(invoice.ref,),
        amount=Money(expected - invoice.open, invoice.currency),
        since_on=invoice.issue_on,
        cause=f"its parts leave {Money(expected, invoice.currency)}, the platform says {invoice.balance}{said}",
        next_step="open the invoice there: a payment or credit that owed cannot see changed its balance",
        holds=expected < invoice.open,
    )


def _over_allocated(invoice: Invoice, over: int) -> Break:
    return Break(
        kind="over-allocated",
        refs=(invoice.ref,),
        amount=Money(-over, invoice.currency),
        since_on=invoice.issue_on,
        cause=f"payments and credit of {Money(invoice.total + over, invoice.currency)} were applied to its total",
        next_step="take the payment or credit that is too much off it in the books, and refund or apply it elsewhere",
    )


def _gives_too_much(payment: Payment, given: int) -> Break:
    currency = payment.currency
    return Break(
        kind="over-allocated",
        refs=(payment.ref,),
        amount=Money(payment.amount - given, currency),
        since_on=payment.paid_on,
        cause=f"it settles {Money(given, currency)} and is of {Money(payment.amount, currency)} only",
        next_step="correct what it is applied to in the books",
    )


def _unknown(snapshot: Snapshot) -> Iterator[Break]:
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
