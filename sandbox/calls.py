"""One HTTP call and its answer, as the platforms see them."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

JSON = "application/json; charset=utf-8"


@dataclass
class Answer:
    status: int = 200
    body: bytes = b""
    media_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)


class Refused(Exception):
    """Ends a call with this answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


@dataclass
class Call:
    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: bytes
    now: datetime
    params: dict[str, str] = field(default_factory=dict)
    query_text: str = ""
    caller: str = ""

    def argument(self, name: str, default: str = "") -> str:
        return next((value for key, value in self.query if key == name), default)

    def header(self, name: str) -> str:
        return self.headers.get(name.lower(), "")

    def form(self) -> list[tuple[str, str]]:
        return parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True)

    def json(self) -> Any:
        """The JSON body; {} when there is none. Raises ValueError when it is broken."""
        return json.loads(self.body) if self.body.strip() else {}


Handler = Callable[[Call], Answer]


class Route:
    """A method and a path template such as /Invoices/{id}; `label` names it in the count of calls."""

    def __init__(self, method: str, template: str, handler: Handler) -> None:
        self.method = method
        self.label = f"{method} {template}"
        self.handler = handler
        self._pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template) + r"/?\Z", re.IGNORECASE)

    def match(self, path: str) -> dict[str, str] | None:
        found = self._pattern.match(path)
        return found.groupdict() if found else None


def json_answer(payload: object, status: int = 200, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, json.dumps(payload).encode(), JSON, named)


def text_answer(text: str, status: int = 200, media_type: str = "text/plain; charset=utf-8") -> Answer:
    return Answer(status, text.encode(), media_type)


def html_answer(text: str, status: int = 200) -> Answer:
    return text_answer(text, status, "text/html; charset=utf-8")


class CutOffError(Exception):
    """The caller left in the middle of its request: a server never sees the half of one as a whole."""


async def read_call(scope: Scope, receive: Receive, now: datetime) -> Call:
    """Raises CutOffError."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise CutOffError
        body += message.get("body", b"")
        more = message.get("more_body", False)
    query_text = scope["query_string"].decode("latin-1")
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    query = parse_qsl(query_text, keep_blank_values=True)
    return Call(scope["method"], scope["path"], query, headers, body, now, query_text=query_text)


async def send_answer(answer: Answer, send: Send) -> None:
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers.items()]
    if answer.status != 204:
        headers.append((b"content-type", answer.media_type.encode("latin-1")))
        headers.append((b"content-length", str(len(answer.body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
