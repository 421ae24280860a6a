"""What reconciliation concludes."""

from dataclasses import dataclass, field
from typing import Literal

import msgspec

from receivables.breaks import Break
from receivables.open_items import OpenItem
from receivables.refs import Ref

#: certain: may be posted unasked. auto: holds reminders, a person may look. propose: a person decides.
Band = Literal["certain", "auto", "propose"]


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """`amount` of a payment belongs to an invoice; minor units of the invoice's currency. `evidence` says why."""

    payment: Ref
    invoice: Ref
    amount: int
    band: Band
    matcher: str
    evidence: str
    #: The money is still on its way (a bank debit that may fail).
    pending: bool = False


class Sighting(msgspec.Struct, frozen=True):
    """One money seen twice: at the processor or the bank, and in the books. `amount` of it is booked, in minor units."""

    payment: Ref
    in_books: Ref
    evidence: str
    amount: int = 0


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """`items` are all debts, each counted once. `debtors` maps a customer's reference to its debtor's key."""

    items: tuple[OpenItem, ...]
    matches: tuple[Match, ...]
    sightings: tuple[Sighting, ...]
    mirrors: dict[Ref, Ref]
    breaks: tuple[Break, ...]
    debtors: dict[Ref, str]
    #: Payments that settle invoices by the platforms' own word.
    settled_by_platform: int = 0
    unmatched: tuple[Ref, ...] = field(default=())
    #: Lines of bank statements that the books have already, or that are a processor's payouts.
    banked: tuple[Sighting, ...] = ()
