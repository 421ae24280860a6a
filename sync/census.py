"""Once a day every record is counted and its balance compared, in the fewest calls; what slipped is read again.

The hourly pulls trust what each platform says has changed. This is the proof that nothing was missed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from connectors.protocol import Connector, Standing
from store import standings
from store.ingest import Saved
from store.standings import Held
from sync.installation import Installation
from sync.seen import Seen
from sync.vanished import read_again

#: Of a stream that counts only what can still change, these are the ones of ours that must be in it.
_UNFINISHED = {"draft", "submitted", "open", "uncollectible", "pending"}


@dataclass(slots=True)
class Count:
    """One kind of record counted: how many there are, and those that had to be read again and what that changed."""

    kind: str
    counted: int = 0
    reread: int = 0
    repaired: int = 0


def take(installation: Installation, connector: Connector, name: str) -> list[Count]:
    """Count every kind that the platform can count. Raises ConnectorError."""
    kinds = dict.fromkeys(connector.manifest.kinds[stream] for stream in connector.manifest.censuses)
    return [_count(installation, connector, name, kind) for kind in kinds]


def _count(installation: Installation, connector: Connector, name: str, kind: str) -> Count:
    began, count = installation.clock(), Count(kind)
    seen, other = Seen(began.isoformat()), list[str]()
    counted = [stream for stream in connector.manifest.streams_of(kind) if stream in connector.manifest.censuses]
    for page in (page for stream in counted for page in connector.census(stream)):
        count.counted += len(page)
        seen.add(standing.id for standing in page)
        with installation.store.read() as tx:
            held = standings.of_ids(tx, kind, name, [standing.id for standing in page])
        other += (standing.id for standing in page if _differs(standing, held.get(standing.id)))
    if counted == list(connector.manifest.streams_of(kind)):
        unfinished_only = any(connector.manifest.censuses[stream] == "unfinished" for stream in counted)
        with installation.store.read() as tx:
            for ours in standings.pages(tx, kind, name, began):
                other += _unseen(ours, seen, unfinished_only=unfinished_only)
    count.reread = len(other)
    saved = read_again(installation, connector, name, kind, other) if other else Saved()
    count.repaired = saved.new + saved.changed + saved.gone
    return count


def _differs(there: Standing, here: Held | None) -> bool:
    if here is None:
        return True
    if there.version is not None and here.version and there.version != here.version:
        return True
    return there.open is not None and here.open is not None and there.open != here.open


def _unseen(ours: Sequence[Held], seen: Seen, *, unfinished_only: bool) -> list[str]:
    """A record that is over may be left out of a list; of the others none may."""
    return [
        held.id
        for held in ours
        if held.id not in seen and not held.is_over and (not unfinished_only or held.status in _UNFINISHED)
    ]
