"""MT940 statements (SWIFT), by mt-940. Who paid stands in the free text of field 86, which each bank fills in its own way."""

import re
from typing import Any

import mt940

from owed.bank_files.statements import Transaction, lines, unreadable
from receivables.problems import Problem
from reconciliation.matching.items import PaymentLine

#: Slashed codes of field 86, as banks of the Netherlands and Belgium write them: /NAME/…/REMI/…
_CODES = re.compile(r"/(TRTP|IBAN|BIC|NAME|REMI|EREF|ORDP|BENM|MARF|CSID|ISDT|PREF)/")


def read(text: str, name: str) -> tuple[list[PaymentLine], list[Problem]]:
    try:
        found = [transaction.data for transaction in mt940.parse(text)]
    except Exception as error:
        return unreadable(name, "MT940", error)
    return lines(name, (_transaction(one) for one in found if one.get("amount") is not None))


def _transaction(one: dict[str, Any]) -> Transaction:
    def told(*fields: str) -> str:
        return next((str(value) for field in fields if (value := one.get(field))), "")

    coded = _coded(told("transaction_details"))
    amount = one["amount"]
    reference = coded.get("REMI") or told("purpose") or ("" if coded else told("transaction_details"))
    return Transaction(
        id=told("bank_reference"),
        booked_on=one.get("entry_date") or one.get("date"),
        amount=amount.amount,
        currency=amount.currency,
        payer_name=coded.get("NAME") or told("applicant_name"),
        payer_account=coded.get("IBAN") or told("applicant_iban", "applicant_bin"),
        reference=" ".join(
            filter(None, (reference, _customer_reference(told("customer_reference")), coded.get("EREF", "")))
        ),
        method=told("id").lower(),
    )


def _customer_reference(text: str) -> str:
    return "" if text == "NONREF" else text


def _coded(details: str) -> dict[str, str]:
    parts = _CODES.split(details.replace("\n", ""))
    return {code: value.strip(" /") for code, value in zip(parts[1::2], parts[2::2], strict=True)}
