"""QuickBooks over its official SDK, which carries the requests: URLs, session and bearer header.

The SDK's own parsing, time-out (none), refresh and faults (no status, first error only) are left unused: answers are
taken as bytes from `process_request`.
"""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec
import requests
from quickbooks import QuickBooks

from connectors.errors import Malformed, Unauthorised
from connectors.oauth import OAuthGrant
from connectors.protocol import Clock, Endpoint, Limiter, TokenStore
from connectors.quickbooks.faults import verdict
from connectors.quickbooks.manifest import API_BASE, OAUTH
from connectors.session import PlainSession
from connectors.transport import Answer, Caller, Send, connection_error, json_of

#: Intuit ignores lower ones since August 2025.
MINOR_VERSION = 75
PAGE_SIZE = 1000
_JSON = "application/json"


class _NoHiddenCalls:
    """What the SDK wants to know of its OAuth client; with a token present it never refreshes by itself."""

    environment = "production"
    client_id = ""
    access_token = "unused"  # noqa: S105 - the bearer header is set per request
    refresh_token = None


class _Query(msgspec.Struct):
    QueryResponse: dict[str, msgspec.Raw] = {}
    time: str = ""


class _Count(msgspec.Struct, rename={"total": "totalCount"}):
    total: int


class _Counted(msgspec.Struct):
    QueryResponse: _Count


class _Block(msgspec.Struct):
    QueryResponse: list[dict[str, msgspec.Raw]] = []


class _Changes(msgspec.Struct):
    CDCResponse: list[_Block]
    time: str = ""


class Found(msgspec.Struct, frozen=True):
    """Raw records by entity, and the platform's clock when it answered."""

    rows: dict[str, list[bytes]]
    time: dt.datetime

    def of(self, entity: str) -> list[bytes]:
        return self.rows.get(entity, [])


class QuickBooksClient:
    """One realm. Not for several threads at once."""

    def __init__(self, endpoint: Endpoint, tokens: TokenStore, limiter: Limiter, clock: Clock) -> None:
        self.realm = endpoint.account or tokens.load().extra.get("account", "")
        if not self.realm:
            raise Unauthorised(f"{endpoint.name}: the company is not known: set account to its realm id, or reconnect")
        self._caller = Caller(OAuthGrant(OAUTH, endpoint, tokens, clock), limiter, clock, verdict)
        self._sdk = QuickBooks(auth_client=_NoHiddenCalls(), company_id=self.realm, minorversion=MINOR_VERSION)
        self._session = self._sdk.session = PlainSession(endpoint.timeout)
        self._sdk.api_url_v3 = (endpoint.api_base or API_BASE).rstrip("/")

    def query(self, statement: str, entity: str) -> Found:
        """`statement` holds no foreign text; use `quoted` for values."""
        send = self._send("POST", "query", {}, statement.encode(), "application/text")
        return self._caller.read(f"query {entity}", send, _read_query)

    def count(self, entity: str, where: str) -> int:
        """How many records a query would show; one metered call."""
        statement = f"SELECT COUNT(*) FROM {entity}{f' WHERE {where}' if where else ''}"  # noqa: S608 - our own words only
        send = self._send("POST", "query", {}, statement.encode(), "application/text")
        return self._caller.read(f"count {entity}", send, read_count)

    def changes(self, entities: tuple[str, ...], since: dt.datetime) -> Found:
        """Everything that changed, deletions too; at most 1000 records and 30 days, which Intuit cuts off silently."""
        parameters = {"entities": ",".join(entities), "changedSince": since.isoformat(timespec="seconds")}
        return self._caller.read("change data capture", self._send("GET", "cdc", parameters), read_changes)

    def get(self, path: str, **parameters: str) -> dict[str, Any]:
        return self._caller.read(f"get {path}", self._send("GET", path, parameters), json_of)

    def pdf(self, path: str) -> bytes:
        return self._caller.read(f"get {path}", self._send("GET", path, {}, accept="application/pdf"), _read_pdf)

    def post(self, path: str, body: Mapping[str, Any], request_id: str, **parameters: str) -> Answer:
        """`body` holds floats where QuickBooks wants numbers; decimals as text would be refused."""
        send = self._send("POST", path, {"requestid": request_id} | parameters, msgspec.json.encode(body), _JSON)
        return self._caller.write(f"post {path}", send)

    def send_invoice(self, invoice_id: str, to: str, request_id: str) -> Answer:
        path = f"invoice/{safe(invoice_id)}/send"
        parameters = {"requestid": request_id} | ({"sendTo": to} if to else {})
        return self._caller.write("send invoice", self._send("POST", path, parameters, b"", "application/octet-stream"))

    def _send(
        self,
        method: str,
        path: str,
        parameters: dict[str, str],
        body: bytes = b"",
        content_type: str = _JSON,
        accept: str = _JSON,
    ) -> Send:
        url = f"{self._sdk.api_url}/company/{self.realm}/{path}"

        def send(token: str) -> Answer:
            self._session.access_token = token
            headers = {"Content-Type": content_type, "Accept": accept, "User-Agent": "owed"}
            query = parameters | {"minorversion": str(MINOR_VERSION)}
            try:
                found = self._sdk.process_request(method, url, headers=headers, params=query, data=body or None)
            except requests.RequestException as error:
                raise connection_error(error, f"{method.lower()} {path.partition('/')[0]}") from None
            return Answer.of(found.status_code, found.headers, found.content)

        return send


def safe(identifier: str) -> str:
    """An id as a part of a path."""
    return quote(identifier, safe="")


def quoted(value: str) -> str:
    """A value in a query, between apostrophes."""
    return "'" + re.sub(r"(['\\])", r"\\\1", value) + "'"


def _read_query(answer: Answer) -> Found:
    try:
        page = msgspec.json.decode(answer.body, type=_Query)
        rows = {name: _slices(raw) for name, raw in page.QueryResponse.items() if name[:1].isupper()}
        return Found(rows, dt.datetime.fromisoformat(page.time))
    except (msgspec.DecodeError, ValueError):
        raise Malformed(f"the answer is not a query's: {answer.excerpt()!r}") from None


def read_count(answer: Answer) -> int:
    try:
        return msgspec.json.decode(answer.body, type=_Counted).QueryResponse.total
    except msgspec.DecodeError:
        raise Malformed(f"the answer is not a count: {answer.excerpt()!r}") from None


def _read_pdf(answer: Answer) -> bytes:
    """A document that was cut off lacks its end mark."""
    if not answer.body.startswith(b"%PDF-") or b"%%EOF" not in answer.body[-1024:]:
        raise Malformed("the answer is not a whole PDF")
    return answer.body


def read_changes(answer: Answer) -> Found:
    rows: dict[str, list[bytes]] = {}
    try:
        page = msgspec.json.decode(answer.body, type=_Changes)
        for entities in (found for block in page.CDCResponse for found in block.QueryResponse):
            for name, raw in entities.items():
                if name[:1].isupper():
                    rows.setdefault(name, []).extend(_slices(raw))
        return Found(rows, dt.datetime.fromisoformat(page.time))
    except (msgspec.DecodeError, ValueError):
        raise Malformed(f"the answer is not change data: {answer.excerpt()!r}") from None


def _slices(raw: msgspec.Raw) -> list[bytes]:
    return [bytes(item) for item in msgspec.json.decode(raw, type=list[msgspec.Raw])]
