"""Intuit's OAuth server: the value of a refresh token changes once a day, the old one lives a day longer."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime, timedelta
from urllib.parse import urlencode

from sandbox.calls import Answer, Call, json_answer, text_answer
from sandbox.quickbooks.books import Books
from sandbox.quickbooks.errors import unauthenticated
from sandbox.state import Record
from sandbox.world import new_code

CLIENT_ID = "SANDBOXQUICKBOOKSCLIENT"
CLIENT_SECRET = "sandbox-quickbooks-client-secret"  # noqa: S105 - the sandbox's own, worth nothing elsewhere
ACCESS_LIFE = timedelta(hours=1)
REFRESH_LIFE = timedelta(days=100)
ROTATION = timedelta(hours=24)
HARD_LIFE = timedelta(days=5 * 365)
CODE_LIFE = timedelta(minutes=10)


class Tokens:
    def __init__(self, books: Books) -> None:
        self.books = books
        self.table = books.tokens

    def issue(self, now: datetime, refresh: str | None = None) -> Record:
        """A new access token, with the refresh token given or a new one."""
        access = new_code(64)
        self._keep(access, "access", now, now + ACCESS_LIFE)
        if refresh is None:
            refresh = f"AB{new_code(38)}"
            self._keep(refresh, "refresh", now, now + REFRESH_LIFE)
        return {
            "token_type": "bearer",
            "expires_in": int(ACCESS_LIFE.total_seconds()),
            "refresh_token": refresh,
            "x_refresh_token_expires_in": int(REFRESH_LIFE.total_seconds()),
            "access_token": access,
        }

    def _keep(self, value: str, kind: str, now: datetime, expires: datetime, **more: object) -> None:
        self.table.put({"id": value, "kind": kind, "issued": now.isoformat(), "expires": expires.isoformat(), **more})

    def _good(self, value: str, kind: str, now: datetime) -> Record | None:
        token = self.table.get(value)
        good = token is not None and token["kind"] == kind and datetime.fromisoformat(token["expires"]) > now
        return token if good else None

    def check(self, call: Call) -> Answer | None:
        scheme, _, value = call.header("authorization").partition(" ")
        if scheme.lower() == "bearer" and self._good(value.strip(), "access", call.now):
            return None
        known = value.strip() in self.table
        return unauthenticated(call.now, "Token expired" if known else "Token is missing, revoked or unknown")

    # -- endpoints --------------------------------------------------------------------------------------------------

    def authorize(self, call: Call) -> Answer:
        """Consents at once and sends the browser back with code, state and realmId."""
        back = call.argument("redirect_uri")
        if call.argument("client_id") != CLIENT_ID or not back:
            return text_answer("The client_id is unknown or the redirect_uri is missing", 400)
        code = f"AB{new_code(48)}"
        self._keep(code, "code", call.now, call.now + CODE_LIFE, redirect_uri=back)
        self.books.world.set("qbo.connection", live=True)
        answer = {"code": code, "state": call.argument("state"), "realmId": self.books.company["realm"]}
        return Answer(302, headers={"Location": f"{back}{'&' if '?' in back else '?'}{urlencode(answer)}"})

    def token(self, call: Call) -> Answer:
        form = dict(call.form())
        if not is_client(call):
            return json_answer({"error": "invalid_client"}, 401)
        grants = {"authorization_code": self._from_code, "refresh_token": self._from_refresh}
        grant = grants.get(form.get("grant_type", ""))
        return grant(call, form) if grant else json_answer({"error": "unsupported_grant_type"}, 400)

    def _from_code(self, call: Call, form: dict[str, str]) -> Answer:
        code = self._good(form.get("code", ""), "code", call.now)
        if code is None or code["redirect_uri"] != form.get("redirect_uri"):
            return invalid_grant()
        self.table.remove(code["id"])
        return self._answer(call, self.issue(call.now))

    def _from_refresh(self, call: Call, form: dict[str, str]) -> Answer:
        token = self._good(form.get("refresh_token", ""), "refresh", call.now)
        if token is None or self.books.world.setting("qbo.connection") is None:
            return invalid_grant()
        if token.get("next") and token["next"] in self.table:
            return self._answer(call, self.issue(call.now, token["next"]))
        if call.now - datetime.fromisoformat(token["issued"]) < ROTATION:
            token["expires"] = (call.now + REFRESH_LIFE).isoformat()
            self.table.put(token)
            return self._answer(call, self.issue(call.now, token["id"]))
        issued = self.issue(call.now)
        token |= {"next": issued["refresh_token"], "expires": (call.now + ROTATION).isoformat()}
        self.table.put(token)
        return self._answer(call, issued)

    def _answer(self, call: Call, issued: Record) -> Answer:
        if call.header("x-include-refresh-token-hard-expires-in").lower() == "true":
            issued["x_refresh_token_hard_expires_in"] = int(HARD_LIFE.total_seconds())
        return json_answer(issued)

    def revoke(self, call: Call) -> Answer:
        """Takes a JSON or a form body; access and refresh tokens die together."""
        if not is_client(call):
            return json_answer({"error": "invalid_client"}, 401)
        try:
            value = str(call.json().get("token", ""))
        except (ValueError, AttributeError):
            value = dict(call.form()).get("token", "")
        if value not in self.table:
            return json_answer({"error": "invalid_request"}, 400)
        for token in list(self.table):
            self.table.remove(token["id"])
        self.books.world.settings.remove("qbo.connection")
        return Answer(200)


def invalid_grant() -> Answer:
    return json_answer({"error": "invalid_grant", "error_description": "Incorrect or expired token"}, 400)


def is_client(call: Call) -> bool:
    scheme, _, value = call.header("authorization").partition(" ")
    try:
        return scheme.lower() == "basic" and base64.b64decode(value).decode() == f"{CLIENT_ID}:{CLIENT_SECRET}"
    except (binascii.Error, UnicodeDecodeError):
        return False
