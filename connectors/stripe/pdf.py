"""The PDF of an invoice: a file at another host, which must never see the API key."""

import ipaddress
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError

from connectors.errors import ConnectorError, Malformed, NotFound, Refused, Uncertain
from connectors.transport import connection_error

#: No invoice is larger.
_LARGEST = 20 * 2**20
_HOPS = 3
_WHAT = "get the PDF"


def download(url: str, timeout: tuple[float, float]) -> bytes:
    """Follows a few redirects; https only, but for this machine itself. Raises ConnectorError."""
    for _ in range(_HOPS):
        _check(url)
        status, headers, body = _fetch(url, timeout)
        if status not in {301, 302, 303, 307, 308}:
            return _pdf(status, body)
        url = urljoin(url, headers.get("location", ""))
    raise Refused(f"{_WHAT}: the address leads from one place to another without end")


def _check(url: str) -> None:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise Refused(f"{_WHAT}: its address is none") from None
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname or "")):
        raise Refused(f"{_WHAT}: its address is not https")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _fetch(url: str, timeout: tuple[float, float]) -> tuple[int, dict[str, str], bytes]:
    """Outside the API's own session, which reads whole bodies however large; nobody's netrc is looked at."""
    settings: dict[str, Any] = {"allow_redirects": False, "stream": True, "auth": _nobody}
    try:
        with requests.get(url, headers={"User-Agent": "owed"}, timeout=timeout, **settings) as answer:
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return answer.status_code, headers, answer.raw.read(_LARGEST + 1, decode_content=True)
    except (requests.RequestException, HTTPError) as error:
        raise connection_error(error, _WHAT) from None


def _nobody(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _pdf(status: int, body: bytes) -> bytes:
    if status != 200:
        raise _failure(status)
    if len(body) > _LARGEST:
        raise Refused(f"{_WHAT}: it is larger than {_LARGEST >> 20} MB")
    if not body.startswith(b"%PDF-"):
        raise Malformed(f"{_WHAT}: what came is no PDF")
    return body


def _failure(status: int) -> ConnectorError:
    if status in {404, 410}:
        return NotFound(f"{_WHAT}: it is no longer there")
    return (Uncertain if status >= 500 else Refused)(f"{_WHAT}: status {status}")
