"""What a Xero answer means when it is no success. Pure.

Xero has no stable error codes below the status; its messages are free English text.
"""

import datetime as dt
import re
from collections.abc import Iterator
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

#: Seconds to wait after a 429 without a Retry-After header, by the limit that was hit.
_PAUSES = {"concurrent": 5.0, "minute": 60.0, "appminute": 60.0, "day": 3600.0}

#: "The document date cannot be before the period lock date" and "... the end of year lock date, currently set at ...".
_LOCKED = re.compile(r"\block(ed)? (date|period)", re.IGNORECASE)


def verdict(answer: Answer, now: dt.datetime) -> ConnectorError | None:
    """The error that an answer is, or None for a success. 304 says that nothing has changed."""
    if answer.ok or answer.status == 304:
        return None
    error = _error(answer, now)
    error.reference = answer.headers.get("xero-correlation-id", "")
    return error


def _error(answer: Answer, now: dt.datetime) -> ConnectorError:
    status = answer.status
    if status == 429:
        problem = answer.headers.get("x-rate-limit-problem", "").lower()
        pause = retry_after(answer, now, _PAUSES.get(problem, 60.0))
        return Throttled(f"too many calls ({problem or 'limit not named'})", retry_at=pause, code=problem)
    if status == 401:
        return Unauthorised("Xero does not accept the access token: reconnect")
    if status == 403:
        return Forbidden("Xero gives no access to this organisation (disconnected, or a permission is missing)")
    if status == 408:
        return Uncertain(f"Xero gave up waiting (status {status})")
    if status >= 500:
        return PlatformFailed(f"Xero failed with status {status}")
    said = complaints(answer) or [f"status {status} {answer.excerpt()!r}"]
    return NotFound("; ".join(said)) if status == 404 else refusal(said)


def refusal(said: list[str]) -> Refused:
    """Code "locked" when the books are closed for the day that the write is dated on."""
    words = "; ".join(said)
    return Refused(words, code="locked" if _LOCKED.search(words) else "")


def complaints(answer: Answer) -> list[str]:
    """The messages of a fault body: of its elements where it has some, else its own."""
    try:
        found = msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return []
    if not isinstance(found, dict):
        return []
    told = [message for element in _list(found.get("Elements")) for message in element_errors(element)]
    return told or [str(found[name]) for name in ("Message", "Detail", "Title") if found.get(name)][:1]


def element_errors(element: dict[str, Any]) -> list[str]:
    """What is wrong with one element of a write that was answered with 200. Warnings are no errors."""
    told = list(_messages(element.get("ValidationErrors")))
    if told:
        return told
    failed = element.get("StatusAttributeString") == "ERROR" or element.get("HasErrors") is True
    return ["Xero refused this without saying why"] if failed else []


def _messages(found: object) -> Iterator[str]:
    for item in _list(found):
        if item.get("Message"):
            yield str(item["Message"])[:300]


def _list(found: object) -> list[dict[str, Any]]:
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
