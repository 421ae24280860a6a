"""The organisations that one worker process serves: their databases, and each one ready to work when it is asked for."""

import datetime as dt
import threading
from collections import OrderedDict
from pathlib import Path

from owed.bootstrap import install, read_settings
from owed.clock import Clock, is_alive, process_name, wall
from owed.engines import Engines
from owed.errors import CommandError, away
from owed.tenants import Tenants
from owed.troubles import Troubles
from store.engine import Store
from store.roster import NOBODY
from sync.dispatch import Group
from sync.installation import Installation, Processes

#: Organisations that are kept ready; of the others only their whereabouts are known.
_READY = 64


class Fleet:
    """See sync.actors.Fleet. For many threads."""

    def __init__(self, tenants: Tenants, troubles: Troubles, now: dt.datetime | None = None) -> None:
        self.tenants, self.troubles = tenants, troubles
        self.clock, self.wall = Clock(now), wall
        self.processes = Processes(process_name(), is_alive)
        self._now, self._engines = now, Engines()
        self._ready: OrderedDict[str, Installation] = OrderedDict()
        self._lock = threading.Lock()

    def groups(self) -> list[tuple[str, tuple[str, ...]]]:
        """Each database with its organisations."""
        return [(url, tuple(organisations)) for url, organisations in self.tenants.by_store().items()]

    def group(self, store_url: str, organisations: tuple[str, ...]) -> Group:
        """Raises Outside when the database cannot be used."""
        return Group(self._engines.store(store_url, NOBODY), organisations)

    def is_away(self, organisation: str, error: Exception) -> bool:
        """Its database cannot be used just now: said once for all who live in it."""
        line, known = away(error), self.tenants.by_organisation.get(organisation)
        if line and known:
            self.troubles.away(place_of(known.store_url), f"{line}; trying again, and nothing is lost")
        return bool(line)

    def store(self, organisation: str) -> Store | None:
        """Raises Outside."""
        known = self.tenants.by_organisation.get(organisation)
        if known is None:
            self.troubles.begin(f"hint {organisation}", f"a hint for {organisation!r}, which is not served here")
            return None
        return self._engines.store(known.store_url, organisation)

    def installation(self, organisation: str, *, anew: bool) -> Installation | None:
        """A file with problems never replaces the settings in force; where none are, nothing is done."""
        known = self.tenants.by_organisation.get(organisation)
        with self._lock:
            ready = self._ready.get(organisation)
        if known is None or (ready is not None and not anew):
            return ready if known else None
        settings = self.tenants.settings_in_force(known)
        if settings is None:
            return None
        made = install(known.config, now=self._now, engines=self._engines, settings=settings)
        self._keep(organisation, made)
        return made

    def _keep(self, organisation: str, made: Installation) -> None:
        with self._lock:
            self._ready.pop(organisation, None)
            self._ready[organisation] = made
            while len(self._ready) > _READY:
                self._ready.popitem(last=False)


def place_of(store_url: str) -> str:
    """Of a database, among the troubles."""
    return f"store {store_url}"


def open_fleet(files: list[Path], folder: Path | None, now: dt.datetime | None) -> Fleet:
    """Files that are named have to be right at the start; a database that is away is waited for. Raises Mistake, also
    when there is nothing to serve."""
    if folder is None:
        for file in files:
            read_settings(file)
    troubles = Troubles()
    tenants = Tenants(files, folder, troubles)
    tenants.look()
    if folder is None:
        _each_has_its_own(files, tenants)
    return Fleet(tenants, troubles, now)


def _each_has_its_own(files: list[Path], tenants: Tenants) -> None:
    served = {one.config for one in tenants.by_organisation.values()}
    for file in files:
        if file not in served:
            raise CommandError(f"{file}: its organisation is in another file already")
