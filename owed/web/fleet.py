"""The service of a fleet: every organisation of a folder, or of the files that were named."""

import datetime as dt
import functools
import threading
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from owed.errors import Outside
from owed.fleet import Fleet
from owed.secret import Secret
from owed.web.service import Database, Served
from owed.whereabouts import Whereabouts
from store.engine import Store
from sync.installation import Installation

#: How often the files are looked at again, in real time; a worker does it as often.
_AGAIN_AFTER = dt.timedelta(seconds=20)


class OfFleet:
    """See Service. Of every organisation its connections and secrets are kept in memory, not its rules."""

    def __init__(self, fleet: Fleet, again_after: dt.timedelta = _AGAIN_AFTER) -> None:
        self._fleet, self._again_after = fleet, again_after
        self.clock, self.wall = fleet.clock, fleet.wall
        self._read: dict[str, tuple[Whereabouts, Served | None]] = {}
        self._installed: dict[str, Whereabouts] = {}
        self._served: dict[str, Served] = {}
        self._look_at = self.wall()
        self._lock = threading.Lock()

    def served(self) -> Mapping[str, Served]:
        with self._lock:
            if self.wall() >= self._look_at:
                self._look()
                self._look_at = self.wall() + self._again_after
            return self._served

    def databases(self, organisations: Collection[str]) -> Sequence[Database]:
        found = []
        for url, all_of_them in self._fleet.groups():
            wanted = tuple(one for one in all_of_them if one in organisations)
            if wanted:
                found.append(Database(functools.partial(self._open, url, wanted), wanted))
        return found

    def installation(self, organisation: str) -> Installation | None:
        """Put together anew when its file was changed."""
        known = self._fleet.tenants.by_organisation.get(organisation)
        if known is None:
            return None
        found = self._fleet.installation(organisation, anew=self._installed.get(organisation) is not known)
        self._installed[organisation] = known
        return found

    def _open(self, url: str, organisations: tuple[str, ...]) -> Store:
        return self._fleet.group(url, organisations).store

    def _look(self) -> None:
        """A file that was not changed is not read again."""
        tenants = self._fleet.tenants
        tenants.look()
        self._read = {name: self._kept(name, known) for name, known in tenants.by_organisation.items()}
        self._served = {name: served for name, (_, served) in self._read.items() if served}

    def _kept(self, name: str, known: Whereabouts) -> tuple[Whereabouts, Served | None]:
        before = self._read.get(name)
        if before and before[0] is known:
            return before
        settings = self._fleet.tenants.settings_in_force(known)
        if settings is None:
            return known, None
        secrets = {
            connection: self._secret(one.webhook_secret, settings.folder)
            for connection, one in settings.connections.items()
        }
        endpoints = {connection: one.endpoint for connection, one in settings.connections.items()}
        token = self._secret(settings.serving.metrics_token, settings.folder)
        return known, Served(name, endpoints, {key: value for key, value in secrets.items() if value}, token)

    def _secret(self, secret: Secret, folder: Path) -> str:
        """One that cannot be read is none, which has been said: the others are served."""
        try:
            return secret.read(folder)
        except Outside as error:
            self._fleet.troubles.begin(f"secret {folder / secret.file}", str(error))
            return ""
