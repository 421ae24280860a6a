"""Open items: debts as they may be chased, after reconciliation. What rules look at."""

import datetime as dt
import re
from collections.abc import Iterable
from functools import lru_cache

import msgspec

from receivables.facts import Customer, Invoice, PaymentLink
from receivables.local_facts import BlockedAddress, Dispute, Hold, LocalFact, OptOut, PaymentPlan, Promise, Release
from receivables.money import Money
from receivables.refs import Ref

#: One plain address: no display name, no spaces, no control characters.
_ADDRESS = re.compile(r"[^\s@,;<>\"\x00-\x1f\x7f]+@[^\s@,;<>\"\x00-\x1f\x7f]+\.[^\s@,;<>\"\x00-\x1f\x7f.]+")


@lru_cache(maxsize=65536)
def addresses_in(text: str) -> tuple[str, ...]:
    """The e-mail addresses in a field where a platform keeps one or several, parted by commas or semicolons."""
    parts = (part.strip() for part in re.split(r"[,;]", text))
    return tuple(part for part in parts if _ADDRESS.fullmatch(part))


class Blocker(msgspec.Struct, frozen=True):
    """Why reconciliation says that this must not be demanded now, such as a payment that may belong to it."""

    code: str
    text: str
    until_on: dt.date | None = None


class Receipt(msgspec.Struct, frozen=True):
    """Money that came in for an invoice, in minor units of the invoice's currency. `id` is the payment's."""

    id: str
    on: dt.date
    amount: int


class PayingHabit(msgspec.Struct, frozen=True):
    """How a debtor paid before: over `paid` invoices settled in the last two years, on average so many days after
    the due date; negative is early."""

    paid: int
    average_days_late: int


class OpenItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One debt, counted once: the document that owns the balance, and what already reduces it.

    All amounts are minor units of the invoice's currency. `debtor` is the key of the group of customers who are
    one and the same debtor; `mirrors` are the same document in other systems.
    """

    invoice: Invoice
    platform: str
    debtor: str
    customer: Customer | None = None
    mirrors: tuple[Ref, ...] = ()
    #: Received elsewhere and matched to this invoice, not yet in the books.
    matched: int = 0
    #: This invoice's share of the debtor's unapplied cash and credit.
    unapplied: int = 0
    #: On its way: pending bank debits, completed link sessions that are not yet settled.
    in_flight: int = 0
    link: PaymentLink | None = None
    dispute: Dispute | None = None
    #: The newest dispute that was settled.
    resolved: Dispute | None = None
    promise: Promise | None = None
    hold: Hold | None = None
    plan: PaymentPlan | None = None
    #: The newest payment recorded for this invoice.
    receipt: Receipt | None = None
    habit: PayingHabit | None = None
    opt_outs: tuple[OptOut, ...] = ()
    release: Release | None = None
    #: The owner confirmed that the invoice was sent by other means.
    sent_elsewhere: bool = False
    blockers: tuple[Blocker, ...] = ()
    #: Addresses that cannot be reached, of whomever, in small letters.
    blocked: dict[str, BlockedAddress] = {}
    #: When the facts behind this item were last read from the platform.
    read_at: dt.datetime | None = None

    @property
    def demandable(self) -> int:
        """Never demand more than open − unapplied credit − money received or in flight."""
        due = self.invoice.open - self.matched - self.unapplied - self.in_flight
        return due if due > 0 else 0  # noqa: FURB136  # max() takes longer, and conditions ask this a million times

    @property
    def demand(self) -> Money:
        return Money(self.demandable, self.invoice.currency)

    @property
    def known_addresses(self) -> tuple[str, ...]:
        """Every e-mail address known for this debt, each once: the invoice's own first, then the customer's."""
        contacts = self.customer.contacts if self.customer else ()
        found: dict[str, str] = {}
        for field in (self.invoice.email, self.invoice.copied, *[contact.email for contact in contacts]):
            for address in addresses_in(field) if field else ():
                found.setdefault(address.casefold(), address)
        return tuple(found.values())

    @property
    def addresses(self) -> tuple[str, ...]:
        """The known addresses that may be written to: those that bounced are left out."""
        known = self.known_addresses
        return tuple(one for one in known if one.casefold() not in self.blocked) if self.blocked else known

    @property
    def bounced(self) -> tuple[BlockedAddress, ...]:
        """Of the known addresses, those that cannot be reached."""
        keys = [address.casefold() for address in self.known_addresses] if self.blocked else []
        return tuple(self.blocked[key] for key in keys if key in self.blocked)

    def days_past_due(self, on: dt.date) -> int | None:
        """Negative before the due day, 0 on it; None without a due date."""
        return None if self.invoice.due_on is None else (on - self.invoice.due_on).days


def blocked_addresses(facts: Iterable[LocalFact]) -> dict[str, BlockedAddress]:
    """Of what people and the mailbox stated, the addresses that are blocked now, by address."""
    return {fact.address: fact for fact in facts if isinstance(fact, BlockedAddress) and fact.lifted_at is None}
