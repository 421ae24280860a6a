"""Which platforms there are. A platform's library is imported only when a connection of it is opened."""

from collections.abc import Callable

from connectors.email.manifest import MANIFEST as EMAIL
from connectors.errors import Unsupported
from connectors.events import EventReader
from connectors.manifest import Manifest
from connectors.oauth import OAuthServer
from connectors.protocol import Clock, Connector, Endpoint, Limiter, TokenStore
from connectors.quickbooks.events import read_event as read_quickbooks_event
from connectors.quickbooks.manifest import MANIFEST as QUICKBOOKS
from connectors.quickbooks.manifest import OAUTH as QUICKBOOKS_OAUTH
from connectors.stripe.events import read_event as read_stripe_event
from connectors.stripe.manifest import MANIFEST as STRIPE
from connectors.webhook.manifest import MANIFEST as WEBHOOK
from connectors.xero.events import read_event as read_xero_event
from connectors.xero.manifest import MANIFEST as XERO
from connectors.xero.manifest import OAUTH as XERO_OAUTH

Opener = Callable[[Endpoint, TokenStore, Limiter, Clock], Connector]


def _quickbooks(endpoint: Endpoint, tokens: TokenStore, limiter: Limiter, clock: Clock) -> Connector:
    from connectors.quickbooks.connector import QuickBooksConnector

    return QuickBooksConnector(endpoint, tokens, limiter, clock)


def _xero(endpoint: Endpoint, tokens: TokenStore, limiter: Limiter, clock: Clock) -> Connector:
    from connectors.xero.connector import XeroConnector

    return XeroConnector(endpoint, tokens, limiter, clock)


def _stripe(endpoint: Endpoint, tokens: TokenStore, limiter: Limiter, clock: Clock) -> Connector:
    from connectors.stripe.connector import StripeConnector

    return StripeConnector(endpoint, tokens, limiter, clock)


def _email(endpoint: Endpoint, tokens: TokenStore, limiter: Limiter, clock: Clock) -> Connector:
    from connectors.email.connector import EmailConnector

    return EmailConnector(endpoint, tokens, limiter, clock)


def _webhook(endpoint: Endpoint, tokens: TokenStore, limiter: Limiter, clock: Clock) -> Connector:
    from connectors.webhook.connector import WebhookConnector

    return WebhookConnector(endpoint, tokens, limiter, clock)


_OPENERS: dict[str, Opener] = {
    "quickbooks": _quickbooks,
    "xero": _xero,
    "stripe": _stripe,
    "email": _email,
    "webhook": _webhook,
}

MANIFESTS: dict[str, Manifest] = {found.platform: found for found in (QUICKBOOKS, XERO, STRIPE, EMAIL, WEBHOOK)}
OAUTH_SERVERS: dict[str, OAuthServer] = {"quickbooks": QUICKBOOKS_OAUTH, "xero": XERO_OAUTH}
EVENT_READERS: dict[str, EventReader] = {
    "quickbooks": read_quickbooks_event,
    "xero": read_xero_event,
    "stripe": read_stripe_event,
}


def manifest_of(platform: str) -> Manifest:
    """Raises Unsupported for a platform that owed does not know."""
    if platform not in MANIFESTS:
        raise Unsupported(f"there is no connector for {platform!r}; known are {', '.join(sorted(MANIFESTS))}")
    return MANIFESTS[platform]


def open_connector(endpoint: Endpoint, tokens: TokenStore, limiter: Limiter, clock: Clock) -> Connector:
    """A connector for one worker thread. Opening makes no call. Raises Unsupported."""
    return _OPENERS[manifest_of(endpoint.platform).platform](endpoint, tokens, limiter, clock)
