"""What the tests of the Xero connector share."""

from connectors.protocol import Tokens
from connectors.xero.connector import XeroConnector
from receivables.refs import Ref
from tests.connectors.loopback import Loopback
from tests.connectors.stands import CountingLimiter, HeldTokens, endpoint, now, oauth_tokens

GUID = "d4956132-ed94-4dd7-9eaa-aa22dfdf06f2"
OTHER = "046d8a6d-1ae1-4b4d-9340-5601bdf41b87"
INVOICE = Ref("books", "invoice", GUID)
START = 1_700_000_000_000  # milliseconds


def connector(server: Loopback, account: str = "tenant-1", tokens: Tokens | None = None) -> XeroConnector:
    held = HeldTokens(tokens or oauth_tokens())
    return XeroConnector(endpoint("xero", server.url, account), held, CountingLimiter(), now)
