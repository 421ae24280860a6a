"""The one protocol that every connector is written against. `pull` and `check` read; `push` is the only write."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, Protocol

import msgspec

from connectors.manifest import Manifest
from receivables.commands import AnyCommand
from receivables.facts import Fact, Invoice
from receivables.problems import Problem
from receivables.refs import Ref

#: Aware, UTC. The shell passes the clock in, so that tests and look-backs can move it.
Clock = Callable[[], dt.datetime]


@dataclass(frozen=True, slots=True)
class Row:
    """One record as received, and what it says. A row that cannot be read has a problem and no facts; its raw stays."""

    raw: bytes
    facts: tuple[Fact, ...] = ()
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of a platform. Saved together with `cursor` in one transaction, so that a crash repeats a page at most.

    `cursor` is opaque to everyone but the connector that made it. `complete` on the last page of a full sweep that
    began and ended in this one pull: what it did not show, of the kind that this stream tells, no longer exists
    (where several streams tell one kind, once all of them have said so).
    """

    stream: str
    rows: Sequence[Row]
    cursor: str
    last: bool = True
    complete: bool = False
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Health:
    """The answer to `check`: who we are connected to, and what stands in the way."""

    account: str = ""
    name: str = ""
    currency: str = ""
    timezone: str = ""
    problems: tuple[Problem, ...] = ()
    #: (account, name) of each company that the grant covers, while none of them has been chosen.
    choices: tuple[tuple[str, str], ...] = ()
    #: The platform's own automatic reminders, where it can be asked.
    reminds_by_itself: bool | None = None
    #: Writes dated on or before this day are refused; None where no period is closed, or the platform does not say.
    locked_until: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A PDF that goes with a message. `name` is a safe file name in ASCII."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Intent:
    """One outbox row, for a write and for its read-back.

    `before` is what `prepare` saw just before the first try (a DeliveryTime, the newest history entries): `find`
    compares with it. `key` is the idempotency key, the same for every try with the same bytes.
    """

    key: str
    command: AnyCommand
    before: dict[str, str] = field(default_factory=dict)
    started_at: dt.datetime | None = None
    #: What the command's `attach` names, as read for this try.
    files: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """The write happened. `reference` is the platform's id of what it made; `facts` are what its answer tells."""

    reference: str = ""
    url: str = ""
    detail: dict[str, str] = field(default_factory=dict)
    facts: tuple[Fact, ...] = ()


#: find's other answers: it surely did not happen; it cannot be told.
Finding = Receipt | Literal["absent", "unknown"]


@dataclass(frozen=True, slots=True)
class Checked:
    """One invoice as re-read just before a send. `in_flight` is in minor units: pending debits, completed link
    sessions whose payment is not settled. `invoice` is None when it no longer exists."""

    invoice: Invoice | None
    in_flight: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """One line of a census. `version` and `open` (minor units) are None where the platform does not tell them there."""

    id: str
    version: str | None = None
    open: int | None = None


class Tokens(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Credentials of one grant. Expiry instants are aware, UTC. Never logged; stored encrypted."""

    access_token: str = ""
    refresh_token: str = ""
    access_expires_at: dt.datetime | None = None
    refresh_expires_at: dt.datetime | None = None
    client_id: str = ""
    client_secret: str = ""
    api_key: str = ""
    username: str = ""
    password: str = ""
    extra: dict[str, str] = {}


class TokenStore(Protocol):
    """Where a connection's credentials live; the store and the tests fulfil it."""

    def load(self) -> Tokens:
        """The current credentials; raises Unauthorised when there are none."""

    def renew(self, stale: Tokens, refresh: Callable[[Tokens], Tokens]) -> Tokens:
        """Replace `stale` by what `refresh` returns, one caller at a time.

        Another caller's fresh tokens are returned without calling `refresh`. The new tokens are stored before this
        returns. `refresh` does HTTP, so no transaction is open while it runs. Raises what `refresh` raises.
        """


class Limiter(Protocol):
    """Spends calls against a platform's limits, shared by everyone who talks to the same tenant."""

    def spend(self, calls: int = 1, *, write: bool = False) -> None:
        """Wait a little, or raise Throttled when the wait would be longer than a minute. Some meter only reading."""

    def pause(self, until: dt.datetime, reason: str) -> None:
        """The platform said: not before `until`. Everyone's next spend honours it."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A [[connection]] of owed.toml as a connector needs it. Empty URLs mean the vendor's own."""

    name: str
    platform: str
    account: str = ""
    #: The connection whose credentials are used: one consent at Xero may cover several organisations. "": its own.
    grant: str = ""
    api_base: str = ""
    token_url: str = ""
    authorize_url: str = ""
    revoke_url: str = ""
    #: (connect, read) in seconds, on every call.
    timeout: tuple[float, float] = (5.0, 20.0)
    options: dict[str, str] = field(default_factory=dict)


class Connector(Protocol):
    """Raises only ConnectorError and its subclasses."""

    manifest: Manifest

    def check(self) -> Health:
        """Is the connection usable, and who is at the other end?"""

    def pull(self, stream: str, cursor: str) -> Iterator[Page]:
        """Everything of `stream` that changed since `cursor` ("" = everything). Save each page before the next is asked for."""

    def census(self, stream: str) -> Iterator[Sequence[Standing]]:
        """The ids and balances of what a stream holds now, page by page, in the fewest calls and bytes.

        The manifest says of which streams, and whether of all records or only of those that can still change.
        Raises Unsupported.
        """

    def reread(self, stream: str, ids: Sequence[str]) -> Iterator[Page]:
        """These records as they are now, in the fewest calls; one that no longer exists is told by `Gone`.

        The pages have no cursor: they are no part of a pull.
        """

    def read_pdf(self, invoice_id: str) -> bytes:
        """The invoice as its customer gets it. Raises NotFound, and Unsupported where there is none."""

    def aged_receivables(self, customer_id: str) -> Mapping[str, Decimal]:
        """What the platform's own report says is due now, by the invoice's id. One call; raises Unsupported."""

    def read_invoices(self, ids: Sequence[str]) -> dict[str, Checked]:
        """The newest state of these invoices, in as few calls as the platform allows. One that was shown but cannot
        be understood is left out: it is neither gone nor known."""

    def prepare(self, command: AnyCommand) -> dict[str, str]:
        """What `find` will need to compare with, read just before the first try; {} where it needs nothing."""

    def push(self, intent: Intent) -> Receipt:
        """Carry the command out, once. Never retried here: the outbox decides."""

    def find(self, intent: Intent) -> Finding:
        """Did this write happen? Reads only."""

    def invoice_url(self, ref: Ref) -> str:
        """The platform's own pay page of an invoice, or "" where online payment is not enabled on it."""
