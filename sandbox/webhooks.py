"""Webhooks as the vendors send them: events wait in a queue, and are posted when the control door says so.

A platform tells its events (`tell`) and how it delivers them (`Habits`); the queue, the tries and the times between
them are the same for all, and run by the sandbox's own clock. Nothing is sent until somebody asks for what is due.
"""

from __future__ import annotations

import http.client
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sandbox.clock import read_instant
from sandbox.state import Record

if TYPE_CHECKING:
    from sandbox.world import World

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Post:
    """One HTTP POST. `expected` is the only right answer; None where any 2xx is."""

    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    expected: int | None = None


# events (oldest first), secret of the subscription, now → what is posted; made anew for each try
Envelope = Callable[[list[Record], str, datetime], Post]
# secret, now → posts that must all be answered rightly before the first event is sent
Handshake = Callable[[str, datetime], list[Post]]


def _no_handshake(_: str, __: datetime) -> list[Post]:
    return []


@dataclass(frozen=True, slots=True)
class Habits:
    """How one vendor delivers. `ladder` are the waits before the second try, the third, and so on.

    After the last one a delivery is given up, and with `disables` the subscription ends too."""

    envelope: Envelope
    ladder: tuple[timedelta, ...]
    most_events: int = 1
    deadline_seconds: float = 5.0
    handshake: Handshake = _no_handshake
    #: An event of an account that the receiver may not know; None where a delivery is always about one account.
    stranger: Callable[[datetime], Record] | None = None
    disables: bool = True
    #: A delivery that failed holds back all later ones until it is taken.
    in_turn: bool = False


class Webhooks:
    """Subscriptions, events that wait and deliveries, for all platforms. Safe to call from any thread."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.habits: dict[str, Habits] = {}
        self.subscriptions = world.state.table("webhook.subscription", platform=lambda one: [one["platform"]])
        self.events = world.state.table("webhook.event", platform=lambda one: [one["platform"]])
        self.deliveries = world.state.table("webhook.delivery", state=lambda one: [one["state"]])

    # -- what the platforms call -------------------------------------------------------------------------------------

    def tell(self, platform: str, **event: object) -> None:
        """An event has happened. Without a live subscription it is told to nobody, as with the vendors."""
        if any(one["live"] for one in self.subscriptions.by("platform", platform)):
            self.events.put({"id": uuid.uuid4().hex, "platform": platform, "event": event})

    # -- what the control door calls -----------------------------------------------------------------------------------

    def subscribe(self, platform: str, url: str, secret: str) -> Record:
        """Replaces the platform's subscription to the same address. Raises ValueError."""
        if platform not in self.habits:
            raise ValueError(f"no webhooks of {platform!r}; known: {', '.join(sorted(self.habits))}")
        if urlsplit(url).hostname not in LOOPBACK:
            raise ValueError("webhooks are sent to this machine only: http://127.0.0.1:…")
        for one in [one for one in self.subscriptions.by("platform", platform) if one["url"] == url]:
            self.subscriptions.remove(one["id"])
        record = {
            "id": uuid.uuid4().hex,
            "platform": platform,
            "url": url,
            "secret": secret,
            "live": True,
            "proven": False,
        }
        return self.subscriptions.put(record)

    def all(self) -> Record:
        shown = [{name: one[name] for name in one if name != "secret"} for one in self.subscriptions]
        return {"subscriptions": shown, "waiting": len(self.events), "deliveries": list(self.deliveries)}

    def deliver(
        self, platform: str = "", *, newest_first: bool = False, copies: int = 1, stranger: bool = False
    ) -> list[Record]:
        """Post what is due now, out of order, several times or with an event of a stranger; one entry for each POST.

        Takes the world's lock only to look and to write down, never while it waits for an answer."""
        told: list[Record] = []
        with self.world.lock:
            wanted = [one for one in self.subscriptions if one["live"] and platform in ("", one["platform"])]
        for subscription in wanted:
            told += self._to(subscription, newest_first=newest_first, copies=copies, stranger=stranger)
        return told

    # -- one subscription ----------------------------------------------------------------------------------------------

    def _to(self, subscription: Record, *, newest_first: bool, copies: int, stranger: bool) -> list[Record]:
        told = [] if subscription["proven"] else self._prove(subscription)
        if not subscription["proven"]:
            return told
        with self.world.lock:
            self._group(subscription)
            due = self._due(subscription)
            if stranger:
                self._mix(due)
            self.world.state.commit()
        for delivery in reversed(due) if newest_first else due:
            tries = [self._try(subscription, delivery) for _ in range(copies)]
            told += tries
            if self.habits[subscription["platform"]].in_turn and not any(one["delivered"] for one in tries):
                break
        return told

    def _prove(self, subscription: Record) -> list[Record]:
        """The handshake: every answer has to be right. Without one, the address is proven by nothing."""
        habits = self.habits[subscription["platform"]]
        told: list[Record] = []
        for post in habits.handshake(subscription["secret"], self.world.clock.now()):
            status = _send(subscription["url"], post, habits.deadline_seconds)
            shown = {"platform": subscription["platform"], "url": subscription["url"], "status": status, "attempt": 1}
            told.append(shown | {"handshake": True, "delivered": _right(status, post)})
        with self.world.lock:
            subscription["proven"] = all(one["delivered"] for one in told)
            self.subscriptions.put(subscription)
            self.world.state.commit()
        return told

    def _group(self, subscription: Record) -> None:
        """Waiting events become deliveries; each subscription of the platform gets its own copy."""
        platform, now = subscription["platform"], self.world.clock.now()
        waiting = self.events.by("platform", platform)
        addressed = [one for one in self.subscriptions.by("platform", platform) if one["live"]]
        most = self.habits[platform].most_events
        for start in range(0, len(waiting), most):
            events = [one["event"] for one in waiting[start : start + most]]
            for one in addressed:
                record: Record = {
                    "id": uuid.uuid4().hex,
                    "subscription": one["id"],
                    "platform": platform,
                    "events": events,
                }
                record |= {"place": len(self.deliveries), "attempt": 0, "due": now.isoformat(), "state": "waiting"}
                self.deliveries.put(record)
        for one in waiting:
            self.events.remove(one["id"])

    def _mix(self, due: list[Record]) -> None:
        for delivery in due:
            made = self.habits[delivery["platform"]].stranger
            if made is not None:
                delivery["events"] = [*delivery["events"], made(self.world.clock.now())]
                self.deliveries.put(delivery)

    def _due(self, subscription: Record) -> list[Record]:
        now = self.world.clock.now()
        waiting = sorted(self.deliveries.by("state", "waiting"), key=lambda one: int(one["place"]))
        ours = [one for one in waiting if one["subscription"] == subscription["id"]]
        if self.habits[subscription["platform"]].in_turn and any(
            one["attempt"] and read_instant(one["due"]) > now for one in ours
        ):
            return []
        return [one for one in ours if read_instant(one["due"]) <= now]

    def _try(self, subscription: Record, delivery: Record) -> Record:
        habits, now = self.habits[delivery["platform"]], self.world.clock.now()
        post = habits.envelope(delivery["events"], subscription["secret"], now)
        status = _send(subscription["url"], post, habits.deadline_seconds)
        with self.world.lock:
            delivery["attempt"] += 1
            delivered = _right(status, post) or delivery["state"] == "delivered"
            self._note(subscription, delivery, delivered=delivered)
            self.world.state.commit()
        shown = {"platform": delivery["platform"], "url": subscription["url"], "status": status}
        return {**shown, "attempt": delivery["attempt"], "handshake": False, "delivered": _right(status, post)}

    def _note(self, subscription: Record, delivery: Record, *, delivered: bool) -> None:
        """What comes of a try: done, again later, or given up for good."""
        ladder = self.habits[delivery["platform"]].ladder
        if delivered:
            delivery["state"] = "delivered"
        elif delivery["attempt"] <= len(ladder):
            delivery["due"] = (self.world.clock.now() + ladder[delivery["attempt"] - 1]).isoformat()
        else:
            delivery["state"] = "given up"
            subscription["live"] = not self.habits[delivery["platform"]].disables
            self.subscriptions.put(subscription)
        self.deliveries.put(delivery)


def _right(status: int, post: Post) -> bool:
    return status == post.expected if post.expected is not None else 200 <= status < 300


def _send(url: str, post: Post, deadline_seconds: float) -> int:
    """The status of the answer; 0 where none came in time."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=deadline_seconds)
    path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    try:
        connection.request("POST", path, post.body, {"Content-Type": "application/json", **post.headers})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
