"""What a platform tells by a webhook: a hint that something changed, never a fact. Pure.

Each platform has a `read_event` of the shape `EventReader`; the hints are followed by reading the records again.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from connectors.errors import Refused


class BadSignature(Refused):
    """The delivery was not signed with our secret, or too long ago: nothing in it is believed."""


class BadDelivery(Refused):
    """Rightly signed, but not what the platform documents."""


@dataclass(frozen=True, slots=True)
class Hint:
    """One record of one account may have changed. `event` is unique at the platform, for telling repeats.

    `stream` is the stream whose `reread` takes `id`; "" for an event that concerns no stream of ours.
    """

    account: str
    stream: str
    id: str
    event: str
    at: dt.datetime | None = None


class EventReader(Protocol):
    def __call__(self, headers: Mapping[str, str], body: bytes, secret: str, now: dt.datetime) -> list[Hint]:
        """`headers` have lower-case names, `body` is as received, `now` is aware UTC. One delivery may span accounts.

        An empty list is a valid delivery with nothing for us. Raises BadSignature and BadDelivery.
        """
