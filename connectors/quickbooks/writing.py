"""What every write needs: our key in both its forms, figures as JSON numbers, and finding again what was made.

Every write carries our key twice: as `requestid`, which Intuit replays for a while, and as a short tag inside the
record, which can be looked for at any later time.
"""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

from connectors.errors import Conflict, NotFound, Refused, Uncertain
from connectors.fields import Record, Unreadable, decode_record, identifier, record, text
from connectors.protocol import Receipt
from connectors.quickbooks.client import QuickBooksClient, quoted
from connectors.quickbooks.identity import is_id
from connectors.quickbooks.sweeps import Query, sweep
from connectors.transport import Answer, as_float, written
from receivables.money import Money

#: Longest requestid (Intuit's limit).
_REQUEST_ID_LENGTH = 50


def request_id(key: str, *step: str) -> str:
    """At most 50 characters; the same for the same key and step, and another for every other.

    A write to a record names the record's SyncToken as its step: Intuit repeats a refusal of a stale token for ever.
    """
    whole = "~".join((key, *step))
    return whole if len(whole) <= _REQUEST_ID_LENGTH else hashlib.sha256(whole.encode()).hexdigest()[:48]


def tag(key: str) -> str:
    """Short enough for a reference, and not found in anybody else's text."""
    return "owed-" + hashlib.sha256(key.encode()).hexdigest()[:12]


def figure(amount: Money) -> float:
    return as_float(amount.decimal)


def linked(amount: Money, identifier: str, kind: str) -> dict[str, Any]:
    """A line of a payment."""
    return {"Amount": figure(amount), "LinkedTxn": [{"TxnId": identifier, "TxnType": kind}]}


def sold(amount: Money, description: str, item: str, tax_code: str, *, with_tax: bool) -> dict[str, Any]:
    """Lines of a sales document. `with_tax` says that the tax of `tax_code` is in the amount already.

    Companies in the United States know only TAX and NON, and no way of calculation. The item is the company's first
    one where none is named, as QuickBooks does it.
    """
    detail: dict[str, Any] = {"Qty": 1, "UnitPrice": figure(amount)}
    detail |= {"ItemRef": {"value": item}} if item else {}
    detail |= {"TaxCodeRef": {"value": tax_code}} if tax_code else {}
    detail |= {"TaxInclusiveAmt": figure(amount)} if tax_code and with_tax else {}
    line = {"Amount": figure(amount), "Description": description, "DetailType": "SalesItemLineDetail"}
    return {"Line": [line | {"SalesItemLineDetail": detail}]} | calculation(tax_code, with_tax=with_tax)


def calculation(tax_code: str, *, with_tax: bool) -> dict[str, str]:
    if tax_code in {"", "TAX", "NON"}:
        return {}
    return {"GlobalTaxCalculation": "TaxInclusive" if with_tax else "TaxExcluded"}


def made(answer: Answer, entity: str) -> Record:
    """The record in the answer to a write. An accepted write whose answer names nothing may still have happened."""
    found = record(written(answer, entity), entity)
    if not found.get("Id"):
        raise Uncertain(f"QuickBooks accepted, but its answer holds no {entity}")
    return found


def receipt(found: Record, **detail: str) -> Receipt:
    return Receipt(identifier(found, "Id"), detail=detail)


def fresh(client: QuickBooksClient, entity: str, name: str, **parameters: str) -> Record:
    """The record as it is now, with the SyncToken that a write to it must name. Raises NotFound."""
    if not is_id(name):
        raise NotFound(f"there is no {entity} {name!r}")
    return record(client.get(f"{entity.lower()}/{name}", **parameters), entity)


def search(client: QuickBooksClient, entity: str, **equal: str) -> Iterator[Record]:
    """Records with these properties, which the entity must be able to be filtered by."""
    where = " AND ".join(f"{name} = {quoted(value)}" for name, value in equal.items())
    for swept in sweep(client, Query(entity, where=where)):
        yield from map(decode_record, swept.raws)


def tagged(found: Iterator[Record], key: str, field: str = "PrivateNote") -> Record | None:
    mark = tag(key)
    for row in found:
        try:
            if mark in text(row, field):
                return row
        except Unreadable:
            continue
    return None


def require(value: str, what: str) -> str:
    if not value:
        raise Refused(f"QuickBooks wants {what}", code="incomplete")
    return value


def update(
    client: QuickBooksClient, entity: str, name: str, key: str, change: Callable[[Record], Record | None], **how: str
) -> Record:
    """Write `change` of the record as it is now; None from it means that there is nothing to do.

    When somebody else was faster, it is read and judged once more; the second time Conflict is raised.
    """
    for conflict_ends in (False, True):
        found = fresh(client, entity, name)
        body = change(found)
        if body is None:
            return found
        token = identifier(found, "SyncToken")
        whole = {"Id": name, "SyncToken": token, "sparse": True} | body
        try:
            return made(client.post(entity.lower(), whole, request_id(key, token), **how), entity)
        except Conflict:
            if conflict_ends:
                raise
    raise AssertionError("unreachable")
