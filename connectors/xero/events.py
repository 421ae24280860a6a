"""Xero's webhooks: what changed, by the header x-xero-signature. Pure.

Xero tells no payments and no deletions: a payment shows as an update of its invoice. An event has no id, so the
tenant, the record and the instant make one. A delivery without events is the intent to receive: Xero tries whether
rightly and wrongly signed ones are told apart, and answers to both must differ (200 and 401).
"""

import base64
import datetime as dt
import hashlib
import hmac
from collections.abc import Mapping

import msgspec

from connectors.events import BadDelivery, BadSignature, Hint
from connectors.fields import Unreadable, instant_of

#: The stream whose records an event is about; categories that are no records of ours have none.
_STREAMS = {"INVOICE": "invoices", "CONTACT": "customers", "CREDITNOTE": "credit_notes"}


class _About(msgspec.Struct):
    Type: str = ""


class _Event(msgspec.Struct, rename="camel"):
    event_date_utc: str
    tenant_id: str = ""
    tenant_type: str = ""
    resource_id: str = ""
    event_category: str = ""
    data: _About | None = None


class _Delivery(msgspec.Struct):
    events: list[_Event]


def read_event(headers: Mapping[str, str], body: bytes, secret: str, now: dt.datetime) -> list[Hint]:  # noqa: ARG001 - Xero signs no time
    """See connectors.events.EventReader. `secret` is the webhook's signing key."""
    _check(headers.get("x-xero-signature", ""), body, secret)
    try:
        found = msgspec.json.decode(body, type=_Delivery)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadDelivery(f"not what Xero documents: {error}") from None
    return list({hint.event: hint for hint in map(_hint, found.events)}.values())


def _check(told: str, body: bytes, secret: str) -> None:
    """Without a key everybody could sign, so nothing is believed then."""
    signed = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest())
    if not secret or not hmac.compare_digest(signed, told.encode("utf-8", "replace")):
        raise BadSignature("the signature is not Xero's")


def _hint(event: _Event) -> Hint:
    try:
        at = instant_of(event.event_date_utc, "eventDateUtc")
    except (Unreadable, OverflowError) as error:
        raise BadDelivery(str(error)) from None
    name = f"{event.tenant_id}/{event.resource_id}/{event.event_date_utc}"
    return Hint(event.tenant_id, _stream(event), event.resource_id, name, at)


def _stream(event: _Event) -> str:
    """ "" for an app's billing, and for a supplier's credit note, which is no receivable."""
    suppliers = event.data is not None and event.data.Type == "ACCPAYCREDIT"
    return "" if event.tenant_type == "APPLICATION" or suppliers else _STREAMS.get(event.event_category, "")
