"""Records that a whole sweep did not show: asked for one by one, and closed when the platform no longer has them.

A sweep alone closes nothing: a list that is cut short by a fault must not end debts.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from connectors.manifest import Manifest
from connectors.protocol import Connector, Page
from receivables.facts import Gone
from store import standings
from store.ingest import Saved
from store.standings import Held
from sync.installation import Installation
from sync.saving import save_page
from sync.seen import Seen


@dataclass(slots=True)
class Sweeps:
    """What the streams of one pull have shown, by the kind they tell. A kind is whole once all its streams are.

    Only of `kinds`: where we know no record yet, none can have vanished.
    """

    manifest: Manifest
    began_at: dt.datetime
    kinds: frozenset[str]
    _seen: dict[str, Seen] = field(default_factory=dict)
    _whole: set[str] = field(default_factory=set)

    def show(self, page: Page) -> None:
        kind = self.manifest.kinds[page.stream]
        if kind not in self.kinds:
            return
        seen = self._seen.setdefault(kind, Seen(self.began_at.isoformat()))
        seen.add(fact.id for row in page.rows for fact in row.facts if fact.kind == kind)
        if page.complete:
            self._whole.add(page.stream)

    def whole_kinds(self) -> dict[str, Seen]:
        streams = {kind: self.manifest.streams_of(kind) for kind in self._seen}
        return {kind: self._seen[kind] for kind, told in streams.items() if self._whole.issuperset(told)}


def close_unseen(
    installation: Installation, connector: Connector, name: str, kind: str, seen: Seen, at: dt.datetime
) -> Saved:
    """Every record of `kind` that was known before `at` and that `seen` lacks is read again."""
    with installation.store.read() as tx:
        missing = [held.id for page in standings.pages(tx, kind, name, at) for held in page if _is_missing(held, seen)]
    return read_again(installation, connector, name, kind, missing)


def _is_missing(held: Held, seen: Seen) -> bool:
    return not held.is_over and held.id not in seen


def read_again(installation: Installation, connector: Connector, name: str, kind: str, ids: Sequence[str]) -> Saved:
    """Save these records as they are now. Where several streams tell one kind, a record is gone when all say so."""
    saved, left = Saved(), list(ids)
    streams = connector.manifest.streams_of(kind)
    for stream in streams:
        if not left:
            break
        gone: list[str] = []
        for page in connector.reread(stream, left):
            gone += (fact.id for row in page.rows for fact in row.facts if isinstance(fact, Gone))
            shown = page if stream == streams[-1] else _without_gone(page)
            saved += save_page(installation, name, shown, moves_cursor=False)
        left = gone
    return saved


def _without_gone(page: Page) -> Page:
    rows = [row for row in page.rows if not any(isinstance(fact, Gone) for fact in row.facts)]
    return replace(page, rows=rows)
