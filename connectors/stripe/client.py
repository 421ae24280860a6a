"""Stripe over its official SDK's transport, which carries the requests: sessions, certificates, API version.

`RequestsClient.request` is the part of the SDK below its models: they would build about 60 objects an invoice
(240 invoices a second), keep the secret key inside each of them, and read rates as floats.
"""

import datetime as dt
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
import stripe
from stripe import APIConnectionError, RequestsClient

from connectors.errors import Malformed
from connectors.oauth import KeyGrant
from connectors.protocol import Clock, Endpoint, Limiter, TokenStore
from connectors.session import PlainSession
from connectors.stripe import pdf
from connectors.stripe.faults import verdict
from connectors.stripe.manifest import API_BASE
from connectors.transport import Answer, Caller, Send, connection_error, json_of

PAGE_SIZE = 100
#: The version that this release of the SDK is made for; events of another version are read again.
API_VERSION: str = stripe.api_version


class Found(msgspec.Struct):
    """One page of a list, raw."""

    data: list[msgspec.Raw]
    has_more: bool

    @property
    def next(self) -> str:
        """The record to go on from. Raises Malformed when there is more but the last one here has no name."""
        found = id_of(self.data[-1]) if self.data else ""
        if self.has_more and not found:
            raise Malformed("a list goes on, but its last record has no id")
        return found


class _OneAtATime:
    """A limiter for several threads: who waits for the limit makes the others wait too."""

    def __init__(self, limiter: Limiter) -> None:
        self._limiter = limiter
        self._turn = threading.Lock()

    def spend(self, calls: int = 1, *, write: bool = False) -> None:
        with self._turn:
            self._limiter.spend(calls, write=write)

    def pause(self, until: dt.datetime, reason: str) -> None:
        with self._turn:
            self._limiter.pause(until, reason)


class StripeClient:
    """One account, or one connected account of a platform key. Reads may be made from several threads."""

    def __init__(self, endpoint: Endpoint, tokens: TokenStore, limiter: Limiter, clock: Clock) -> None:
        self._caller = Caller(KeyGrant(tokens), _OneAtATime(limiter), clock, verdict)
        self._base = (endpoint.api_base or API_BASE).rstrip("/")
        self._account = endpoint.account if endpoint.options.get("connect") == "true" else ""
        self._timeout = endpoint.timeout
        self._tokens = tokens
        self._threads = threading.local()

    @property
    def live(self) -> bool | None:
        """The mode that the key is for, which it says itself (sk_live_, rk_test_); None for another form of key."""
        found = self._tokens.load()
        mode = (found.api_key or found.access_token).split("_")[1:2]
        return {"live": True, "test": False}.get(mode[0]) if mode else None

    @property
    def _transport(self) -> RequestsClient:
        """One session for each thread: the library's sessions are not to be shared."""
        if not hasattr(self._threads, "transport"):
            session = PlainSession(self._timeout)
            self._threads.transport = RequestsClient(timeout=self._timeout, session=session)
        found: RequestsClient = self._threads.transport
        return found

    def page(self, path: str, query: Mapping[str, Any]) -> Found:
        send = self._send("get", path, {"limit": PAGE_SIZE} | dict(query))
        return self._caller.read(f"list {path.rpartition('/')[2]}", send, _read_page)

    def pages(self, path: str, query: Mapping[str, Any]) -> Iterator[Found]:
        """All pages, newest record first."""
        after: dict[str, Any] = {}
        while True:
            found = self.page(path, dict(query) | after)
            yield found
            if not found.has_more:
                return
            after = {"starting_after": found.next}

    def get(self, path: str, expand: Sequence[str] = ()) -> dict[str, Any]:
        return json_of(self.get_raw(path, expand))

    def get_raw(self, path: str, expand: Sequence[str] = ()) -> Answer:
        send = self._send("get", path, {"expand": list(expand)} if expand else {})
        return self._caller.read(f"get {_what(path)}", send, _checked)

    def download(self, url: str) -> bytes:
        """A file that Stripe named by its address; the key is not sent along."""
        return pdf.download(url, self._timeout)

    def post(self, path: str, form: Mapping[str, Any], key: str) -> Answer:
        """`key` becomes the Idempotency-Key: always ours, because the SDK's own changes with every call."""
        return self._caller.write(f"post {_what(path)}", self._send("post", path, form, key))

    def _send(self, method: str, path: str, parameters: Mapping[str, Any], key: str = "") -> Send:
        form = encode(parameters)
        url = f"{self._base}{path}"
        if method == "get" and form:
            url += f"?{form}"

        def send(token: str) -> Answer:
            headers = self._headers(token, key) | (
                {"Content-Type": "application/x-www-form-urlencoded"} if method == "post" else {}
            )
            body = form if method == "post" else None
            try:
                content, status, told = self._transport.request(method, url, headers, body)
            except APIConnectionError as error:
                raise connection_error(error, f"{method} {_what(path)}") from None
            return Answer.of(status, told, content)

        return send

    def _headers(self, token: str, key: str) -> dict[str, str]:
        headers = {"Authorization": f"Bearer {token}", "Stripe-Version": API_VERSION, "User-Agent": "owed"}
        if self._account:
            headers["Stripe-Account"] = self._account
        return headers | ({"Idempotency-Key": key} if key else {})


def encode(parameters: Mapping[str, Any]) -> str:
    """Stripe's form encoding: a[b]=1, a[0]=2. None is left out; "" unsets."""
    return urlencode(list(_flat("", parameters)))


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flat(f"{prefix}[{name}]" if prefix else str(name), inner)
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _flat(f"{prefix}[{index}]", inner)
    elif isinstance(value, bool):
        yield prefix, "true" if value else "false"
    elif value is not None:
        yield prefix, str(value)


def safe(identifier: str) -> str:
    """An id as a part of a path."""
    return quote(identifier, safe="")


class _Id(msgspec.Struct):
    id: str = ""


def id_of(raw: msgspec.Raw | bytes) -> str:
    """ "" for a record without a readable id."""
    try:
        return msgspec.json.decode(raw, type=_Id).id
    except msgspec.DecodeError:
        return ""


def _what(path: str) -> str:
    """The kind of thing a path names, without ids."""
    return next((part for part in reversed(path.split("/")) if part.replace("_", "").isalpha()), path)


def _read_page(answer: Answer) -> Found:
    try:
        return msgspec.json.decode(answer.body, type=Found)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Malformed(f"the answer is not a list: {answer.excerpt()!r}") from None


def _checked(answer: Answer) -> Answer:
    json_of(answer)
    return answer
