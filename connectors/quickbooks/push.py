"""Commands as calls to QuickBooks, and how to find out afterwards whether one happened."""

from collections.abc import Callable
from typing import Any, NamedTuple

from connectors.errors import NotFound, Unsupported
from connectors.protocol import Finding, Intent, Receipt
from connectors.quickbooks import credits as credit_memos
from connectors.quickbooks import expenses, invoices, mail, notes, payments
from connectors.quickbooks.client import QuickBooksClient
from receivables.commands import (
    AddNote,
    AnyCommand,
    ApplyCredit,
    ChargeFee,
    Command,
    CreatePaymentLink,
    CreditInvoice,
    RecordPayment,
    RecordProcessingFee,
    RecordRefund,
    SendInvoiceEmail,
    SetCustomerMemo,
    VoidInvoice,
    VoidPayment,
)


class _Way(NamedTuple):
    """Both take the client, the command and its intent."""

    push: Callable[[QuickBooksClient, Any, Intent], Receipt]
    find: Callable[[QuickBooksClient, Any, Intent], Finding]


_WAYS: dict[type[Command], _Way] = {
    SendInvoiceEmail: _Way(mail.send, mail.find_sent),
    CreatePaymentLink: _Way(mail.link, mail.find_link),
    AddNote: _Way(notes.add_note, notes.find_note),
    SetCustomerMemo: _Way(notes.set_memo, notes.find_memo),
    VoidInvoice: _Way(invoices.void_invoice, invoices.find_void),
    ChargeFee: _Way(invoices.charge_fee, invoices.find_fee),
    CreditInvoice: _Way(credit_memos.credit_invoice, credit_memos.find_credit),
    RecordPayment: _Way(payments.record_payment, payments.find_payment),
    ApplyCredit: _Way(payments.apply_credit, payments.find_application),
    VoidPayment: _Way(payments.void_payment, payments.find_voided),
    RecordRefund: _Way(expenses.record_refund, expenses.find_refund),
    RecordProcessingFee: _Way(expenses.record_fee, expenses.find_recorded_fee),
}


def prepare(client: QuickBooksClient, command: AnyCommand) -> dict[str, str]:
    return mail.before_sending(client, command) if isinstance(command, SendInvoiceEmail) else {}


def push(client: QuickBooksClient, intent: Intent) -> Receipt:
    return _way(intent).push(client, intent.command, intent)


def find(client: QuickBooksClient, intent: Intent) -> Finding:
    """What a deleted record would tell nobody knows. An e-mail of it may have gone; anything else is over."""
    try:
        return _way(intent).find(client, intent.command, intent)
    except NotFound:
        return "unknown" if isinstance(intent.command, SendInvoiceEmail) else "absent"


def _way(intent: Intent) -> _Way:
    if type(intent.command) not in _WAYS:
        raise Unsupported(f"QuickBooks cannot {intent.command.verb}")
    return _WAYS[type(intent.command)]
