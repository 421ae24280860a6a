"""Stripe's webhooks: signed, once for each event, and shown in whatever API version the endpoint has. Pure.

Header and signature: Stripe's page on webhook signatures. Only v1 counts; while a secret is being rolled there are two.
"""

import datetime as dt
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

import msgspec

from connectors.events import BadDelivery, BadSignature, Hint
from connectors.stripe.changes import STREAM_OF, Head, id_in, related

#: Seconds that a delivery may be older, or younger, than our clock.
_TOLERANCE = 300
#: No header of Stripe's is longer; a secret has at most two signatures.
_LONGEST_HEADER = 4096


def read_event(headers: Mapping[str, str], body: bytes, secret: str, now: dt.datetime) -> list[Hint]:
    """One hint for the record itself and one for each other that it may have changed.

    `account` is the connected account's id for an endpoint of a platform, else "". Thin events (v2) tell nothing of ours.
    """
    _check_signature(headers.get("stripe-signature", ""), body, secret, now)
    delivery = _decoded(body)
    if delivery.get("object") == "v2.core.event":
        return []
    event, data = id_in(delivery), delivery.get("data")
    if delivery.get("object") != "event" or not event or not isinstance(data, dict):
        raise BadDelivery("the body is no event of Stripe's")
    account, at = id_in(delivery.get("account")), _instant(delivery.get("created"))
    return [Hint(account, stream, name, event, at) for stream, name in _records(data) or [("", "")]]


def _check_signature(header: str, body: bytes, secret: str, now: dt.datetime) -> None:
    if not secret:
        raise BadSignature("there is no signing secret to compare with")
    if len(header) > _LONGEST_HEADER:
        raise BadSignature("the Stripe-Signature header is too long")
    parts = [part.strip().partition("=") for part in header.split(",")]
    stamps = [value for name, _, value in parts if name == "t"]
    signatures = [value.encode("utf-8", "replace") for name, _, value in parts if name == "v1"]
    if len(stamps) != 1 or not signatures:
        raise BadSignature("the Stripe-Signature header names no time or no v1 signature")
    signed = stamps[0].encode("utf-8", "replace") + b"." + body
    expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest().encode()
    matches = [hmac.compare_digest(expected, signature) for signature in signatures]
    if not any(matches):
        raise BadSignature("the delivery was not signed with our secret")
    _check_time(stamps[0], now)


def _check_time(stamp: str, now: dt.datetime) -> None:
    """Both ways: a time in the future would keep an old delivery usable for ever."""
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        raise BadSignature("the time in the Stripe-Signature header is no number")
    if abs(now.timestamp() - int(stamp)) > _TOLERANCE:
        raise BadSignature("the delivery was signed too long ago, or in the future")


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadDelivery("the body is not a JSON record") from None


def _records(data: dict[str, Any]) -> list[tuple[str, str]]:
    """(stream, id) of what the event is about, the record itself first."""
    try:
        head = msgspec.convert(data.get("object"), type=Head)
    except msgspec.ValidationError:
        raise BadDelivery("the event shows no record") from None
    found = [(STREAM_OF.get(str(head.object), ""), id_in(head.id))]
    found += [(other.stream, other.id) for other in related(head)]
    return [(stream, name) for stream, name in found if stream and name]


def _instant(seconds: object) -> dt.datetime | None:
    try:
        return dt.datetime.fromtimestamp(seconds, dt.UTC) if type(seconds) is int else None
    except (OverflowError, OSError, ValueError):
        return None
