"""OAuth 2 for both book-keeping platforms: consent, code exchange, refresh and revoke.

Done here and not by the vendors' libraries, because a refresh token at Xero can be used once: whoever loses the
answer loses the connection. TokenStore.renew lets one caller refresh at a time and stores before anyone uses.
"""

import base64
import datetime as dt
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlencode

import msgspec
import requests

from connectors.errors import ConnectorError, Malformed, Unauthorised, Uncertain, Unreachable
from connectors.protocol import Clock, Endpoint, Tokens, TokenStore
from connectors.transport import connection_error

#: A token that dies within this time is renewed before it is used.
_MARGIN = dt.timedelta(seconds=90)


@dataclass(frozen=True, slots=True)
class OAuthServer:
    """A platform's addresses and habits. An Endpoint's own URLs go before these."""

    title: str
    authorize_url: str
    token_url: str
    revoke_url: str
    scopes: tuple[str, ...]
    #: How the client proves itself at the token address.
    client_auth: Literal["basic", "body"]
    revoke_body: Literal["json", "form"]
    #: Sent with every request to the token service.
    token_headers: Mapping[str, str] = field(default_factory=dict)


class KeyGrant:
    """A secret key: it never expires, and a refused one needs a person."""

    renewable = False

    def __init__(self, tokens: TokenStore) -> None:
        self._tokens = tokens

    def access(self) -> str:
        found = self._tokens.load()
        key = found.api_key or found.access_token
        if not key:
            raise Unauthorised("there is no API key: reconnect")
        return key

    def renew(self, refused: str) -> str:  # noqa: ARG002 - the protocol's argument; a key cannot be renewed
        raise Unauthorised("the API key is refused: reconnect")


class OAuthGrant:
    """Access tokens of one grant, renewed a little before they expire and once when one is refused.

    A token is held for the next calls of the same connector, so that the store is not asked before each of them.
    """

    def __init__(self, server: OAuthServer, endpoint: Endpoint, tokens: TokenStore, clock: Clock) -> None:
        self._server = server
        self._endpoint = endpoint
        self._tokens = tokens
        self._clock = clock
        self._held: Tokens | None = None

    @property
    def renewable(self) -> bool:
        return bool(self._tokens.load().refresh_token)

    def access(self) -> str:
        if self._held is None or self._expires_soon(self._held):
            self._held = self._current()
        return self._held.access_token

    def _current(self) -> Tokens:
        found = self._tokens.load()
        if found.refresh_token and self._expires_soon(found):
            found = self._renew(found)
        if not found.access_token:
            raise Unauthorised(f"{self._server.title} is not connected: reconnect")
        return found

    def renew(self, refused: str) -> str:
        """`refused` is the access token the platform did not take; another caller's newer one is used as it is."""
        found = self._tokens.load()
        self._held = self._renew(found) if found.access_token == refused else found
        return self._held.access_token

    def _expires_soon(self, found: Tokens) -> bool:
        if not found.access_token:
            return True
        return found.access_expires_at is not None and found.access_expires_at - _MARGIN <= self._clock()

    def _renew(self, stale: Tokens) -> Tokens:
        return self._tokens.renew(stale, lambda held: refresh(self._server, self._endpoint, held, self._clock()))


@dataclass(frozen=True, slots=True)
class Consent:
    """A consent page to open in a browser. `state` and `verifier` are kept until the redirect comes back."""

    url: str
    state: str
    verifier: str


def consent(server: OAuthServer, endpoint: Endpoint, client_id: str, redirect_uri: str) -> Consent:
    """With a state against forged redirects and PKCE (RFC 7636, S256) against stolen codes."""
    state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    scopes = endpoint.options.get("scopes", " ".join(server.scopes))
    query = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "scope": scopes,
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return Consent(f"{endpoint.authorize_url or server.authorize_url}?{urlencode(query)}", state, verifier)


def code_of(query: Mapping[str, str], state: str) -> str:
    """The code in a redirect's query; raises Unauthorised when consent was refused or the state is not ours."""
    if not secrets.compare_digest(query.get("state", "").encode(), state.encode()):
        raise Unauthorised("the redirect does not belong to this consent page: connect again")
    if query.get("error") or not query.get("code"):
        raise Unauthorised(f"consent was not given ({_word(query.get('error', 'no code'))}): connect again")
    return query["code"]


def exchange(
    server: OAuthServer, endpoint: Endpoint, app: Tokens, code: str, redirect_uri: str, verifier: str, now: dt.datetime
) -> Tokens:
    """The first tokens of a grant. `app` holds the client id and secret. Raises ConnectorError."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri, "code_verifier": verifier}
    return _tokens(server, endpoint, app, form, now)


def refresh(server: OAuthServer, endpoint: Endpoint, held: Tokens, now: dt.datetime) -> Tokens:
    """The next tokens; the old refresh token may be dead afterwards, so store the answer before using it.

    Raises Unauthorised when a person has to reconnect. After Uncertain the same refresh token may be tried again:
    both platforms keep the previous one alive for a while.
    """
    form = {"grant_type": "refresh_token", "refresh_token": held.refresh_token}
    return _tokens(server, endpoint, held, form, now)


def revoke(server: OAuthServer, endpoint: Endpoint, held: Tokens) -> None:
    """End the grant at the platform; at Xero this ends all connections of the user who gave it."""
    url = endpoint.revoke_url or server.revoke_url
    token = {"token": held.refresh_token or held.access_token}
    body: dict[str, Any] = {"json": token} if server.revoke_body == "json" else {"data": token}
    answer = _post(server, url, endpoint, auth=(held.client_id, held.client_secret), **body)
    if not _succeeded(answer) and answer.status_code != 400:  # 400: the token was dead already
        raise _refusal(server, answer)


def _tokens(server: OAuthServer, endpoint: Endpoint, app: Tokens, form: dict[str, str], now: dt.datetime) -> Tokens:
    url = endpoint.token_url or server.token_url
    if server.client_auth == "basic":
        answer = _post(server, url, endpoint, data=form, auth=(app.client_id, app.client_secret))
    else:
        secret = {"client_id": app.client_id, "client_secret": app.client_secret}
        answer = _post(server, url, endpoint, data=form | secret)
    if not _succeeded(answer):
        raise _refusal(server, answer)
    return _read_tokens(server, answer, app, now)


class _TokenAnswer(msgspec.Struct):
    access_token: str
    refresh_token: str = ""
    expires_in: float = 1800
    x_refresh_token_expires_in: float | None = None
    #: QuickBooks: the end of the whole grant, which no use puts off; told when asked for by a header.
    x_refresh_token_hard_expires_in: float | None = None


def _read_tokens(server: OAuthServer, answer: requests.Response, app: Tokens, now: dt.datetime) -> Tokens:
    try:
        found = msgspec.json.decode(answer.content, type=_TokenAnswer)
        return msgspec.structs.replace(
            app,
            access_token=found.access_token,
            refresh_token=found.refresh_token or app.refresh_token,
            access_expires_at=_after(now, found.expires_in),
            refresh_expires_at=_refresh_end(found, now) or app.refresh_expires_at,
        )
    except (msgspec.DecodeError, UnicodeDecodeError, OverflowError):
        raise Malformed(f"{server.title}: the token answer is not what the platform documents") from None


def _refresh_end(found: _TokenAnswer, now: dt.datetime) -> dt.datetime | None:
    """The earlier one of the end that use puts off and the end that nothing does."""
    told = (found.x_refresh_token_expires_in, found.x_refresh_token_hard_expires_in)
    return _after(now, min((seconds for seconds in told if seconds is not None), default=None))


def _succeeded(answer: requests.Response) -> bool:
    """A redirect is none: tokens go to the address that was asked, and nowhere else."""
    return 200 <= answer.status_code < 300


def _after(now: dt.datetime, seconds: float | None) -> dt.datetime | None:
    return None if seconds is None else now + dt.timedelta(seconds=seconds)


def _post(server: OAuthServer, url: str, endpoint: Endpoint, **arguments: Any) -> requests.Response:
    headers = {"Accept": "application/json", **server.token_headers}
    try:
        return requests.post(url, headers=headers, timeout=endpoint.timeout, allow_redirects=False, **arguments)
    except requests.RequestException as error:
        raise connection_error(error, f"{server.title}: token service") from None


def _refusal(server: OAuthServer, answer: requests.Response) -> ConnectorError:
    code = _error_code(answer)
    if code == "invalid_grant":
        return Unauthorised(f"{server.title} no longer accepts this connection: reconnect", code=code)
    if code in {"invalid_client", "unauthorized_client"}:
        words = (
            f"{server.title} does not know the client id or secret ({code}): check the app's settings, then reconnect"
        )
        return Unauthorised(words, code=code)
    if answer.status_code == 429:
        wait = answer.headers.get("Retry-After", "")
        return _throttled(server, int(wait) if wait.isdigit() else 60)
    if answer.status_code >= 500:
        return Uncertain(f"{server.title}: the token service failed with status {answer.status_code}")
    words = f"{server.title}: the token service refused ({code or answer.status_code}): reconnect"
    return Unauthorised(words, code=code)


def _throttled(server: OAuthServer, seconds: int) -> ConnectorError:
    return Unreachable(f"{server.title}: the token service asks to come back in {seconds} seconds", code="429")


def _error_code(answer: requests.Response) -> str:
    try:
        found = msgspec.json.decode(answer.content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    return _word(found.get("error", "")) if isinstance(found, dict) else ""


def _word(value: object) -> str:
    """An error code as a plain word; anything longer might be a secret."""
    plain = str(value)[:40]
    return plain if plain.replace("_", "").replace("-", "").replace(" ", "").isalnum() else ""
