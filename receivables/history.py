"""What was said to whom: every message of ours that left, is about to leave, or may have left."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from typing import Literal

import msgspec

from receivables.decisions import REACHING, Alongside

#: sent and uncertain count as contact; planned, approved and sending are promises to contact; refused was taken back
#: by a person, for good; the rest never left.
ContactState = Literal[
    "planned", "approved", "sending", "sent", "uncertain", "needs_human", "failed", "cancelled", "refused"
]

_COUNTS: frozenset[str] = frozenset({"sending", "sent", "uncertain", "needs_human"})
_PENDING: frozenset[str] = frozenset({"planned", "approved"})


class Contacted(msgspec.Struct, frozen=True, kw_only=True):
    """One message. `invoices` are str() of references; `at` is when it left, or when it was planned."""

    key: str
    debtor: str
    invoices: tuple[str, ...]
    policy: str
    step: str
    stage: int
    channel: str
    state: ContactState
    at: dt.datetime
    #: As in the decision: invoices of this message that were at an earlier step of their own.
    alongside: tuple[Alongside, ...] = ()
    #: As in the decision.
    action: str = "remind"
    occasion: str = ""

    def step_of(self, invoice: str) -> tuple[str, int]:
        """The step and the stage at which this message counts for one of its invoices."""
        for own in self.alongside:
            if own.invoice == invoice:
                return own.step, own.stage
        return self.step, self.stage

    @property
    def counts(self) -> bool:
        """It reached the debtor, or may have."""
        return self.state in _COUNTS

    @property
    def taken(self) -> bool:
        """The step is behind us: it reached the debtor, or may have, or a person decided that it shall not."""
        return self.state in _COUNTS or self.state == "refused"

    @property
    def reaches(self) -> bool:
        """The debtor notices it; a note in the books or an alert to the owner is none of its business."""
        return self.action in REACHING

    @property
    def pending(self) -> bool:
        return self.state in _PENDING


class History:
    """Messages by invoice and by debtor, oldest first."""

    def __init__(self, contacts: Iterable[Contacted] = ()) -> None:
        self.contacts = sorted(contacts, key=lambda contact: (contact.at, contact.key))
        self._by_invoice: dict[str, list[Contacted]] = defaultdict(list)
        self._by_debtor: dict[str, list[Contacted]] = defaultdict(list)
        for contact in self.contacts:
            self._by_debtor[contact.debtor].append(contact)
            for invoice in contact.invoices:
                self._by_invoice[invoice].append(contact)

    def about(self, invoice: str) -> list[Contacted]:
        return self._by_invoice.get(invoice, [])

    def with_debtor(self, debtor: str) -> list[Contacted]:
        return self._by_debtor.get(debtor, [])
