"""Connectors that are open, one a connection, for as long as one piece of work lasts."""

from connectors.protocol import Connector
from sync.installation import Installation
from sync.limiter import StoredLimiter, windows_of
from sync.tokens import StoredTokens


class Connected:
    """Opens each connector once, with its credentials and its share of the limits. For one thread."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._open: dict[str, tuple[Connector, StoredLimiter]] = {}

    def to(self, name: str) -> Connector:
        """Raises ConnectorError."""
        if name not in self._open:
            self._open[name] = self._connect(name)
        return self._open[name][0]

    def calls(self, name: str) -> int:
        """HTTP calls spent on a connection so far."""
        return self._open[name][1].calls if name in self._open else 0

    def _connect(self, name: str) -> tuple[Connector, StoredLimiter]:
        ours = self._installation
        endpoint = ours.endpoints[name]
        limiter = StoredLimiter(ours.store, name, windows_of(endpoint.platform, endpoint.options), ours.wall)
        tokens = StoredTokens(ours.store, ours.vault, name, ours.wall, ours.processes)
        return ours.open_connector(endpoint, tokens, limiter, ours.wall), limiter
