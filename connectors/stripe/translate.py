"""What Stripe records say, in our words. Pure.

Field meanings: Stripe's public OpenAPI description.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from connectors.fields import (
    Record,
    Unreadable,
    country_code,
    currency,
    flag,
    identifier,
    record,
    records,
    text,
)
from connectors.stripe.amounts import amount, amount_or_none
from connectors.stripe.balance import balance_transaction
from connectors.stripe.documents import credit_note, invoice
from connectors.stripe.movements import charge, dispute, payout, refund
from connectors.stripe.records import Account, Facts, gone, metadata, refuse_other_mode
from receivables.facts import (
    Contact,
    Customer,
    PaymentLink,
)


@dataclass(frozen=True, slots=True)
class Stream:
    """A list of Stripe and what its records become.

    `permission` is the line of Stripe's key page that must say Read. `dated`: the list can be cut by `created`.
    """

    path: str
    kind: str
    permission: str
    translate: Callable[[Record, Account], Facts]
    expand: tuple[str, ...] = field(default=())
    dated: bool = True

    def facts(self, row: Record, account: Account) -> Facts:
        if row.get("deleted") is True:
            return (gone(account.connection, self.kind, identifier(row, "id")),)
        refuse_other_mode(row, account)
        return self.translate(row, account)


def customer(row: Record, account: Account) -> Facts:
    address = record(row, "address")
    code = currency(row, "currency") if row.get("currency") else ""
    balance = amount_or_none(row, "balance", code) if code else None
    name = text(row, "name") or text(row, "description")
    email, phone = text(row, "email"), text(row, "phone")
    languages = row.get("preferred_locales")
    parts = ("line1", "line2", "city", "state", "postal_code", "country")
    return (
        Customer(
            connection=account.connection,
            id=identifier(row, "id"),
            name=name,
            contacts=(Contact(email=email, name=name, phone=phone, primary=True),) if email or phone else (),
            country=country_code(text(address, "country")),
            postal_code=text(address, "postal_code"),
            address=", ".join(part for one in parts if (part := text(address, one))),
            language=str(languages[0]) if isinstance(languages, list) and languages else "",
            currency=code,
            balance=balance,
            metadata=metadata(row),
        ),
    )


def payment_link(row: Record, account: Account) -> Facts:
    """Links that owed made; those of others are the business's own affair."""
    ours = metadata(row)
    if "owed_invoice" not in ours:
        return ()
    code = currency(row, "currency") if row.get("currency") else ours.get("owed_currency", "").upper()
    items = records(record(row, "line_items"), "data")
    total = sum(amount(item, "amount_total", code) for item in items) if items else _stated(ours)
    return (
        PaymentLink(
            connection=account.connection,
            id=identifier(row, "id"),
            url=text(row, "url"),
            active=flag(row, "active"),
            currency=code,
            amount=total,
            invoice=ours["owed_invoice"],
        ),
    )


def _stated(metadata: dict[str, str]) -> int:
    found = metadata.get("owed_amount", "")
    if not (found.isascii() and found.isdigit()):
        raise Unreadable("line_items are missing and metadata owed_amount states no amount")
    return int(found)


#: In the order in which they are pulled. Payouts first tell which balance transactions they are made of.
STREAMS: dict[str, Stream] = {
    "customers": Stream("/v1/customers", "customer", "Customers", customer),
    "invoices": Stream("/v1/invoices", "invoice", "Invoices", invoice, ("payments",)),
    "credit_notes": Stream("/v1/credit_notes", "credit_note", "Credit notes", credit_note),
    "payments": Stream("/v1/charges", "payment", "Charges", charge, ("balance_transaction",)),
    "refunds": Stream("/v1/refunds", "refund", "Refunds", refund),
    "chargebacks": Stream("/v1/disputes", "chargeback", "Disputes", dispute),
    "payouts": Stream("/v1/payouts", "payout", "Payouts", payout),
    "balance_transactions": Stream(
        "/v1/balance_transactions", "balance_transaction", "Balance transactions", balance_transaction
    ),
    "payment_links": Stream(
        "/v1/payment_links", "payment_link", "Payment Links", payment_link, ("line_items",), dated=False
    ),
}
