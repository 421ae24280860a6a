"""OFX and QFX statements, by ofxtools."""

import io
from typing import Any

from ofxtools.Parser import OFXTree

from owed.bank_files.statements import Transaction, lines, unreadable
from receivables.problems import Problem
from reconciliation.matching.items import PaymentLine


def read(text: str, name: str) -> tuple[list[PaymentLine], list[Problem]]:
    tree = OFXTree()
    try:
        tree.parse(io.BytesIO(text.encode("utf-8", "replace")))
        statements = tree.convert().statements
    except Exception as error:
        return unreadable(name, "OFX", error)
    found = [_transaction(one, statement.curdef) for statement in statements for one in statement.transactions]
    return lines(name, found)


def _transaction(one: Any, currency: str) -> Transaction:
    """FITID is the bank's own id, unique within an account."""

    def told(field: str) -> str:
        value = getattr(one, field, None)
        return "" if value is None else str(value)

    posted, payee, account = (getattr(one, field, None) for field in ("dtposted", "payee", "bankacctto"))
    return Transaction(
        id=told("fitid"),
        booked_on=posted.date() if posted else None,
        amount=getattr(one, "trnamt", None),
        currency=_own_currency(one) or currency,
        payer_name=told("name") or (str(payee.name) if payee else ""),
        payer_account=str(account.acctid) if account else "",
        reference=" ".join(filter(None, (told("memo"), told("refnum"), told("checknum")))),
        method=told("trntype").lower(),
    )


def _own_currency(one: Any) -> str:
    found = getattr(one, "currency", None)
    return str(found.cursym) if found else ""
