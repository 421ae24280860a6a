"""How one connection is doing: its consent, its metered calls, and whether its webhooks still come."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from connectors.errors import ConnectorError
from receivables.business import WRITE_ONLY
from store import allowances, standings
from store.connections import Known
from store.engine import StoreError, Transaction
from sync.installation import Installation
from sync.limits import windows_of
from sync.tokens import StoredTokens

#: A grant that ends sooner than this is worth a word: only a person can renew it.
_SOON = dt.timedelta(days=14)
#: Platforms try for a day or longer; when something changed this long ago and nobody told us, nobody will.
_SILENCE = dt.timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Metered:
    """Calls spent in a window that is long enough to be budgeted: a day, or a month."""

    window: str
    used: int
    limit: int


@dataclass(frozen=True, slots=True)
class ConnectionStatus:
    """One connection. `consent_ends_at` is None where it does not end, or where the platform does not say. `locked` says
    why credentials that are there cannot be opened.

    `silent_since` is set when webhooks used to come, and changes have been found since that none of them told."""

    known: Known
    connected: bool
    metered: tuple[Metered, ...] = ()
    access_ends_at: dt.datetime | None = None
    consent_ends_at: dt.datetime | None = None
    silent_since: dt.datetime | None = None
    locked: str = ""

    @property
    def state(self) -> str:
        if self.locked:
            return "locked"
        return self.known.state if self.connected else "not connected"

    def next_step(self, now: dt.datetime) -> str:
        """The command that brings it on, or ""."""
        name, ends = self.known.name, self.consent_ends_at
        if self.locked:
            return f"owed connect {name}    ({self.locked})"
        if not self.connected or self.known.state == "reconnect":
            return f"owed connect {name}"
        if ends and ends - now < _SOON:
            return f"owed connect {name}    (its consent ends on {ends:%Y-%m-%d})"
        if self.known.synced_at is None and self.known.platform not in WRITE_ONLY:
            return f"owed sync {name}"
        if self.silent_since:
            return f"look at the webhook subscription of {name}: silent since {self.silent_since:%Y-%m-%d %H:%M} UTC"
        return ""

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.known.name,
            "platform": self.known.platform,
            "state": self.known.state,
            "problem": self.known.problem,
            "synced_at": self.known.synced_at,
            "verified_at": self.known.verified_at,
            "connected": self.connected,
            "calls": {one.window: {"used": one.used, "limit": one.limit} for one in self.metered},
            "access_ends_at": self.access_ends_at,
            "consent_ends_at": self.consent_ends_at,
            "webhook_at": self.known.hinted_at,
            "webhooks_silent_since": self.silent_since,
        }


def look_at(tx: Transaction, installation: Installation, known: Known) -> ConnectionStatus:
    """Reads the store alone; asks no platform."""
    endpoint = installation.endpoints[known.name]
    grant = endpoint.grant or known.name
    tokens = StoredTokens(installation.store, installation.vault, grant, installation.wall, installation.processes)
    metered = tuple(_metered(tx, installation, known.name))
    try:
        held = tokens.load()
    except ConnectorError:
        return ConnectionStatus(known, connected=False, metered=metered)
    except StoreError as error:
        return ConnectionStatus(known, connected=False, metered=metered, locked=str(error))
    return ConnectionStatus(
        known,
        connected=True,
        metered=metered,
        access_ends_at=held.access_expires_at,
        consent_ends_at=held.refresh_expires_at,
        silent_since=_silent_since(tx, known),
    )


def _metered(tx: Transaction, installation: Installation, name: str) -> list[Metered]:
    endpoint = installation.endpoints[name]
    long = [window for window in windows_of(endpoint.platform, endpoint.options) if window.is_metered]
    return [
        Metered(
            window.name, allowances.used(tx, f"{name}/{window.name}", window.ends, installation.wall()), window.calls
        )
        for window in long
    ]


def _silent_since(tx: Transaction, known: Known) -> dt.datetime | None:
    if known.hinted_at is None:
        return None
    learned = standings.last_learned_at(tx, "invoice", known.name)
    return known.hinted_at if learned and learned - known.hinted_at > _SILENCE else None
