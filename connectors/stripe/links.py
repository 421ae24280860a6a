"""Pages where a customer pays one amount: payment links, and checkout sessions for somebody who is here now."""

import datetime as dt
from typing import Any

from connectors.errors import Malformed, NotFound, Refused
from connectors.fields import Record, text
from connectors.protocol import Finding, Receipt
from connectors.stripe.amounts import units
from connectors.stripe.attempt import VALUE_LENGTH, Attempt, id_of_record, tag
from connectors.stripe.client import safe
from receivables.commands import CreateCheckout, CreatePaymentLink, WithdrawPaymentLink
from receivables.facts import Fact, PaymentLink

#: Stripe's limits for the life of a checkout session.
_SHORTEST, _LONGEST = dt.timedelta(minutes=30), dt.timedelta(hours=24)


def create_link(attempt: Attempt, command: CreatePaymentLink) -> Receipt:
    """One completed session switches the link off."""
    form = _page(command, attempt.key) | {"restrictions": {"completed_sessions": {"limit": 1}}}
    return _made(attempt.post("/v1/payment_links", form), command)


def find_link(attempt: Attempt, command: CreatePaymentLink) -> Finding:
    found = attempt.tagged("/v1/payment_links", {})
    return found if isinstance(found, str) else _made(found, command)


def withdraw_link(attempt: Attempt, command: WithdrawPaymentLink) -> Receipt:
    answer = attempt.post(f"/v1/payment_links/{safe(command.link.id)}", {"active": False})
    return Receipt(id_of_record(answer))


def find_withdrawn(attempt: Attempt, command: WithdrawPaymentLink) -> Finding:
    try:
        found = attempt.get(f"/v1/payment_links/{safe(command.link.id)}")
    except NotFound:
        return Receipt(command.link.id)
    return Receipt(command.link.id) if found.get("active") is False else "absent"


def create_checkout(attempt: Attempt, command: CreateCheckout) -> Receipt:
    if not _SHORTEST <= command.expires_at - attempt.now <= _LONGEST:
        raise Refused("a checkout session lives for 30 minutes to 24 hours: choose expires_at within that")
    form = _page(command, attempt.key) | {
        "mode": "payment",
        "success_url": command.success_url,
        "expires_at": int(command.expires_at.timestamp()),
    }
    return _session(attempt.post("/v1/checkout/sessions", form))


def find_checkout(attempt: Attempt, command: CreateCheckout) -> Finding:
    _ = command
    found = attempt.tagged("/v1/checkout/sessions", {})
    return found if isinstance(found, str) else _session(found)


def _session(found: Record) -> Receipt:
    """A session that is over has no address any more."""
    return Receipt(id_of_record(found), text(found, "url"))


def _page(command: CreatePaymentLink | CreateCheckout, key: str) -> dict[str, Any]:
    """Metadata of the page itself does not reach the charge, that of the payment intent does."""
    ours = {"owed_invoice": str(command.invoice), "owed_number": command.number[:VALUE_LENGTH]} | tag(key)
    price = {
        "currency": command.amount.currency.lower(),
        "unit_amount": units(command.amount),
        "product_data": {"name": (command.description or f"Invoice {command.number}".strip())[:250]},
    }
    stated = {"owed_amount": str(command.amount.minor), "owed_currency": command.amount.currency}
    return {
        "line_items": [{"price_data": price, "quantity": 1}],
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
