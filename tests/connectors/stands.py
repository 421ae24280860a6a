"""Stand-ins for what the store gives to a connector, and endpoints that point to loopback."""

import datetime as dt
from collections.abc import Callable

from connectors.errors import Throttled, Unauthorised
from connectors.protocol import Endpoint, Tokens

NOW = dt.datetime(2026, 3, 2, 12, 0, tzinfo=dt.UTC)


def now() -> dt.datetime:
    return NOW


class HeldTokens:
    """A TokenStore in memory that remembers every stored grant."""

    def __init__(self, tokens: Tokens | None) -> None:
        self.tokens = tokens
        self.stored: list[Tokens] = []

    def load(self) -> Tokens:
        if self.tokens is None:
            raise Unauthorised("not connected: reconnect")
        return self.tokens

    def renew(self, stale: Tokens, refresh: Callable[[Tokens], Tokens]) -> Tokens:
        if self.tokens is not None and self.tokens.access_token != stale.access_token:
            return self.tokens
        self.tokens = refresh(stale)
        self.stored.append(self.tokens)
        return self.tokens


class CountingLimiter:
    """A Limiter that never waits, and says no once a pause was asked for when `strict`."""

    def __init__(self, strict: bool = False) -> None:
        self.calls = 0
        self.pauses: list[tuple[dt.datetime, str]] = []
        self._strict = strict

    def spend(self, calls: int = 1, *, write: bool = False) -> None:  # noqa: ARG002 - the protocol's argument
        if self._strict and self.pauses:
            raise Throttled("paused", retry_at=self.pauses[-1][0])
        self.calls += calls

    def pause(self, until: dt.datetime, reason: str) -> None:
        self.pauses.append((until, reason))


def oauth_tokens(access: str = "access-1", refresh: str = "refresh-1") -> Tokens:
    return Tokens(access_token=access, refresh_token=refresh, client_id="client", client_secret="secret")


def endpoint(platform: str, url: str, account: str = "acct-1", timeout: tuple[float, float] = (2.0, 5.0)) -> Endpoint:
    return Endpoint(
        name="books",
        platform=platform,
        account=account,
        api_base=url,
        token_url=f"{url}/token",
        authorize_url=f"{url}/authorize",
        revoke_url=f"{url}/revoke",
        timeout=timeout,
        options={"connections_url": f"{url}/connections"},
    )
