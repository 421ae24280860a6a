"""A fee as an invoice of its own, in three steps: a draft, its one line, and finalising it.

Each step has its own key, and each try begins by looking for the draft that an earlier one made: so whatever step was
the last to succeed, the same command with the same key goes on from there, and nothing is made twice.
"""

from typing import Any

from connectors.errors import Refused
from connectors.fields import Record, currency, text
from connectors.protocol import Finding, Receipt
from connectors.stripe.amounts import amount, units
from connectors.stripe.attempt import VALUE_LENGTH, Attempt, Missing, id_of_record, left_behind, tag
from connectors.stripe.client import safe
from connectors.stripe.invoicing import noon
from receivables.commands import ChargeFee
from receivables.refs import Ref


def charge_fee(attempt: Attempt, command: ChargeFee) -> Receipt:
    draft = _look(attempt, command)
    if draft == "unknown":
        raise Refused("this customer has too many invoices to tell whether the fee was charged before")
    if isinstance(draft, str):
        draft = attempt.post("/v1/invoices", _draft(command, attempt.key), "invoice")
    name = id_of_record(draft)
    if text(draft, "status") != "draft":
        return Receipt(name)
    with left_behind(f"the draft {name} stays at Stripe"):
        if not _has_its_line(draft, command):
            attempt.post("/v1/invoiceitems", _line(command, name, attempt.key), "line")
        made = attempt.post(f"/v1/invoices/{safe(name)}/finalize", {"auto_advance": False}, "finalise")
    return Receipt(id_of_record(made), text(made, "hosted_invoice_url"))


def find_fee(attempt: Attempt, command: ChargeFee) -> Finding:
    """ "absent" while a step is missing: the same key goes on."""
    found = _look(attempt, command)
    if isinstance(found, str):
        return found
    return "absent" if text(found, "status") == "draft" else Receipt(text(found, "id"))


def _look(attempt: Attempt, command: ChargeFee) -> Record | Missing:
    return attempt.tagged("/v1/invoices", _customer(command.customer))


def _customer(customer: Ref) -> dict[str, str]:
    """Accounts of the newer kind (acct_…) are billed by another field."""
    return {"customer_account" if customer.id.startswith("acct_") else "customer": customer.id}


def _draft(command: ChargeFee, key: str) -> dict[str, Any]:
    """Nothing else gets onto it: no waiting items, no discount, and Stripe does not finalise it by itself."""
    return _customer(command.customer) | {
        "auto_advance": False,
        "collection_method": "send_invoice",
        "currency": command.amount.currency.lower(),
        "description": command.description,
        "discounts": "",
        "due_date": noon(command.due_on),
        "effective_at": noon(command.issued_on),
        "metadata": tag(key) | {"owed_fee_for": str(command.invoice)[:VALUE_LENGTH]},
        "pending_invoice_items_behavior": "exclude",
    }


def _line(command: ChargeFee, invoice: str, key: str) -> dict[str, Any]:
    """`tax_code` is the id of a tax rate (txr_…)."""
    return _customer(command.customer) | {
        "invoice": invoice,
        "amount": units(command.amount),
        "currency": command.amount.currency.lower(),
        "description": command.description,
        "discountable": False,
        "metadata": tag(key),
        "tax_rates": [command.tax_code] if command.tax_code else None,
    }


def _has_its_line(draft: Record, command: ChargeFee) -> bool:
    """Raises Refused for a draft that somebody has changed."""
    held = amount(draft, "subtotal", currency(draft, "currency"))
    if held not in {0, command.amount.minor}:
        raise Refused(f"the draft {text(draft, 'id')} of this fee was changed at Stripe: finalise or delete it there")
    return held != 0
