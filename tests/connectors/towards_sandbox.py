"""Connectors that point to the look-alike platforms of sandbox/."""

from typing import Any

from connectors.protocol import Clock, Connector, Endpoint, Limiter, Tokens
from connectors.registry import open_connector
from tests.connectors.stands import CountingLimiter, HeldTokens

ACCOUNT = {"xero": "tenant_id", "quickbooks": "realm_id", "stripe": "account"}


def tokens_of(config: dict[str, Any], platform: str) -> HeldTokens:
    found = config[platform]
    if platform == "stripe":
        return HeldTokens(Tokens(api_key=found["api_key"]))
    names = ("access_token", "refresh_token", "client_id", "client_secret")
    return HeldTokens(Tokens(**{name: found[name] for name in names}))


def endpoint_of(config: dict[str, Any], platform: str) -> Endpoint:
    found = config[platform]
    options = {"connections_url": found["connections_url"]} if platform == "xero" else {}
    return Endpoint(
        name="books",
        platform=platform,
        account=found[ACCOUNT[platform]],
        api_base=found["api_base"],
        token_url=found.get("token_url", ""),
        authorize_url=found.get("authorize_url", ""),
        revoke_url=found.get("revoke_url", ""),
        timeout=(2.0, 20.0),
        options=options,
    )


def connect(
    config: dict[str, Any],
    platform: str,
    clock: Clock,
    tokens: HeldTokens | None = None,
    limiter: Limiter | None = None,
) -> Connector:
    held = tokens or tokens_of(config, platform)
    return open_connector(endpoint_of(config, platform), held, limiter or CountingLimiter(), clock)
