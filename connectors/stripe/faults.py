"""What a Stripe answer means when it is no success. Pure. Types and codes: Stripe's error reference."""

import datetime as dt
from typing import Any

import msgspec

from connectors.errors import (
    ConnectorError,
    Forbidden,
    NotFound,
    PlatformFailed,
    Refused,
    Throttled,
    Unauthorised,
    Uncertain,
)
from connectors.transport import Answer, retry_after


def verdict(answer: Answer, now: dt.datetime) -> ConnectorError | None:
    """The error that an answer is, or None for a success."""
    if answer.ok:
        return None
    told = _told(answer)
    error = _error(answer, told, now)
    error.code = str(told.get("code") or told.get("type") or "")
    error.reference = answer.headers.get("request-id", "")
    return error


def _told(answer: Answer) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    error = found.get("error") if isinstance(found, dict) else None
    return error if isinstance(error, dict) else {}


def _error(answer: Answer, told: dict[str, Any], now: dt.datetime) -> ConnectorError:
    status, code = answer.status, told.get("code")
    if status == 429:
        # A lock on one object passes at once; a limit of the account needs a moment.
        pause = 0.5 if code == "lock_timeout" else 5.0
        reason = answer.headers.get("stripe-rate-limited-reason", "")
        return Throttled(f"too many calls {reason}".strip(), retry_at=retry_after(answer, now, pause))
    if status == 401:
        return Unauthorised("Stripe does not accept the API key: reconnect")
    if status in {408, 409}:  # 409: the same key is at work right now
        return Uncertain(f"Stripe is not done with it (status {status})")
    if status >= 500:
        return PlatformFailed(f"Stripe failed with status {status}")
    if answer.headers.get("stripe-should-retry") == "true":
        return Uncertain(f"Stripe asks to try again (status {status})")
    said = " ".join(str(told.get("message") or f"status {status} {answer.excerpt()!r}").split())[:300]
    if status == 403:
        return Forbidden(said)
    return NotFound(said) if status == 404 or code == "resource_missing" else Refused(said)
