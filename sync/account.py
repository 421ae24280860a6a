"""The account of a debtor, from the documents that own the balances and what settled them. No line is made up."""

from collections.abc import Iterable, Iterator

from outreach.evidence import Account, Line, Statement, in_order
from receivables.facts import Allocation, Invoice
from receivables.money import Money
from receivables.refs import Ref
from receivables.snapshot import Snapshot

#: Not yet owed.
_NOT_ISSUED = frozenset({"draft", "submitted"})
#: Owed no more, and never to be paid.
_TAKEN_BACK = frozenset({"void", "deleted"})


def statement_of(snapshot: Snapshot, invoices: Iterable[Invoice], debtor: str, about: str) -> Statement:
    """`invoices` are counted once each: the documents that own their balance."""
    issued = [one for one in invoices if one.status not in _NOT_ISSUED]
    settled = _settled(snapshot, issued)
    currencies = sorted({one.currency for one in issued})
    accounts = (_account(one, [i for i in issued if i.currency == one], settled, snapshot) for one in currencies)
    return Statement(snapshot.business.name, debtor, about, snapshot.today, tuple(accounts))


def _settled(snapshot: Snapshot, invoices: Iterable[Invoice]) -> dict[Ref, list[tuple[str, Allocation]]]:
    found: dict[Ref, list[tuple[str, Allocation]]] = {one.ref: [] for one in invoices}
    for connection, share in snapshot.allocations():
        ref = Ref(connection, Invoice.kind, share.invoice_id)
        if ref in found:
            found[ref].append((connection, share))
    return found


def _account(
    currency: str, invoices: list[Invoice], settled: dict[Ref, list[tuple[str, Allocation]]], snapshot: Snapshot
) -> Account:
    lines: list[Line] = []
    for invoice in invoices:
        lines += _of_invoice(invoice)
        lines += (_of_share(connection, share, invoice, snapshot) for connection, share in settled[invoice.ref])
    owed = sum(one.open for one in invoices if one.is_open)
    return Account(currency, in_order(lines), Money(owed, currency))


def _of_invoice(invoice: Invoice) -> Iterator[Line]:
    number = invoice.number or invoice.id
    if invoice.status in _TAKEN_BACK:
        yield Line(
            invoice.issue_on, f"Invoice {number}, {invoice.status}", Money(0, invoice.currency), str(invoice.ref)
        )
        return
    yield Line(invoice.issue_on, f"Invoice {number}", Money(invoice.total, invoice.currency), str(invoice.ref))
    if invoice.adjustments:
        less = Money(-invoice.adjustments, invoice.currency)
        yield Line(invoice.issue_on, f"Deducted on invoice {number}", less, str(invoice.ref))
    if invoice.status == "uncollectible" and invoice.open:
        yield Line(None, f"Invoice {number} written off", Money(-invoice.open, invoice.currency), str(invoice.ref))


def _of_share(connection: str, share: Allocation, invoice: Invoice, snapshot: Snapshot) -> Line:
    """The day is that of the money; where that is not told, the day on which it was allocated."""
    payment = snapshot.payments.get((connection, share.source_id))
    note = snapshot.credit_notes.get((connection, share.source_id))
    what, on = "Settled", None
    if share.source_kind == "payment":
        what, on = "Payment", payment.paid_on if payment else None
    elif share.source_kind == "credit_note":
        what, on = f"Credit note {note.number}" if note else "Credit note", note.issue_on if note else None
    number = invoice.number or invoice.id
    less = Money(-share.amount, invoice.currency)
    return Line(
        on or share.on, f"{what} for invoice {number}", less, f"{connection}:{share.source_kind}:{share.source_id}"
    )
