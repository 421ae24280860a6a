"""Xero's webhooks: which changes are told, the signed envelope, and the intent to receive.

Categories are CONTACT, INVOICE and CREDITNOTE (and SUBSCRIPTION, about an app's billing): no payment, no over- or
prepayment, no deletion. A payment shows as an update of its invoice.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import uuid
from datetime import UTC, datetime, timedelta

from sandbox.state import Record
from sandbox.webhooks import Habits, Post
from sandbox.world import World

API = "https://api.xero.com/api.xro/2.0"
#: Ever more seldom, for a day; then the subscription is disabled.
LADDER = tuple(timedelta(minutes=wait) for wait in (1, 5, 15, 60, 180, 360, 720))
CREDIT_TYPES = ("ACCRECCREDIT", "ACCPAYCREDIT")


class Events:
    def __init__(self, world: World) -> None:
        self.world = world
        world.webhooks.habits["xero"] = Habits(
            envelope, LADDER, most_events=20, handshake=intent_to_receive, stranger=stranger
        )

    def document(self, record: Record, status: str, *, new: bool) -> None:
        """Over- and prepayments are told by nothing."""
        if record.get("kind") is None:
            self._tell("INVOICE", "Invoices", record["id"], new=new)
        elif record["type"] in CREDIT_TYPES:
            self._tell("CREDITNOTE", "CreditNotes", record["id"], new=new, Type=record["type"], Status=status)

    def contact(self, record: Record, *, new: bool) -> None:
        self._tell("CONTACT", "Contacts", record["id"], new=new)

    def _tell(self, category: str, path: str, identity: str, *, new: bool, **data: str) -> None:
        organisation = self.world.setting("xero.organisation")
        tenant = organisation["tenant"] if organisation else ""
        event = an_event(tenant, category, f"{path}/{identity}", self.world.clock.now(), new=new)
        self.world.webhooks.tell("xero", **event, **({"data": data} if data else {}))


def an_event(tenant: str, category: str, path: str, moment: datetime, *, new: bool) -> Record:
    return {
        "resourceUrl": f"{API}/{path}",
        "resourceId": path.rpartition("/")[2],
        "tenantId": tenant,
        "tenantType": "ORGANISATION",
        "eventCategory": category,
        "eventType": "CREATE" if new else "UPDATE",
        "eventDateUtc": moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds"),
    }


def stranger(moment: datetime) -> Record:
    """One delivery may mix the organisations that the app is connected to."""
    return an_event(str(uuid.uuid4()), "INVOICE", f"Invoices/{uuid.uuid4()}", moment, new=True)


def signature(body: bytes, key: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()


def envelope(events: list[Record], key: str, _: datetime) -> Post:
    """What is right is answered with 200, and nothing else counts."""
    return signed(events, key, expected=200)


def intent_to_receive(key: str, _: datetime) -> list[Post]:
    """Bodies without events, some signed with another key: those must be answered with 401."""
    right, wrong = (key, 200), (f"not {key}", 401)
    return [signed([], used, expected=status) for used, status in (right, wrong, right, wrong)]


def signed(events: list[Record], key: str, *, expected: int) -> Post:
    numbers = {"firstEventSequence": min(1, len(events)), "lastEventSequence": len(events)}
    body = json.dumps({"events": events, **numbers, "entropy": secrets.token_hex(10).upper()}).encode()
    return Post(body, {"x-xero-signature": signature(body, key)}, expected)
