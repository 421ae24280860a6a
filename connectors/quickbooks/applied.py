"""What a QuickBooks payment settles, and with which money. Pure.

A Payment's lines hold invoices that are settled and credits that are used, each with its amount; the cash of the
payment fills the difference. Invoice.LinkedTxn has no amounts, so this is the only place that tells them.
"""

import datetime as dt
from collections import deque
from itertools import combinations
from typing import Literal

from connectors.fields import Record, amount, code_or_number, day, records, text
from receivables.facts import Allocation

#: More entries than these in one payment are not told apart.
_MOST_ENTRIES = 12

Source = tuple[Literal["payment", "credit_note", "other"], str]


def allocations(row: Record, currency: str, cash: int) -> tuple[Allocation, ...]:
    """`cash` is the part of the payment's own money that was applied, in minor units.

    Credits are used up before cash, in the order of the lines. A journal entry among the lines may stand on either
    side: see `journals`.
    """
    settled, given, entries = _sides(row, currency)
    credits_, owed = _split(entries, _missing(settled, given, cash))
    settled += [("", need) for _, need in owed]
    pot = deque([*given, *credits_, (("payment", code_or_number(row, "Id")), max(cash, 0))])
    return tuple(_shares(settled, pot, day(row, "TxnDate")))


def journals(row: Record, currency: str, cash: int) -> tuple[tuple[str, int], ...]:
    """(journal entry, minor units) of the debts by journal that a payment settles."""
    settled, given, entries = _sides(row, currency)
    return tuple((identifier, need) for (_, identifier), need in _split(entries, _missing(settled, given, cash))[1])


def _missing(settled: list[tuple[str, int]], given: list[tuple[Source, int]], cash: int) -> int:
    """What cash and credit memos do not give of what the invoices take; below zero they give more."""
    return sum(need for _, need in settled) - cash - sum(have for _, have in given)


def _split(
    entries: list[tuple[Source, int]], missing: int
) -> tuple[list[tuple[Source, int]], list[tuple[Source, int]]]:
    """Journal entries that give, and those that take: as both sides of the payment come out even, with as few that give
    as that needs. Where they cannot, entries give as long as something is missing, and the others say nothing."""
    total = sum(amount for _, amount in entries)
    for count in range(len(entries) + 1 if len(entries) <= _MOST_ENTRIES else 0):
        for chosen in combinations(range(len(entries)), count):
            if 2 * sum(entries[place][1] for place in chosen) - total == missing:
                taking = [entry for place, entry in enumerate(entries) if place not in chosen]
                return [entries[place] for place in chosen], taking
    giving: list[tuple[Source, int]] = []
    for source, have in entries:
        if missing > 0:
            giving.append((source, min(have, missing)))
            missing -= have
    return giving, []


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
            if used > 0 and invoice_id:
                shares.append(Allocation(kind, identifier, invoice_id, used, on))
            if have > used:
                pot.appendleft(((kind, identifier), have - used))
            left -= used
    return shares
