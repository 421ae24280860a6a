"""Money received by a bank's own statement, in the shape of a payment, so that it is matched like any other."""

import datetime as dt
from dataclasses import replace
from typing import ClassVar

from receivables.facts import BankLine, Payment
from receivables.snapshot import Key, Snapshot


class BankPayment(Payment, frozen=True, kw_only=True, omit_defaults=True):
    """A line of a statement. Its reference is the line's, so that nobody takes it for a payment in the books."""

    kind: ClassVar[str] = BankLine.kind


def is_line(payment: Payment) -> bool:
    return payment.ref.kind == BankLine.kind


def lines(snapshot: Snapshot) -> list[Payment]:
    return [payment for _, payment in sorted(snapshot.payments.items()) if is_line(payment)]


def with_received(snapshot: Snapshot) -> Snapshot:
    """The snapshot with what the bank received among its payments. Lines of the books themselves stay what they are:
    the books know what they are for. What came before the first document that we have can be for none of them."""
    first = min((one.issue_on for one in snapshot.invoices.values() if one.issue_on), default=None)
    received = {key: _payment(line) for key, line in snapshot.bank_lines.items() if _counts(snapshot, line, first)}
    return replace(snapshot, payments={**snapshot.payments, **received}) if received else snapshot


def _counts(snapshot: Snapshot, line: BankLine, first: dt.date | None) -> bool:
    if snapshot.keeps_books(line.connection) or line.status != "settled" or line.amount <= 0:
        return False
    return first is None or line.booked_on is None or line.booked_on >= first


def _payment(line: BankLine) -> BankPayment:
    return BankPayment(
        connection=line.connection,
        id=line.id,
        currency=line.currency,
        amount=line.amount,
        paid_on=line.booked_on,
        reference=line.reference,
        method=line.method,
        payer_name=line.payer_name,
        payer_account=line.payer_account,
        account=line.account,
    )


def booked_lines(snapshot: Snapshot) -> dict[Key, BankLine]:
    """Movements of bank accounts that the books keep by themselves; a processor's clearing account is no bank account."""
    return {
        key: line
        for key, line in sorted(snapshot.bank_lines.items())
        if snapshot.keeps_books(line.connection)
        and line.status == "settled"
        and not is_clearing(snapshot, line.connection, line.account)
    }


def is_clearing(snapshot: Snapshot, connection: str, account: str) -> bool:
    """Money there has not reached the bank yet."""
    state = snapshot.connections.get(connection)
    return bool(state and account and account in state.clearing_accounts.values())
