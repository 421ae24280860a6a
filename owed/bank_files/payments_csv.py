"""Payments as CSV: payment_id,date,amount,currency,payer_name,payer_account,reference,method."""

from owed.bank_files.rows import Rows
from receivables.problems import Problem
from reconciliation.matching.items import PaymentLine

REQUIRED = ("payment_id", "date", "amount", "currency")
OPTIONAL = ("payer_name", "payer_account", "reference", "method")


def read(text: str, name: str) -> tuple[list[PaymentLine], list[Problem]]:
    """`amount` is in minor units; below zero money went out."""
    rows, payments = Rows(text, name, REQUIRED, OPTIONAL), []
    for identifier, day, amount, currency, payer, account, reference, method in rows:
        payments.append(
            PaymentLine(
                rows.unique("payment_id", identifier),
                rows.day("date", day),
                rows.whole("amount", amount),
                rows.currency("currency", currency),
                rows.again(payer),
                rows.again(account),
                reference,
                rows.again(method),
            )
        )
    return payments, rows.problems
