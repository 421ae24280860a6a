"""Commands as calls to Stripe, and how to find out afterwards whether one happened.

Stripe honours our Idempotency-Key for a day. Later what we made is found by the metadata we gave it, and what we
changed by its state, or by the event that names our key.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

from connectors.errors import Unsupported
from connectors.protocol import Finding, Intent, Receipt
from connectors.stripe import fees, invoicing, links, receipts
from connectors.stripe.attempt import Attempt
from connectors.stripe.client import StripeClient
from receivables.commands import (
    AddNote,
    AnyCommand,
    AttachPayment,
    ChargeFee,
    Command,
    CreateCheckout,
    CreatePaymentLink,
    CreditInvoice,
    MarkUncollectible,
    RecordPayment,
    SendInvoiceEmail,
    VoidInvoice,
    WithdrawPaymentLink,
)

#: How each command is carried out, and how it is found again.
_WRITES: dict[type[Command], tuple[Callable[[Attempt, Any], Receipt], Callable[[Attempt, Any], Finding]]] = {
    SendInvoiceEmail: (invoicing.send, invoicing.find_sending),
    AddNote: (invoicing.add_note, invoicing.find_note),
    CreatePaymentLink: (links.create_link, links.find_link),
    WithdrawPaymentLink: (links.withdraw_link, links.find_withdrawn),
    CreateCheckout: (links.create_checkout, links.find_checkout),
    VoidInvoice: (invoicing.void, invoicing.find_void),
    MarkUncollectible: (invoicing.mark_uncollectible, invoicing.find_uncollectible),
    CreditInvoice: (invoicing.credit, invoicing.find_credit),
    ChargeFee: (fees.charge_fee, fees.find_fee),
    RecordPayment: (receipts.record_payment, receipts.find_recorded),
    AttachPayment: (receipts.attach_payment, receipts.find_attached),
}


def prepare(command: AnyCommand) -> dict[str, str]:
    """Nothing: what we write carries our key."""
    _ = command
    return {}


def push(client: StripeClient, intent: Intent, now: dt.datetime) -> Receipt:
    carry_out, _ = _write(intent)
    return carry_out(Attempt(client, intent, now), intent.command)


def find(client: StripeClient, intent: Intent, now: dt.datetime) -> Finding:
    _, look = _write(intent)
    return look(Attempt(client, intent, now), intent.command)


def _write(intent: Intent) -> tuple[Callable[[Attempt, Any], Receipt], Callable[[Attempt, Any], Finding]]:
    found = _WRITES.get(type(intent.command))
    if found is None:
        raise Unsupported(f"Stripe cannot {intent.command.verb}")
    return found
