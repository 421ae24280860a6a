"""Money and credit that settle nothing yet, and debts that no invoice asks for."""

from collections.abc import Iterator

from receivables.breaks import Break
from receivables.facts import Customer, JournalLine
from receivables.money import Money
from receivables.snapshot import Snapshot
from reconciliation.explain import explain_break
from reconciliation.unapplied import journal_balances


def unapplied_breaks(snapshot: Snapshot) -> Iterator[Break]:
    for _, payment in sorted(snapshot.payments.items()):
        if payment.unapplied > 0 and payment.status == "settled":
            yield explain_break("unapplied cash", payment, payment.unapplied)
    for _, note in sorted(snapshot.credit_notes.items()):
        if note.open > 0 and note.status == "open":
            yield Break(
                kind="unapplied credit",
                refs=(note.ref,),
                amount=Money(note.open, note.currency),
                since_on=note.issue_on,
                cause=f"credit note {note.number or note.id} is not allocated to an invoice",
                next_step="allocate it in the books, or refund it",
            )
    yield from _held_at_processors(snapshot)
    yield from _journals(snapshot)


def _held_at_processors(snapshot: Snapshot) -> Iterator[Break]:
    """A customer's own balance at a processor; negative is in the customer's favour (Stripe's API reference)."""
    for _, customer in sorted(snapshot.customers.items()):
        if snapshot.keeps_books(customer.connection) or not customer.balance or not customer.currency:
            continue
        yield _in_favour(customer, -customer.balance) if customer.balance < 0 else _owed(customer, customer.balance)


def _in_favour(customer: Customer, amount: int) -> Break:
    return Break(
        kind="unapplied credit",
        refs=(customer.ref,),
        amount=Money(amount, customer.currency),
        cause=f"{customer.name or customer.id} has a credit balance that no invoice has used yet",
        next_step="the processor takes it off the next invoice; to use it now, credit an open invoice",
    )


def _owed(customer: Customer, amount: int) -> Break:
    return Break(
        kind="debt without invoice",
        refs=(customer.ref,),
        amount=Money(amount, customer.currency),
        cause=f"{customer.name or customer.id} owes a balance that stands on no invoice",
        next_step="the processor adds it to the next invoice; it is not demanded before",
    )


def _journals(snapshot: Snapshot) -> Iterator[Break]:
    for line in (line for _, line in sorted(snapshot.journal_lines.items()) if not line.customer_id):
        yield Break(
            kind="journal without customer",
            refs=(line.ref,),
            amount=Money(line.amount, line.currency),
            since_on=line.posted_on,
            cause=f"journal {line.number or line.journal_id} changes what customers owe and names no customer",
            next_step="name the customer on that line in the books; until then it counts for nobody",
        )
    first: dict[tuple[str, str, str], JournalLine] = {}
    for _, line in sorted(snapshot.journal_lines.items()):
        first.setdefault((line.connection, line.journal_id, line.customer_id), line)
    for (*journal, currency), amount in sorted(journal_balances(snapshot).items()):
        connection, identifier, customer = journal
        line = first[connection, identifier, customer]
        yield _journal(line, Money(abs(amount), currency), is_credit=amount < 0)


def _journal(line: JournalLine, amount: Money, *, is_credit: bool) -> Break:
    name = line.number or line.journal_id
    if is_credit:
        cause, step = f"journal {name} takes this off and is applied to no invoice", "apply it to the invoice it is for"
    else:
        cause, step = (
            f"journal {name} says that this is owed, without an invoice",
            "make an invoice of it, or reverse it",
        )
    return Break(
        kind="unapplied credit" if is_credit else "debt without invoice",
        refs=(line.ref,),
        amount=amount,
        since_on=line.posted_on,
        cause=cause,
        next_step=f"{step} in the books; until then it is {'taken off what is' if is_credit else 'not'} demanded",
    )
