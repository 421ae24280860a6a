"""Everything a task needs to know about one organisation, put together once by the composition root."""

import datetime as dt
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from connectors.email.imap import MailboxAccount
from connectors.protocol import Clock, Connector, Endpoint, Limiter, TokenStore
from outreach.catalog import Catalog
from outreach.compose import Sender
from receivables.business import Business
from receivables.facts import Contact
from receivables.money import Money
from reconciliation.policy import MatchPolicy
from rules.schema import Rulebook
from store.credentials import Vault
from store.engine import Store

SendingMode = Literal["off", "redirect", "live"]


class Opener(Protocol):
    """How connectors are made; `connectors.registry.open_connector` fulfils it."""

    def __call__(self, endpoint: Endpoint, tokens: TokenStore, limiter: Limiter, clock: Clock) -> Connector: ...


@dataclass(frozen=True, slots=True)
class Sending:
    """The [sending] table. `redirect_to` gets our own mail in redirect mode."""

    mode: SendingMode = "off"
    redirect_to: str = ""
    #: Where the business's own people are told of what concerns them; empty: they are not.
    notify: str = ""
    #: Messages of the worker leave on the next working morning, and the owner is told of them before.
    forewarn: bool = False
    #: A mail a day on how things stand.
    digest: bool = False
    #: Everyone who is told of each of our messages, openly; `copy_to` gets a copy of it that no recipient sees, as proof.
    cc: tuple[str, ...] = ()
    copy_to: str = ""
    #: Messages a day over all debtors, after the ramp.
    daily_cap: int = 200
    #: Messages on the first day after go-live; doubled every day until the cap.
    ramp_start: int = 10
    #: How long after an unanswered request its read-back can be trusted.
    settle: dt.timedelta = dt.timedelta(seconds=120)
    #: Leave a note on the invoice in the books for every reminder sent.
    note_in_books: bool = True
    #: Acts above this amount wait for `owed approve`, per currency of the amount.
    approval_above: Money | None = None

    @property
    def own_addresses(self) -> tuple[str, ...]:
        """Where the business's own people get mail of ours: what comes from there is no customer's answer."""
        return (self.redirect_to, self.notify, self.copy_to, *self.cc)


@dataclass(frozen=True, slots=True)
class FeePosting:
    """Into which expense account a processor's fees are recorded. `account`: what they are paid out of; "" is the
    clearing account of their currency."""

    expense_account: str
    tax_code: str
    account: str = ""


@dataclass(frozen=True, slots=True)
class BookSettings:
    """What the owner said about one connection that keeps books."""

    clearing_accounts: dict[str, str] = field(default_factory=dict)
    posted_by_others: bool | None = None
    reminds_by_itself: bool | None = None
    #: None: fees are left to the bookkeeper.
    post_fees: FeePosting | None = None


@dataclass(frozen=True, slots=True)
class Processes:
    """Who works here, and whether another worker still lives (None: cannot be told)."""

    name: str
    is_alive: Callable[[str], bool | None]


@dataclass(frozen=True, slots=True)
class Installation:
    """One organisation, ready to work. `clock` is owed's (it can be moved), `wall` is real time."""

    business: Business
    store: Store
    vault: Vault
    endpoints: dict[str, Endpoint]
    books: dict[str, BookSettings]
    sending: Sending
    sender: Sender
    rulebook: Rulebook
    clock: Clock
    wall: Clock
    processes: Processes
    open_connector: Opener
    #: How to wait for a limit, in seconds; whoever moves `wall` moves it with this.
    sleep: Callable[[float], None] = time.sleep
    match_policy: MatchPolicy = field(default_factory=MatchPolicy)
    #: The admin's own message templates over the built-in ones; None: the built-in ones.
    catalog: Catalog | None = None
    #: Where answers arrive; None: no mailbox is read.
    mailbox: MailboxAccount | None = None
    #: Persons whom the admin has named, by their customer's reference.
    contacts: Mapping[str, tuple[Contact, ...]] = field(default_factory=dict)

    def first_of(self, platform: str) -> str:
        """The name of the first connection to a platform, or ""."""
        return next((name for name, endpoint in self.endpoints.items() if endpoint.platform == platform), "")
