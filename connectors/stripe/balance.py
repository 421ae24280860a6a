"""Movements of the balance that Stripe holds for the business, in the currency of settlement. Pure."""

from connectors.fields import Record, Unreadable, currency, identifier, text
from connectors.stripe.amounts import amount
from connectors.stripe.records import Account, Facts, day, instant, reference
from receivables.facts import BalanceTransaction


def balance_transaction(row: Record, account: Account) -> Facts:
    """`payout` is no field of Stripe's: the reader puts it there. available_on is midnight UTC of the day it names.

    `type` is open-ended and changes with Stripe's products; `reporting_category` is the steadier word.
    """
    code = currency(row, "currency")
    gross, fee, net = (amount(row, name, code) for name in ("amount", "fee", "net"))
    if net != gross - fee:
        raise Unreadable(f"net {net} is not amount {gross} less fee {fee}")
    available = instant(row, "available_on")
    rate = row.get("exchange_rate")
    return (
        BalanceTransaction(
            connection=account.connection,
            id=identifier(row, "id"),
            currency=code,
            amount=gross,
            fee=fee,
            net=net,
            category=text(row, "reporting_category") or text(row, "type"),
            source_id=reference(row, "source"),
            payout_id=text(row, "payout"),
            made_on=day(row, "created", account),
            available_on=available.date() if available else None,
            exchange_rate="" if rate is None else str(rate),
        ),
    )
