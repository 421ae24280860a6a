"""Connectors that are open, one a connection, for as long as one piece of work lasts."""

from connectors.protocol import Connector
from sync.installation import Installation
from sync.limiter import StoredLimiter
from sync.limits import windows_of
from sync.tokens import StoredTokens


class Connected:
    """Opens each connector once, with its credentials and its share of the limits. For one thread.

    `urgent` work may use up the day's calls; see `StoredLimiter`.
    """

    def __init__(self, installation: Installation, *, urgent: bool = True) -> None:
        self._installation = installation
        self._urgent = urgent
        self._open: dict[str, tuple[Connector, StoredLimiter]] = {}

    def to(self, name: str) -> Connector:
        """Raises ConnectorError."""
        if name not in self._open:
            self._open[name] = self._connect(name)
        return self._open[name][0]

    def close(self) -> None:
        """Ends the conversations that are still open; what is asked for later opens anew."""
        for connector, _ in self._open.values():
            end = getattr(connector, "close", None)
            if end:
                end()

    def calls(self, name: str) -> int:
        """HTTP calls spent on a connection so far."""
        return self._open[name][1].calls if name in self._open else 0

    def _connect(self, name: str) -> tuple[Connector, StoredLimiter]:
        ours = self._installation
        endpoint = ours.endpoints[name]
        windows = windows_of(endpoint.platform, endpoint.options)
        limiter = StoredLimiter(ours.store, name, windows, ours.wall, self._urgent, ours.sleep)
        tokens = StoredTokens(ours.store, ours.vault, endpoint.grant or name, ours.wall, ours.processes)
        return ours.open_connector(endpoint, tokens, limiter, ours.wall), limiter
