"""Xero over its official SDK, which carries the requests: URLs, pool and bearer header.

The SDK's hidden retries (which repeat PUTs), its shared token object, its refresh and its models are switched off or
left unused: answers are taken as bytes.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec
import urllib3
from xero_python.api_client import ApiClient
from xero_python.api_client.configuration import Configuration
from xero_python.api_client.oauth2 import OAuth2Token
from xero_python.exceptions import ApiException, HTTPStatusException

from connectors.errors import Forbidden, Malformed, NotFound, Refused, Unauthorised
from connectors.fields import Record, Unreadable, records
from connectors.oauth import OAuthGrant
from connectors.protocol import Clock, Endpoint, Limiter, TokenStore
from connectors.transport import Answer, Caller, Send, connection_error, json_of
from connectors.xero.dates import instant_in
from connectors.xero.faults import verdict
from connectors.xero.manifest import API_BASE, CONNECTIONS_URL, OAUTH

PAGE_SIZE = 1000
_JSON = "application/json"
#: Xero bills by the byte; a server that does not compress passes gzip over.
_HEADERS = {"Accept": _JSON, "Content-Type": _JSON, "Accept-Encoding": "gzip"}


class Found(msgspec.Struct, frozen=True):
    """One page: raw records, Xero's clock when it answered (None: not told), whether more follow, and how many
    records the whole list has (None: not told)."""

    raws: list[bytes]
    time: dt.datetime | None = None
    last: bool = True
    count: int | None = None


class _Pagination(msgspec.Struct):
    page: int = 1
    pages: int | None = msgspec.field(default=None, name="pageCount")
    items: int | None = msgspec.field(default=None, name="itemCount")


class XeroClient:
    """One tenant. Not for several threads at once."""

    def __init__(self, endpoint: Endpoint, tokens: TokenStore, limiter: Limiter, clock: Clock) -> None:
        self.tenant = endpoint.account or tokens.load().extra.get("account", "")
        self._grant = OAuthGrant(OAUTH, endpoint, tokens, clock)
        self._caller = Caller(self._grant, limiter, clock, verdict)
        self._name = endpoint.name
        self._base = (endpoint.api_base or API_BASE).rstrip("/")
        self._connections_url = endpoint.options.get("connections_url", CONNECTIONS_URL)
        self._timeout = endpoint.timeout
        self._token = ""
        #: Branding themes, and whether a payment service takes money for them.
        self.themes: dict[str, bool] = {}
        #: Invoices that this client has just read and that can be paid online.
        self.payable: set[str] = set()
        self._sdk = self._open()

    def _open(self) -> ApiClient:
        configuration = Configuration()
        # Assigned afterwards: the constructor hands out one shared token object, and with it another tenant's token.
        configuration.oauth2_token = OAuth2Token()
        sdk = ApiClient(configuration, oauth2_token_getter=self._sdk_token, oauth2_token_saver=lambda _: None)
        once = urllib3.Retry(total=0, redirect=0, raise_on_redirect=False, respect_retry_after_header=False)
        sdk.rest_client.pool_manager.connection_pool_kw["retries"] = once
        return sdk

    def _sdk_token(self) -> dict[str, Any]:
        """Without an expiry and a refresh token the SDK never refreshes by itself."""
        return {
            "access_token": self._token,
            "refresh_token": None,
            "expires_in": 1800,
            "expires_at": None,
            "token_type": "Bearer",
            "scope": ["accounting"],
        }

    def page(self, entity: str, since: str, page: int, query: Mapping[str, str]) -> Found:
        """One page of a list, changed since the UTC instant `since` (ISO without zone; "" for everything)."""
        parameters = {"page": str(page), "pageSize": str(PAGE_SIZE)} | dict(query)
        return self._list(entity, since, parameters)

    def whole(self, entity: str, since: str, query: Mapping[str, str]) -> Found:
        """A list that Xero gives without pages: all of it, changed since `since`."""
        return msgspec.structs.replace(self._list(entity, since, query), last=True)

    def single(self, entity: str, wanted: str) -> list[bytes]:
        """One record by its id, raw. Raises NotFound."""
        send = self._send("GET", f"{entity}/{safe(wanted)}", {}, {})
        return self._caller.read(f"get {entity}", send, lambda answer: _read_page(answer, entity)).raws

    def pdf(self, invoice_id: str) -> bytes:
        """The invoice as Xero prints it. Raises NotFound."""
        send = self._send("GET", f"Invoices/{safe(invoice_id)}", {}, {"Accept": "application/pdf"})
        return self._caller.read("get the invoice as PDF", send, _read_pdf)

    def _list(self, entity: str, since: str, parameters: Mapping[str, str]) -> Found:
        headers = {"If-Modified-Since": since} if since else {}
        send = self._send("GET", entity, parameters, headers)
        return self._caller.read(f"list {entity}", send, lambda answer: _read_page(answer, entity))

    def get(self, path: str, **parameters: str) -> dict[str, Any]:
        return self._caller.read(f"get {_what(path)}", self._send("GET", path, parameters, {}), json_of)

    def document(self, entity: str, wanted: str) -> Record:
        """One record by its id, with exact decimals. Raises NotFound."""
        found = records(self.get(f"{entity}/{safe(wanted)}"), entity)
        if not found:
            raise NotFound(f"Xero shows none of its {entity} under this id")
        return found[0]

    def write(self, method: str, path: str, body: dict[str, Any], key: str) -> Answer:
        """`key` becomes the Idempotency-Key. A 200 is not yet a success: the elements have to be read."""
        parameters = {} if path.endswith("/Email") else {"summarizeErrors": "false"}
        send = self._send(method, path, parameters, {"Idempotency-Key": key}, body)
        return self._caller.write(f"{method.lower()} {_what(path)}", send)

    def theme_takes_payments(self, theme: str) -> bool:
        """Has this branding theme a payment service? Asked once for every theme. Without the scope paymentservices
        Xero does not say, and then its pages are not used."""
        if theme not in self.themes:
            send = self._send("GET", f"BrandingThemes/{safe(theme)}/PaymentServices", {}, {})
            try:
                found = self._caller.read("get PaymentServices", send, json_of, renew=False)
                self.themes[theme] = bool(records(found, "PaymentServices"))
            except (Unauthorised, Forbidden, Refused, Malformed):
                self.themes[theme] = False  # a link at Stripe, or none, serves as well
        return self.themes[theme]

    def tenants(self) -> list[dict[str, Any]]:
        """The organisations that this grant may see: tenantId, tenantName, tenantType, id of the connection."""
        send = self._send_to("GET", self._connections_url, {}, {}, None)
        return self._caller.read("list connections", send, _read_list)

    def _send(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, str],
        headers: Mapping[str, str],
        body: dict[str, Any] | None = None,
    ) -> Send:
        if not self.tenant:
            raise Unauthorised(
                f"{self._name}: the organisation is not known: set account to its tenant id, or reconnect"
            )
        tenant = {"xero-tenant-id": self.tenant}
        return self._send_to(method, f"{self._base}/{path}", parameters, tenant | dict(headers), body)

    def _send_to(
        self,
        method: str,
        url: str,
        parameters: Mapping[str, str],
        headers: dict[str, str],
        body: dict[str, Any] | None,
    ) -> Send:
        def send(token: str) -> Answer:
            self._token = token
            try:
                found = self._sdk.call_api(
                    url,
                    method,
                    {},
                    list(parameters.items()),
                    _HEADERS | headers,
                    body=body,
                    auth_settings=["OAuth2"],
                    _preload_content=False,
                    _return_http_data_only=True,
                    _request_timeout=self._timeout,
                )
                return Answer.of(found.status, found.headers, found.data)
            except HTTPStatusException as error:
                response = error.http_resp
                return Answer.of(response.status, response.urllib3_response.headers, response.data)
            except (urllib3.exceptions.HTTPError, ApiException) as error:
                raise connection_error(error, f"{method.lower()} {_what(url)}") from None

        return send


def safe(identifier: str) -> str:
    """An id as a part of a path."""
    return quote(identifier, safe="")


def _what(path: str) -> str:
    """The kind of thing a path names, without ids."""
    return next((part for part in reversed(path.split("/")) if part.isalpha()), path)


def _read_page(answer: Answer, entity: str) -> Found:
    if answer.status == 304 or not answer.body.strip():
        return Found([])
    try:
        page = msgspec.json.decode(answer.body, type=dict[str, msgspec.Raw])
        raws = [bytes(raw) for raw in msgspec.json.decode(page[entity], type=list[msgspec.Raw])]
        stamp = msgspec.json.decode(page.get("DateTimeUTC", msgspec.Raw(b'""')), type=str)
        told = page.get("pagination")
        shown = msgspec.json.decode(told, type=_Pagination) if told else None
        last = shown.page >= shown.pages if shown and shown.pages is not None else not raws
        return Found(raws, instant_in(stamp) if stamp else None, last, shown.items if shown else None)
    except (msgspec.DecodeError, RecursionError, KeyError, ValueError, Unreadable):
        raise Malformed(f"the answer is not a list of {entity}: {answer.excerpt()!r}") from None


def _read_pdf(answer: Answer) -> bytes:
    if not answer.body.startswith(b"%PDF-"):
        raise Malformed(f"the answer is no PDF: {answer.excerpt()!r}")
    return answer.body


def _read_list(answer: Answer) -> list[dict[str, Any]]:
    try:
        return msgspec.json.decode(answer.body, type=list[dict[str, Any]])
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise Malformed("the answer is not a list of connections") from None
