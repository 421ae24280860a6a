"""Money and credit of a debtor that settles no invoice: it lowers the account as much as what was applied."""

from collections.abc import Iterable, Iterator

from outreach.evidence import Line
from outreach.evidence_words import Description
from receivables.facts import Customer
from receivables.money import Money
from receivables.snapshot import Snapshot
from reconciliation.unapplied import journal_balances


def loose_credit(snapshot: Snapshot, customers: Iterable[Customer]) -> Iterator[Line]:
    """The same money as `reconciliation.unapplied.credit_of` counts, a line each; amounts are below zero."""
    who = {(one.connection, one.id): one for one in customers}
    for payment in snapshot.payments.values():
        if payment.unapplied > 0 and payment.status == "settled" and (payment.connection, payment.customer_id) in who:
            less = Money(-payment.unapplied, payment.currency)
            yield Line(payment.paid_on, Description("loose_payment"), less, str(payment.ref))
    for note in snapshot.credit_notes.values():
        if note.open > 0 and note.status == "open" and (note.connection, note.customer_id) in who:
            what = Description("loose_credit_note", credit_note=note.number or note.id)
            yield Line(note.issue_on, what, Money(-note.open, note.currency), str(note.ref))
    for (connection, journal, customer, currency), amount in journal_balances(snapshot).items():
        if amount < 0 and (connection, customer) in who:
            yield Line(None, Description("journal_credit"), Money(amount, currency), f"{connection}:journal:{journal}")
    for one in who.values():
        if not snapshot.keeps_books(one.connection) and one.balance and one.balance < 0:
            yield Line(None, Description("credit_balance"), Money(one.balance, one.currency), str(one.ref))
