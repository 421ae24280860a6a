"""What a QuickBooks payment settles, and with which money. Pure.

A Payment's lines hold invoices that are settled and credits that are used, each with its amount; the cash of the
payment fills the difference. Invoice.LinkedTxn has no amounts, so this is the only place that tells them.
"""

import datetime as dt
from collections import deque
from typing import Literal

from connectors.fields import Record, amount, code_or_number, day, records, text
from receivables.facts import Allocation

Source = tuple[Literal["payment", "credit_note", "other"], str]


def allocations(row: Record, currency: str, cash: int) -> tuple[Allocation, ...]:
    """`cash` is the part of the payment's own money that was applied, in minor units.

    Credits are used up before cash, in the order of the lines. A journal entry among the lines may stand on either
    side; it counts as a credit when the invoices take more than cash and credit memos give.
    """
    settled, given, entries = _sides(row, currency)
    missing = sum(need for _, need in settled) - cash - sum(have for _, have in given)
    for source, have in entries:
        if missing > 0:
            given.append((source, min(have, missing)))
            missing -= have
    pot = deque([*given, (("payment", code_or_number(row, "Id")), max(cash, 0))])
    return tuple(_shares(settled, pot, day(row, "TxnDate")))


def _sides(
    row: Record, currency: str
) -> tuple[list[tuple[str, int]], list[tuple[Source, int]], list[tuple[Source, int]]]:
    """Invoices settled, credit memos used, journal entries."""
    settled: list[tuple[str, int]] = []
    given: list[tuple[Source, int]] = []
    entries: list[tuple[Source, int]] = []
    for line in records(row, "Line"):
        for link in records(line, "LinkedTxn")[:1]:
            kind, identifier = text(link, "TxnType"), code_or_number(link, "TxnId")
            minor = amount(line, "Amount", currency)
            if kind == "Invoice":
                settled.append((identifier, minor))
            elif kind == "CreditMemo":
                given.append((("credit_note", identifier), minor))
            elif kind == "JournalEntry":
                entries.append((("other", identifier), minor))
    return settled, given, entries


def _shares(settled: list[tuple[str, int]], pot: deque[tuple[Source, int]], on: dt.date | None) -> list[Allocation]:
    shares: list[Allocation] = []
    for invoice_id, need in settled:
        left = need
        while left > 0 and pot:
            (kind, identifier), have = pot.popleft()
            used = min(have, left)
            if used > 0:
                shares.append(Allocation(kind, identifier, invoice_id, used, on))
            if have > used:
                pot.appendleft(((kind, identifier), have - used))
            left -= used
    return shares
