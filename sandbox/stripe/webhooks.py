"""Stripe's webhooks: each event posted by itself, signed, and tried again for three days.

While a secret is rolled every delivery has a signature by the old and one by the new; here the secret of a
subscription is then both, with a comma between them.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime, timedelta

from sandbox.clock import epoch
from sandbox.state import Record
from sandbox.webhooks import Habits, Post
from sandbox.world import World

#: Ever more seldom: five minutes, half an hour, two, five and ten hours, then twice a day until three days are over.
LADDER = (
    *(timedelta(minutes=wait) for wait in (5, 30, 120, 300, 600)),
    *(timedelta(hours=12) for _ in range(4)),
)


def set_up(world: World) -> None:
    world.webhooks.habits["stripe"] = Habits(envelope, LADDER)


def tell(world: World, event: Record) -> None:
    world.webhooks.tell("stripe", **{**event, "pending_webhooks": 1})


def envelope(events: list[Record], secret: str, now: datetime) -> Post:
    body = json.dumps(events[0], indent=2).encode()
    return Post(body, {"Stripe-Signature": signature(body, secret, epoch(now)), "User-Agent": "Stripe/1.0"})


def signature(body: bytes, secret: str, stamp: int) -> str:
    signed = f"{stamp}.".encode() + body
    found = [hmac.new(one.encode(), signed, hashlib.sha256).hexdigest() for one in secret.split(",")]
    return ",".join([f"t={stamp}", *(f"v1={one}" for one in found), f"v0={hashlib.sha256(signed).hexdigest()}"])
