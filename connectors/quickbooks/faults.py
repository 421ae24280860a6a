"""What a QuickBooks answer means when it is no success. Pure.

Codes: Intuit's error code list. The gateway answers in JSON, in JSON with lower-case names, in XML or not at all,
whatever was asked for; and a Fault can stand in an answer with status 200.
"""

import datetime as dt
import re
from typing import NamedTuple

import msgspec

from connectors.errors import (
    Conflict,
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

#: Seconds to wait after a 429; Intuit documents a minute and promises no Retry-After header.
_PAUSE = 60

#: The code of an error about a day in closed books, at every platform.
LOCKED = "locked"
_CLOSED_BOOKS = "6210"

_XML_ERROR = re.compile(
    rb'<Error[^>]*\bcode="(\d+)"[^>]*>.*?<Message>(.*?)</Message>(?:\s*<Detail>(.*?)</Detail>)?', re.DOTALL
)


class Fault(NamedTuple):
    code: str
    message: str


def faults(body: bytes) -> list[Fault]:
    """All errors that an answer tells; [] when it tells none."""
    if body.lstrip()[:1] == b"<":
        return [
            Fault(
                code.decode().lstrip("0"),
                _joined(message.decode("utf-8", "replace"), detail.decode("utf-8", "replace")),
            )
            for code, message, detail in _XML_ERROR.findall(body)
        ]
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return []
    fault = (found.get("Fault") or found.get("fault")) if isinstance(found, dict) else None
    errors = (fault.get("Error") or fault.get("error")) if isinstance(fault, dict) else None
    return [_fault(error) for error in errors or [] if isinstance(error, dict)]


def _fault(error: dict[str, object]) -> Fault:
    lower = {name.lower(): value for name, value in error.items()}
    message, detail = str(lower.get("message") or ""), str(lower.get("detail") or "")
    return Fault(str(lower.get("code") or "").lstrip("0"), _joined(message, detail))


def _joined(message: str, detail: str) -> str:
    said = message if not detail or detail == message else f"{message}: {detail}"
    return " ".join(said.split())[:300]


def verdict(answer: Answer, now: dt.datetime) -> ConnectorError | None:
    """The error that an answer is, or None for a success."""
    if answer.ok and b'"Fault"' not in answer.body[:500]:
        return None
    found = faults(answer.body)
    if answer.ok and not found:
        return None
    error = _error(answer, found, now)
    error.code = LOCKED if any(fault.code == _CLOSED_BOOKS for fault in found) else found[0].code if found else ""
    error.reference = answer.headers.get("intuit_tid", "")
    return error


def _error(answer: Answer, found: list[Fault], now: dt.datetime) -> ConnectorError:
    codes = {fault.code for fault in found}
    status = answer.status
    if status == 429 or "3001" in codes:
        return Throttled("too many calls", retry_at=retry_after(answer, now, _PAUSE))
    if status == 401 or codes & {"3200", "100"}:
        # The detail of this fault holds a part of the token.
        return Unauthorised("QuickBooks does not accept the access token: reconnect")
    if status == 403 or codes & {"120", "3100", "6190"}:
        return Forbidden("QuickBooks gives no access to this company (permission, or its subscription has lapsed)")
    if status == 408:
        return Uncertain(f"QuickBooks gave up waiting (status {status})")
    if status >= 500 or "10000" in codes:
        return PlatformFailed(f"QuickBooks failed with status {status}")
    said = "; ".join(fault.message for fault in found) or f"status {status} {answer.excerpt()!r}"
    if "5010" in codes:
        return Conflict(said)
    return NotFound(said) if status == 404 or "610" in codes else Refused(said)
