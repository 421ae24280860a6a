"""The organisations that one worker process serves: their databases, and each one ready to work when it is asked for."""

import datetime as dt
import threading
from collections import OrderedDict
from pathlib import Path

from owed.bootstrap import install
from owed.clock import Clock, is_alive, process_name, wall
from owed.engines import Engines
from owed.errors import BadSettings, CommandError
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

    def store(self, organisation: str) -> Store | None:
        """Raises Outside."""
        known = self.tenants.by_organisation.get(organisation)
        if known is None:
            self.troubles.begin(f"hint {organisation}", f"a hint for {organisation!r}, which is not served here")
            return None
        return self._engines.store(known.store_url, organisation)

    def installation(self, organisation: str, *, anew: bool) -> Installation | None:
        """A file with problems never replaces the settings in force; where none are, nothing is done."""
        with self._lock:
            ready = self._ready.get(organisation)
        known = self.tenants.by_organisation.get(organisation)
        if known is None or (ready is not None and not anew):
            return ready
        place = f"settings {known.config}"
        try:
            made = install(known.config, now=self._now, engines=self._engines)
        except BadSettings as error:
            stays = "the settings in force stay" if ready else "nothing is done for it until that is mended"
            self.troubles.begin(place, f"{error}\n{known.config}: {stays}")
            return ready
        self.troubles.end(place, f"{known.config}: mended; its settings are in force")
        self._keep(organisation, made)
        return made

    def _keep(self, organisation: str, made: Installation) -> None:
        with self._lock:
            self._ready.pop(organisation, None)
            self._ready[organisation] = made
            while len(self._ready) > _READY:
                self._ready.popitem(last=False)


def open_fleet(files: list[Path], folder: Path | None, now: dt.datetime | None) -> Fleet:
    """Raises Mistake when there is nothing to serve, or a single file has problems."""
    troubles = Troubles()
    tenants = Tenants(files, folder, troubles)
    tenants.look()
    fleet = Fleet(tenants, troubles, now)
    if folder is None:
        for file in files:
            _check(file, fleet, now)
    return fleet


def _check(file: Path, fleet: Fleet, now: dt.datetime | None) -> None:
    """A file that was named has to be right at the start."""
    found = install(file, now=now)
    organisation = found.business.id
    found.store.close()
    if fleet.tenants.by_organisation[organisation].config != file:
        raise CommandError(f"{file}: its organisation is in another file already")
