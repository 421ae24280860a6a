"""Xero's identity server: codes, single-use refresh tokens with a grace of 30 minutes, connections."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime, timedelta
from urllib.parse import urlencode

from sandbox.calls import Answer, Call, json_answer, text_answer
from sandbox.state import Record
from sandbox.world import new_code, new_guid
from sandbox.xero.books import Books
from sandbox.xero.errors import forbidden, missing, unauthorized

CLIENT_ID = "SANDBOXXEROCLIENT"
CLIENT_SECRET = "sandbox-xero-client-secret"  # noqa: S105 - the sandbox's own, worth nothing elsewhere
ACCESS_LIFE = timedelta(minutes=30)
REFRESH_LIFE = timedelta(days=60)
GRACE = timedelta(minutes=30)
CODE_LIFE = timedelta(minutes=5)
SCOPE = (
    "offline_access accounting.invoices accounting.payments accounting.contacts accounting.settings"
    " accounting.banktransactions"
)
#: The endpoints whose scope is looked at: the permission that a connection is most often made without.
NEEDS = {"/banktransactions": "accounting.banktransactions"}


class Tokens:
    def __init__(self, books: Books) -> None:
        self.books = books
        self.table = books.tokens

    def issue(self, now: datetime, scope: str = SCOPE) -> Record:
        access, refresh = new_code(60), new_code(43)
        self._keep(access, "access", now + ACCESS_LIFE, scope=scope)
        self._keep(refresh, "refresh", now + REFRESH_LIFE, scope=scope)
        return {
            "access_token": access,
            "expires_in": int(ACCESS_LIFE.total_seconds()),
            "token_type": "Bearer",
            "refresh_token": refresh,
            "scope": scope,
        }

    def _keep(self, value: str, kind: str, expires: datetime, **more: object) -> None:
        self.table.put({"id": value, "kind": kind, "expires": expires.isoformat(), "used": None, **more})

    # -- checks -----------------------------------------------------------------------------------------------------

    def check(self, call: Call) -> Answer | None:
        """None when the bearer token is good."""
        scheme, _, value = call.header("authorization").partition(" ")
        token = self.table.get(value.strip())
        if scheme.lower() != "bearer" or token is None or token["kind"] != "access":
            return unauthorized()
        if datetime.fromisoformat(token["expires"]) <= call.now:
            moment = datetime.fromisoformat(token["expires"]).strftime("%m/%d/%Y %H:%M:%S")
            return unauthorized(f"TokenExpired: token expired at {moment}")
        return None if allows(str(token.get("scope", SCOPE)), call) else forbidden()

    # -- endpoints --------------------------------------------------------------------------------------------------

    def authorize(self, call: Call) -> Answer:
        """Consents at once and sends the browser back with a code."""
        back = call.argument("redirect_uri")
        if call.argument("client_id") != CLIENT_ID or not back:
            return text_answer("unauthorized_client: unknown client_id or no redirect_uri", 400)
        code = new_code(43)
        scope = call.argument("scope") or SCOPE
        self._keep(code, "code", call.now + CODE_LIFE, redirect_uri=back, scope=scope)
        self.restore_connection(call.now)
        query = urlencode({"code": code, "scope": scope, "state": call.argument("state")})
        return Answer(302, headers={"Location": f"{back}{'&' if '?' in back else '?'}{query}"})

    def token(self, call: Call) -> Answer:
        form = dict(call.form())
        if client(call, form) != (CLIENT_ID, CLIENT_SECRET):
            return json_answer({"error": "invalid_client"}, 400)
        if form.get("grant_type") == "authorization_code":
            return self._from_code(call, form)
        if form.get("grant_type") == "refresh_token":
            return self._from_refresh(call, form)
        return json_answer({"error": "unsupported_grant_type"}, 400)

    def _from_code(self, call: Call, form: dict[str, str]) -> Answer:
        code = self.table.get(form.get("code", ""))
        if code is None or code["kind"] != "code" or datetime.fromisoformat(code["expires"]) <= call.now:
            return json_answer({"error": "invalid_grant"}, 400)
        if form.get("redirect_uri") != code["redirect_uri"]:
            return json_answer({"error": "invalid_grant"}, 400)
        self.table.remove(code["id"])
        return json_answer(self.issue(call.now, code["scope"]))

    def _from_refresh(self, call: Call, form: dict[str, str]) -> Answer:
        token = self.table.get(form.get("refresh_token", ""))
        if token is None or token["kind"] != "refresh" or datetime.fromisoformat(token["expires"]) <= call.now:
            return json_answer({"error": "invalid_grant"}, 400)
        if token["used"] and call.now - datetime.fromisoformat(token["used"]) > GRACE:
            return json_answer({"error": "invalid_grant"}, 400)
        if not token["used"]:
            token["used"] = call.now.isoformat()
            self.table.put(token)
        return json_answer(self.issue(call.now, token["scope"]))

    def revoke(self, call: Call) -> Answer:
        """Revocation ends every token and every connection of the user."""
        form = dict(call.form())
        if client(call, form) != (CLIENT_ID, CLIENT_SECRET):
            return json_answer({"error": "invalid_client"}, 400)
        if form.get("token", "") in self.table:
            for token in list(self.table):
                self.table.remove(token["id"])
            self.drop_connection()
        return Answer(200)

    # -- connections ------------------------------------------------------------------------------------------------

    def restore_connection(self, now: datetime) -> None:
        if self.books.world.setting("xero.connection") is None:
            moment = now.strftime("%Y-%m-%dT%H:%M:%S.%f0")
            self.books.world.set("xero.connection", connection=new_guid(), event=new_guid(), created=moment)

    def drop_connection(self) -> None:
        self.books.world.settings.remove("xero.connection")

    def connections(self, call: Call) -> Answer:
        refused = self.check(call)
        if refused is not None:
            return refused
        kept = self.books.world.setting("xero.connection")
        return json_answer([self._connection(kept)] if kept else [])

    def _connection(self, kept: Record) -> Record:
        organisation = self.books.organisation
        return {
            "id": kept["connection"],
            "authEventId": kept["event"],
            "tenantId": organisation["tenant"],
            "tenantType": "ORGANISATION",
            "tenantName": organisation["name"],
            "createdDateUtc": kept["created"],
            "updatedDateUtc": kept["created"],
        }

    def disconnect(self, call: Call) -> Answer:
        refused = self.check(call)
        kept = self.books.world.setting("xero.connection")
        if refused is not None:
            return refused
        if kept is None or kept["connection"] != call.params["id"]:
            raise missing()
        self.drop_connection()
        return Answer(204)


def allows(scope: str, call: Call) -> bool:
    """Reading takes the scope with or without .read; the older accounting.transactions takes everything."""
    needed = next((name for part, name in NEEDS.items() if part in call.path.lower()), "")
    held = set(scope.split())
    readable = {f"{needed}.read", "accounting.transactions.read"} if call.method == "GET" else set()
    return not needed or bool(held & ({needed, "accounting.transactions"} | readable))


def client(call: Call, form: dict[str, str]) -> tuple[str, str]:
    """The client's name and secret, from HTTP Basic or from the form."""
    scheme, _, value = call.header("authorization").partition(" ")
    if scheme.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        name, _, secret = base64.b64decode(value).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, secret
