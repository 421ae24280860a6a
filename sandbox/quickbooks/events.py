"""Intuit's webhooks: what changes are told, in the older form and as CloudEvents, signed with the verifier token.

Events of several companies stand in one delivery. A failed delivery holds back the later ones; it is tried again after
10, 20 and 30 seconds, 5 and 20 minutes, 2, 4 and 6 hours, and then every 6 hours.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

from sandbox.state import Record
from sandbox.webhooks import Habits, Post
from sandbox.world import World, new_guid

#: Entities of which something is told at all.
TOLD = (
    "Account", "CreditMemo", "Customer", "Deposit", "Invoice", "Item", "JournalEntry", "Payment", "Purchase",
    "RefundReceipt", "SalesReceipt", "Term", "Vendor",
)  # fmt: skip
SOON = tuple(timedelta(seconds=wait) for wait in (10, 20, 30, 300, 1200, 7200, 14400, 21600))
EVERY_SIX_HOURS = (timedelta(hours=6),) * 400
SUFFIXES = {
    "Create": "created",
    "Update": "updated",
    "Delete": "deleted",
    "Merge": "merged",
    "Void": "voided",
    "Emailed": "emailed",
}
MOST_EVENTS = 100


class Events:
    """With the company's setting `older_webhooks` they have the form that Intuit sent before CloudEvents."""

    def __init__(self, world: World) -> None:
        self.world = world
        world.webhooks.habits["quickbooks"] = Habits(
            self.envelope,
            SOON + EVERY_SIX_HOURS,
            most_events=MOST_EVENTS,
            deadline_seconds=3.0,
            disables=False,
            in_turn=True,
            stranger=stranger,
        )

    def tell(self, entity: str, identity: str, operation: str, *, realm: str = "", deleted: str = "") -> None:
        if entity not in TOLD:
            return
        ours = (self.world.setting("qbo.company") or {}).get("realm", "")
        told = event(realm or ours, entity, identity, operation, self.world.clock.now())
        self.world.webhooks.tell("quickbooks", **told, **({"deletedId": deleted} if deleted else {}))

    def envelope(self, events: list[Record], token: str, _: datetime) -> Post:
        older = (self.world.setting("qbo.company") or {}).get("older_webhooks")
        body = json.dumps(older_form(events) if older else [cloud_event(one) for one in events]).encode()
        signature = base64.b64encode(hmac.new(token.encode(), body, hashlib.sha256).digest()).decode()
        return Post(body, {"intuit-signature": signature}, expected=200)


def event(realm: str, entity: str, identity: str, operation: str, moment: datetime) -> Record:
    told: Record = {"realm": realm, "name": entity, "id": identity, "operation": operation, "event": new_guid()}
    return told | {"lastUpdated": moment.isoformat(timespec="milliseconds")}


def stranger(moment: datetime) -> Record:
    """An event of another company that uses the same app."""
    return event("9130350000000099", "Invoice", "1", "Update", moment)


def older_form(events: list[Record]) -> Record:
    notifications = []
    for realm in dict.fromkeys(one["realm"] for one in events):
        names = ("name", "id", "operation", "lastUpdated", "deletedId")
        theirs = [{name: one[name] for name in names if name in one} for one in events if one["realm"] == realm]
        notifications.append({"realmId": realm, "dataChangeEvent": {"entities": theirs}})
    return {"eventNotifications": notifications}


def cloud_event(event: Record) -> Record:
    """The instant has nine digits after the point."""
    moment = datetime.fromisoformat(event["lastUpdated"]).astimezone(UTC)
    return {
        "specversion": "1.0",
        "id": event["event"],
        "source": "intuit.quickbooks",
        "type": f"qbo.{event['name'].lower()}.{SUFFIXES[event['operation']]}.v1",
        "datacontenttype": "application/json",
        "time": f"{moment:%Y-%m-%dT%H:%M:%S.%f}517Z",
        "intuitentityid": event["id"],
        "intuitaccountid": event["realm"],
        "data": {"deletedId": event["deletedId"]} if "deletedId" in event else {},
    }
