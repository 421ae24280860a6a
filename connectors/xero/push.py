"""Which command is carried out how, and how to find out afterwards whether it happened.

The Idempotency-Key is good for minutes only; later the record is looked for by what makes it unmistakable: our tag
in a note or reference, a status, the amount allocated to an invoice, or a new entry in the invoice's history.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from connectors.errors import Unsupported
from connectors.protocol import Finding, Intent, Receipt
from connectors.xero import credit_notes, emails, invoices, links, payments
from connectors.xero.client import XeroClient
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
    VoidInvoice,
    VoidPayment,
)


def _nothing(_: XeroClient, __: Any) -> dict[str, str]:
    return {}


@dataclass(frozen=True, slots=True)
class _Way:
    """The functions take the client and the one kind of command that they stand under."""

    push: Callable[[XeroClient, Any, Intent], Receipt]
    find: Callable[[XeroClient, Any, Intent], Finding]
    prepare: Callable[[XeroClient, Any], dict[str, str]] = _nothing


_WAYS: dict[type[Command], _Way] = {
    SendInvoiceEmail: _Way(emails.push, emails.find, emails.prepare),
    AddNote: _Way(invoices.note, invoices.find_note),
    CreatePaymentLink: _Way(links.push, links.find),
    ChargeFee: _Way(invoices.charge_fee, invoices.find_fee),
    VoidInvoice: _Way(invoices.void, invoices.find_void),
    RecordPayment: _Way(payments.record, payments.find_payment),
    VoidPayment: _Way(payments.void, payments.find_void),
    RecordRefund: _Way(payments.refund, payments.find_refund),
    RecordProcessingFee: _Way(payments.record_fee, payments.find_fee),
    ApplyCredit: _Way(credit_notes.apply, credit_notes.find_applied, credit_notes.prepare),
    CreditInvoice: _Way(credit_notes.credit, credit_notes.find_credit),
}


def prepare(client: XeroClient, command: AnyCommand) -> dict[str, str]:
    return _way(command).prepare(client, command)


def push(client: XeroClient, intent: Intent) -> Receipt:
    return _way(intent.command).push(client, intent.command, intent)


def find(client: XeroClient, intent: Intent) -> Finding:
    return _way(intent.command).find(client, intent.command, intent)


def _way(command: AnyCommand) -> _Way:
    if type(command) not in _WAYS:
        raise Unsupported(f"Xero cannot {command.verb}")
    return _WAYS[type(command)]
