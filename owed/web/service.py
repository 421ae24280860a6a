"""Whom the service answers for: one organisation, or all of a fleet."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from connectors.protocol import Clock, Endpoint
from store.engine import Store
from store.roster import NOBODY
from sync.installation import Installation


@dataclass(frozen=True, slots=True)
class Served:
    """One organisation. `secrets` by connection: what its platforms sign with; whoever shows `token` may read its
    figures, and nobody where it is empty."""

    organisation: str
    endpoints: Mapping[str, Endpoint]
    secrets: Mapping[str, str]
    token: str = ""


@dataclass(frozen=True, slots=True)
class Database:
    """`open` gives a store that belongs to nobody (roster.NOBODY), and raises Outside when it cannot be used."""

    open: Callable[[], Store]
    organisations: Sequence[str]


class Service(Protocol):
    """For many threads."""

    @property
    def clock(self) -> Clock: ...

    @property
    def wall(self) -> Clock: ...

    def served(self) -> Mapping[str, Served]:
        """By organisation, as the settings stand now."""

    def databases(self, organisations: Collection[str]) -> Sequence[Database]:
        """Those in which they live, each with its own of them."""

    def installation(self, organisation: str) -> Installation | None:
        """Ready to work; None when it is not served, or its settings cannot be used. Raises Outside."""


class One:
    """The service of a single organisation."""

    def __init__(self, installation: Installation, secrets: Mapping[str, str], token: str) -> None:
        self._installation = installation
        name = installation.business.id
        self._served = {name: Served(name, installation.endpoints, secrets, token)}
        self.clock, self.wall = installation.clock, installation.wall

    def served(self) -> Mapping[str, Served]:
        return self._served

    def databases(self, organisations: Collection[str]) -> Sequence[Database]:
        nobody = Store(self._installation.store.engine, NOBODY)
        return [Database(lambda: nobody, tuple(organisations))]

    def installation(self, organisation: str) -> Installation | None:
        return self._installation if organisation in self._served else None
