"""Webhooks: kept when they come, followed later by reading the records again. Nothing they say is believed."""

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.errors import ConnectorError
from connectors.events import EventReader, Hint
from connectors.protocol import Connector
from store import connections, hints
from store.hints import Told
from store.ingest import Saved
from sync.connected import Connected
from sync.installation import Installation
from sync.pull import remember_failure
from sync.saving import save_page

#: More records than this are left to the next pull, which asks for everything that changed.
_MOST = 500


@dataclass(frozen=True, slots=True)
class Received:
    """What came of one delivery: hints that were new, and the accounts that are not connected here."""

    new: int = 0
    strangers: frozenset[str] = frozenset()


def receive(
    installation: Installation, name: str, read: EventReader, headers: Mapping[str, str], body: bytes, secret: str
) -> Received:
    """Keep what one delivery to connection `name` tells, for whichever of our connections it is about.

    Raises BadSignature and BadDelivery.
    """
    told = read(headers, body, secret, installation.wall())
    ours = _by_account(installation, name)
    mine = [(ours[hint.account], hint) for hint in told if hint.account in ours]
    now, new = installation.clock(), 0
    with installation.store.write() as tx:
        for owner in sorted({owner for owner, _ in mine} | {name}):
            new += hints.keep(tx, owner, [_told(hint) for whose, hint in mine if whose == owner and hint.stream], now)
    return Received(new, frozenset(hint.account for hint in told) - ours.keys())


def _told(hint: Hint) -> Told:
    return Told(hint.stream, hint.id, hint.event)


def _by_account(installation: Installation, called: str) -> dict[str, str]:
    """Account -> connection, of one platform. A delivery that names no account is for the connection it was sent to."""
    platform = installation.endpoints[called].platform
    with installation.store.read() as tx:
        known = connections.known(tx)
    names = (name for name, endpoint in installation.endpoints.items() if endpoint.platform == platform)
    return {known[name].account: name for name in names} | {"": called}


def waiting(installation: Installation) -> list[str]:
    """The connections that told us something which was not read again yet. One that fails is left to its next pull."""
    with installation.store.read() as tx:
        known = connections.known(tx)
        told = hints.connections_waiting(tx)
    return [name for name in told if name in installation.endpoints and known[name].state == "ok"]


def follow(installation: Installation, name: str) -> Saved:
    """Read again what a connection told us of, each record once. A failure leaves the hints for the next time."""
    began = installation.clock()
    with installation.store.read() as tx:
        told = hints.waiting(tx, name)
    saved = Saved()
    if sum(map(len, told.values())) > _MOST:
        return saved
    try:
        connector = Connected(installation).to(name)
        for stream, ids in told.items():
            saved += _reread(installation, connector, name, stream, ids)
    except ConnectorError as error:
        remember_failure(installation, name, began, error)
        return saved
    with installation.store.write() as tx:
        hints.follow(tx, name, began, installation.clock())
    return saved


def _reread(installation: Installation, connector: Connector, name: str, stream: str, ids: list[str]) -> Saved:
    saved = Saved()
    if stream in connector.manifest.kinds:
        for page in connector.reread(stream, ids):
            saved += save_page(installation, name, page, moves_cursor=False)
    return saved
