"""Commands as calls to Stripe, and how to find out afterwards whether one happened.

Stripe honours our Idempotency-Key for a day. Later the record is looked for by the metadata we gave it, in the newest
of a list: Stripe's search lags behind, by an hour in bad times.
"""

import hashlib
from typing import Any

from connectors.errors import Malformed, NotFound, Unsupported
from connectors.fields import Record, decode_record, record, text
from connectors.protocol import Finding, Intent, Receipt
from connectors.stripe.amounts import units
from connectors.stripe.client import StripeClient, safe
from connectors.transport import Answer, written
from receivables.commands import AddNote, AnyCommand, CreatePaymentLink, SendInvoiceEmail, WithdrawPaymentLink
from receivables.facts import Fact, PaymentLink

_KEY_LENGTH = 255
#: Stripe's limit for one metadata value.
_VALUE_LENGTH = 500
#: Pages of 100 newest links, or sendings, that are looked through for ours. Never bounded by a time: a platform's
#: clock is not ours.
_PAGES = 10


def idempotency_key(key: str) -> str:
    """At most 255 characters; the same for the same key."""
    return key if len(key) <= _KEY_LENGTH else hashlib.sha256(key.encode()).hexdigest()


def prepare(command: AnyCommand) -> dict[str, str]:
    """Nothing: what we write carries our key."""
    _ = command
    return {}


def push(client: StripeClient, intent: Intent) -> Receipt:
    key = idempotency_key(intent.key)
    match intent.command:
        case SendInvoiceEmail() as command:
            answer = client.post(f"/v1/invoices/{safe(command.invoice.id)}/send", {}, key)
            return Receipt(_id(answer))
        case AddNote() as command:
            note = {"metadata": {_note(intent.key): command.text[:_VALUE_LENGTH]}}
            return Receipt(_id(client.post(f"/v1/invoices/{safe(command.invoice.id)}", note, key)))
        case CreatePaymentLink() as command:
            return _made(
                written(client.post("/v1/payment_links", _link(command, intent.key), key), "payment link"), command
            )
        case WithdrawPaymentLink() as command:
            return Receipt(_id(client.post(f"/v1/payment_links/{safe(command.link.id)}", {"active": False}, key)))
        case _:
            raise Unsupported(f"Stripe cannot {intent.command.verb}")


def find(client: StripeClient, intent: Intent) -> Finding:
    match intent.command:
        case SendInvoiceEmail() as command:
            return _sent(client, command, intent)
        case AddNote() as command:
            found = client.get(f"/v1/invoices/{safe(command.invoice.id)}")
            return Receipt(text(found, "id")) if _note(intent.key) in record(found, "metadata") else "absent"
        case CreatePaymentLink() as command:
            return _find_link(client, command, intent.key)
        case WithdrawPaymentLink() as command:
            return _withdrawn(client, command)
        case _:
            raise Unsupported(f"Stripe cannot {intent.command.verb}")


def _id(answer: Answer) -> str:
    found = text(written(answer, "stripe"), "id")
    if not found:
        raise Malformed("no id in it")
    return found


def _note(key: str) -> str:
    """A metadata name, at most 40 characters."""
    return "owed_note_" + hashlib.sha256(key.encode()).hexdigest()[:12]


def _link(command: CreatePaymentLink, key: str) -> dict[str, Any]:
    """One completed session switches the link off. Metadata of the link does not reach the charge, that of the
    payment intent does."""
    ours = {"owed_invoice": str(command.invoice), "owed_number": command.number, "owed_key": key[:_VALUE_LENGTH]}
    price = {
        "currency": command.amount.currency.lower(),
        "unit_amount": units(command.amount),
        "product_data": {"name": (command.description or f"Invoice {command.number}".strip())[:250]},
    }
    stated = {"owed_amount": str(command.amount.minor), "owed_currency": command.amount.currency}
    return {
        "line_items": [{"price_data": price, "quantity": 1}],
        "restrictions": {"completed_sessions": {"limit": 1}},
        "metadata": ours | stated,
        "payment_intent_data": {"metadata": ours},
    }


def _made(found: Record, command: CreatePaymentLink) -> Receipt:
    identifier, url = text(found, "id"), text(found, "url")
    if not identifier or not url:
        raise Malformed("no id or no url in it")
    fact: Fact = PaymentLink(
        connection=command.connection,
        id=identifier,
        url=url,
        active=found.get("active") is not False,
        currency=command.amount.currency,
        amount=command.amount.minor,
        invoice=str(command.invoice),
    )
    return Receipt(identifier, url, facts=(fact,))


def _find_link(client: StripeClient, command: CreatePaymentLink, key: str) -> Finding:
    for count, page in enumerate(client.pages("/v1/payment_links", {}), start=1):
        for raw in page.data:
            found = decode_record(bytes(raw))
            if record(found, "metadata").get("owed_key") == key[:_VALUE_LENGTH]:
                return _made(found, command)
        if count == _PAGES and page.has_more:
            return "unknown"
    return "absent"


def _withdrawn(client: StripeClient, command: WithdrawPaymentLink) -> Finding:
    try:
        found = client.get(f"/v1/payment_links/{safe(command.link.id)}")
    except NotFound:
        return Receipt(command.link.id)
    return Receipt(command.link.id) if found.get("active") is False else "absent"


def _sent(client: StripeClient, command: SendInvoiceEmail, intent: Intent) -> Finding:
    """The event of a sending names the key of the request that caused it."""
    for count, page in enumerate(client.pages("/v1/events", {"type": "invoice.sent"}), start=1):
        for raw in page.data:
            event = decode_record(bytes(raw))
            if record(event, "request").get("idempotency_key") == idempotency_key(intent.key):
                return Receipt(command.invoice.id, detail={"event": text(event, "id")})
        if count == _PAGES and page.has_more:
            return "unknown"
    return "absent"
