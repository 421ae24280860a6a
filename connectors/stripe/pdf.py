"""The PDF of an invoice: a file at another host, which must never see the API key."""

import ipaddress
from urllib.parse import urljoin, urlsplit

from stripe import APIConnectionError, RequestsClient
from urllib3.exceptions import HTTPError

from connectors.errors import ConnectorError, Malformed, NotFound, Refused, Uncertain
from connectors.transport import connection_error

#: No invoice is larger.
_LARGEST = 20 * 2**20
_HOPS = 3
_WHAT = "get the PDF"


def download(transport: RequestsClient, url: str) -> bytes:
    """Follows a few redirects; https only, but for this machine itself. Raises ConnectorError."""
    for _ in range(_HOPS):
        _check(url)
        status, headers, body = _fetch(transport, url)
        if status not in {301, 302, 303, 307, 308}:
            return _pdf(status, body)
        url = urljoin(url, headers.get("location", ""))
    raise Refused(f"{_WHAT}: the address leads from one place to another without end")


def _check(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname or "")):
        raise Refused(f"{_WHAT}: its address is not https")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _fetch(transport: RequestsClient, url: str) -> tuple[int, dict[str, str], bytes]:
    try:
        stream, status, told = transport.request_stream("get", url, {"User-Agent": "owed"})
        body = stream.read(_LARGEST + 1, decode_content=True)
        stream.release_conn()
    except (APIConnectionError, HTTPError) as error:
        raise connection_error(error, _WHAT) from None
    return status, {name.lower(): value for name, value in told.items()}, body


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
