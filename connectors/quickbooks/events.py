"""Intuit's webhooks: what changed, in the older form and as CloudEvents, by the header intuit-signature. Pure.

One delivery may tell of several companies, in any order and more than once. An event of the older form has no id, so
the company, the record, what was done and the instant make one.
"""

import base64
import datetime as dt
import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from connectors.events import BadDelivery, BadSignature, Hint
from connectors.fields import Unreadable, instant_of
from connectors.quickbooks.streams import STREAMS

#: CloudEvents write the names of entities in small letters.
_STREAMS = {table.entity.lower(): stream for stream, table in STREAMS.items()}
#: An event's type, such as qbo.invoice.updated.v1.
_TYPE = re.compile(r"qbo\.([a-z]+)\.[a-z.]+", re.IGNORECASE)
#: Instants carry up to nine digits after the point; six can be kept.
_BEYOND_MICROSECONDS = re.compile(r"(\.\d{6})\d+")


class _Entity(msgspec.Struct):
    name: str
    id: str
    operation: str = ""
    lastUpdated: str = ""  # noqa: N815 - Intuit's word
    deletedId: str = ""  # noqa: N815
    deletedID: str = ""  # noqa: N815 - the guide writes it both ways


class _Change(msgspec.Struct):
    entities: list[_Entity] = []


class _Notification(msgspec.Struct, rename="camel"):
    realm_id: str
    data_change_event: _Change


class _Older(msgspec.Struct, rename="camel"):
    event_notifications: list[_Notification]


class _CloudEvent(msgspec.Struct):
    id: str
    type: str
    intuitaccountid: str
    intuitentityid: str = ""
    time: str = ""
    data: dict[str, Any] | None = None


def read_event(headers: Mapping[str, str], body: bytes, secret: str, now: dt.datetime) -> list[Hint]:  # noqa: ARG001 - Intuit signs no time
    """See connectors.events.EventReader. `secret` is the app's verifier token."""
    _check(headers.get("intuit-signature", ""), body, secret)
    try:
        if body.lstrip()[:1] == b"[":
            events = msgspec.json.decode(body, type=list[_CloudEvent])
            hints = [hint for event in events for hint in _of_cloud_event(event)]
        else:
            hints = list(_of_older(msgspec.json.decode(body, type=_Older)))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadDelivery(f"not what Intuit documents: {error}") from None
    return list({hint.event: hint for hint in hints}.values())


def _check(told: str, body: bytes, secret: str) -> None:
    """Without a token everybody could sign, so nothing is believed then."""
    signed = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest())
    if not secret or not hmac.compare_digest(signed, told.encode("utf-8", "replace")):
        raise BadSignature("the signature is not Intuit's")


def _of_older(delivery: _Older) -> Iterator[Hint]:
    for notification in delivery.event_notifications:
        for entity in notification.data_change_event.entities:
            event = f"{notification.realm_id}/{entity.name}/{entity.id}/{entity.operation}/{entity.lastUpdated}"
            lost = entity.deletedId or entity.deletedID
            yield from _hints(notification.realm_id, entity.name, entity.id, event, _instant(entity.lastUpdated), lost)


def _of_cloud_event(event: _CloudEvent) -> Iterator[Hint]:
    found = _TYPE.match(event.type)
    name = found[1] if found else ""
    lost = (event.data or {}).get("deletedId", "")
    lost = lost if isinstance(lost, str) else ""
    return _hints(event.intuitaccountid, name, event.intuitentityid, event.id, _instant(event.time), lost)


def _hints(account: str, name: str, entity_id: str, event: str, at: dt.datetime | None, lost: str) -> Iterator[Hint]:
    """A merge concerns two records: the one that stays, and `lost`, which is gone."""
    stream = _STREAMS.get(name.lower(), "") if entity_id else ""
    prefix = STREAMS[stream].prefix if stream else ""
    yield Hint(account, stream, prefix + entity_id, event, at)
    if lost:
        yield Hint(account, stream, prefix + lost, f"{event}/{lost}", at)


def _instant(text: str) -> dt.datetime | None:
    """None for what is no instant: it decides nothing."""
    try:
        return instant_of(_BEYOND_MICROSECONDS.sub(r"\1", text)) if text else None
    except (Unreadable, OverflowError):
        return None
