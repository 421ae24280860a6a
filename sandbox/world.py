"""Everything the platforms share: clock, state, mailbox, the count of effects and calls, planned faults."""

from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from sandbox.clock import Clock
from sandbox.effects import Calls, Effects
from sandbox.faults import Faults
from sandbox.inbox import Inbox
from sandbox.mailbox import Mailbox
from sandbox.state import Record, State
from sandbox.webhooks import Webhooks

# amount (minor units), currency, description, customer's e-mail, method, truth {platform: invoice id} → the charge
Charge = Callable[[int, str, str, str, str, dict[str, str]], Record]


def _no_processor(*_: object) -> Record:
    raise LookupError("no card processor in this sandbox")


class World:
    """Shared state of one sandbox. `address` maps a platform to its base address once the servers listen.

    `charge` is the card processor behind the books' own pay pages; `when_settled` is told the id of each
    charge of a bank debit that has come in; `settlers` let every pending debit come in."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.clock = clock
        self.lock = threading.RLock()
        self.state = State(folder / "sandbox.sqlite3")
        self.settings = self.state.table("setting")
        self.truth = self.state.table("truth")
        self.mailbox = Mailbox(self.state, clock)
        self.inbox = Inbox(self.state, clock)
        self.effects = Effects(self.state, clock)
        self.calls = Calls()
        self.faults = Faults()
        self.webhooks = Webhooks(self)
        self.address: dict[str, str] = {}
        self.charge: Charge = _no_processor
        self.when_settled: list[Callable[[str], None]] = []
        self.settlers: list[Callable[[], int]] = []

    def setting(self, name: str) -> Record | None:
        return self.settings.get(name)

    def set(self, name: str, /, **values: object) -> Record:
        return self.settings.put({"id": name, **values})


# New ids are random, except while a company is made from a seed.
_system = random.SystemRandom()
_chance: ContextVar[random.Random] = ContextVar("chance")


@contextmanager
def seeded(chance: random.Random) -> Iterator[None]:
    """Ids made inside come from this stream."""
    token = _chance.set(chance)
    try:
        yield
    finally:
        _chance.reset(token)


def new_guid() -> str:
    return str(uuid.UUID(int=_chance.get(_system).getrandbits(128), version=4))


def new_code(length: int = 24) -> str:
    """Random letters and digits, as vendors put behind a prefix."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    return "".join(_chance.get(_system).choices(alphabet, k=length))
