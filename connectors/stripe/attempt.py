"""Finding again what a write of ours made: by the key that we gave it, in the newest of a list.

Stripe's search would be one call, but it lags behind: by a minute on good days, by an hour on bad ones.
"""

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from connectors.errors import Malformed, Refused
from connectors.fields import Record, decode_record, record, text
from connectors.protocol import Intent
from connectors.stripe.client import StripeClient
from connectors.transport import written

_KEY_LENGTH = 255
#: Stripe's limit for one metadata value.
VALUE_LENGTH = 500
#: Pages of 100 newest records that are looked through for ours. Never bounded by a time: a platform's clock is not ours.
_PAGES = 10
#: Events are kept for 30 days; a day is kept in hand.
_EVENTS_KEPT = dt.timedelta(days=29)

Missing = Literal["absent", "unknown"]


def idempotency_key(key: str, step: str = "") -> str:
    """At most 255 characters; the same for the same key and step."""
    whole = f"{key}/{step}" if step else key
    return whole if len(whole) <= _KEY_LENGTH else hashlib.sha256(whole.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of a write, or of finding out whether it happened."""

    client: StripeClient
    intent: Intent
    now: dt.datetime

    @property
    def key(self) -> str:
        return self.intent.key

    def get(self, path: str) -> Record:
        return self.client.get(path)

    def post(self, path: str, form: Mapping[str, Any], step: str = "") -> Record:
        """A write of several calls names its steps: each has a key of its own. Raises Uncertain for an answer without
        an id."""
        found = written(self.client.post(path, form, idempotency_key(self.key, step)), "stripe")
        id_of_record(found)
        return found

    def tagged(self, path: str, query: Mapping[str, Any]) -> Record | Missing:
        """The record of a list that carries our key, in the newest of it."""
        for count, page in enumerate(self.client.pages(path, query), start=1):
            for raw in page.data:
                found = decode_record(bytes(raw))
                if record(found, "metadata").get("owed_key") == self.key[:VALUE_LENGTH]:
                    return found
            if count == _PAGES and page.has_more:
                return "unknown"
        return "absent"

    def event(self, kind: str) -> Record | Missing:
        """The event that our request caused: it names the request's key."""
        wanted = idempotency_key(self.key)
        for count, page in enumerate(self.client.pages("/v1/events", {"type": kind}), start=1):
            for raw in page.data:
                found = decode_record(bytes(raw))
                if record(found, "request").get("idempotency_key") == wanted:
                    return found
            if count == _PAGES and page.has_more:
                return "unknown"
        started = self.intent.started_at
        return "unknown" if started and self.now - started > _EVENTS_KEPT else "absent"


@contextmanager
def left_behind(what: str) -> Iterator[None]:
    """A refused step says what the steps before it have left."""
    try:
        yield
    except Refused as error:
        error.args = (f"{error} ({what})",)
        raise


def tag(key: str) -> dict[str, str]:
    """Metadata by which a record is found again."""
    return {"owed_key": key[:VALUE_LENGTH]}


def id_of_record(found: Record) -> str:
    name = text(found, "id")
    if not name:
        raise Malformed("no id in it")
    return name
