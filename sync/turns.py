"""One worker at a time reads a connection: a lease in the store, taken over when its holder is dead or silent."""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from store import connections
from sync.installation import Installation

_LEASE = dt.timedelta(minutes=10)
_RENEW_AFTER = dt.timedelta(minutes=2)


class Busy(Exception):
    """Another worker is reading this connection now."""


@contextmanager
def reading(installation: Installation, name: str) -> Iterator[Callable[[], None]]:
    """Yields what is to be called between pages, so that a long pull keeps its turn. Raises Busy."""
    me, taken_at = installation.processes.name, installation.wall()
    _take(installation, name)

    def keep() -> None:
        nonlocal taken_at
        if installation.wall() - taken_at > _RENEW_AFTER:
            taken_at = installation.wall()
            _take(installation, name)

    try:
        yield keep
    finally:
        with installation.store.write() as tx:
            connections.release(tx, name, me)


def _take(installation: Installation, name: str) -> None:
    me, now = installation.processes.name, installation.wall()
    with installation.store.write() as tx:
        holder = connections.holder(tx, name)
        if holder and holder != me and installation.processes.is_alive(holder) is False:
            connections.release(tx, name, holder)
        if not connections.lease(tx, name, me, now, now + _LEASE):
            raise Busy(f"another worker is reading it now ({holder}); try again later")
