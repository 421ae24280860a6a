"""The way every call takes through a platform: fault, guard, act, commit, reply."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from sandbox.calls import (
    Answer,
    Call,
    CutOffError,
    Receive,
    Refused,
    Route,
    Scope,
    Send,
    html_answer,
    read_call,
    send_answer,
)
from sandbox.faults import BEFORE, Fault

if TYPE_CHECKING:
    from sandbox.world import World


log = logging.getLogger("sandbox")


class Door:
    """An ASGI application for one platform. Handlers are synchronous and run one at a time under the world's lock."""

    platform = ""

    def __init__(self, world: World) -> None:
        self.world = world
        self.in_flight = 0
        self.limits_on = True

    def routes(self) -> list[Route]:
        raise NotImplementedError

    def guard(self, call: Call) -> Answer | None:  # noqa: ARG002 - the platforms look at it
        """Authorises, throttles and replays; None lets the call in."""
        return None

    def enter(self, call: Call) -> None:
        """The call is about to act."""

    def done_meanwhile(self, call: Call) -> Answer | None:  # noqa: ARG002 - the platforms look at it
        """What a call with the same key did while this one was held up; vendors never do it twice."""
        return None

    def begin(self, call: Call) -> None:
        """The call acts now, under the lock."""

    def leave(self, call: Call, answer: Answer) -> None:
        """The call has acted; `answer` may be kept for a replay. Runs inside the same commit."""

    def decorate(self, call: Call, answer: Answer) -> None:
        """Adds the headers that the vendor puts on every answer."""

    def not_found(self, call: Call) -> Answer:  # noqa: ARG002 - the platforms look at it
        return html_answer("<h1>404 Not Found</h1>", 404)

    def refusal(self, fault_: Fault) -> Answer:
        """The vendor's own body for a planned refusal."""
        return Answer(int(fault_.options.get("status", 500)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            call = await read_call(scope, receive, self.world.clock.now())
        except CutOffError:
            return
        fault = self.world.faults.take(self.platform, call.method, call.path)
        if fault is not None and fault.kind == "reset":
            await drop(send, reset=True)
            return
        answer = await self._answer(call, fault)
        if fault is not None and fault.kind == "lost":
            await drop(send, reset=False)
            return
        if fault is not None and fault.kind == "failed":
            answer = planned_body(fault) or self.refusal(fault)
        answer.headers["Date"] = format_datetime(self.world.clock.now(), usegmt=True)
        await send_answer(broken(answer, fault), send)

    async def _answer(self, call: Call, fault: Fault | None) -> Answer:
        route = self._route(call)
        self.world.calls.add(self.platform, route.label if route else f"{call.method} (unknown)")
        self.in_flight += 1
        try:
            answer = await self._act(call, route, fault)
        finally:
            self.in_flight -= 1
        self.decorate(call, answer)
        return answer

    async def _act(self, call: Call, route: Route | None, fault: Fault | None) -> Answer:
        if fault is not None and fault.kind in BEFORE:
            return self._refuse(call, fault)
        with self.world.lock:
            early = self.guard(call) if route else self.not_found(call)
            self.world.state.commit()
        if early is not None or route is None:
            return early or self.not_found(call)
        self.enter(call)
        if fault is not None and fault.kind == "hang":
            await asyncio.sleep(float(fault.options.get("seconds", 1)))
        return self._perform(call, route)

    def _refuse(self, call: Call, fault: Fault) -> Answer:
        """With the option `store` the refusal is kept under the call's key, as a vendor keeps its own failures."""
        answer = planned_body(fault) or self.refusal(fault)
        if fault.options.get("store"):
            with self.world.lock:
                self.begin(call)
                self.leave(call, answer)
                self.world.state.commit()
        return answer

    def _perform(self, call: Call, route: Route) -> Answer:
        with self.world.lock:
            call.now = self.world.clock.now()
            done = self.done_meanwhile(call)
            if done is not None:
                return done
            self.begin(call)
            try:
                answer = route.handler(call)
            except Refused as refused:
                answer = refused.answer
            except Exception:
                log.exception("%s %s", call.method, call.path)  # a mistake of the sandbox itself
                answer = Answer(500)
            self.leave(call, answer)
            self.world.state.commit()
        return answer

    def _route(self, call: Call) -> Route | None:
        for route in self.routes():
            params = route.match(call.path) if route.method == call.method else None
            if params is not None:
                call.params = params
                return route
        return None


def planned_body(fault: Fault) -> Answer | None:
    """A gateway's answer instead of the vendor's: HTML, XML or nothing at all."""
    usual = 429 if fault.kind == "throttle" else 502
    status, body = int(fault.options.get("status", usual)), fault.options.get("body")
    if body == "html":
        return html_answer(f"<html><body><h1>{status} Bad Gateway</h1></body></html>", status)
    if body == "xml":
        text = (
            f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{status}</Code><Message>Unavailable</Message></Error>'
        )
        return Answer(status, text.encode(), "application/xml")
    return Answer(status) if body == "empty" else None


def broken(answer: Answer, fault: Fault | None) -> Answer:
    if fault is not None and fault.kind == "rewrite":
        found, put = str(fault.options.get("find", "")), str(fault.options.get("replace", ""))
        body = answer.body.decode().replace(found, put).encode() if found else answer.body
        return Answer(answer.status, body, answer.media_type, answer.headers)
    if fault is None or fault.kind not in ("truncated", "malformed"):
        return answer
    half = answer.body[: len(answer.body) // 2]
    body = half if fault.kind == "truncated" else half + b"<<<" + answer.body[len(half) :]
    return Answer(answer.status, body, answer.media_type, answer.headers)


async def drop(send: Send, *, reset: bool) -> None:
    """Ends the connection without a byte of reply; `reset` sends a TCP reset instead of an orderly end.

    The server hands `send` as a method of its request cycle, which is the only way to its transport."""
    transport: Any = send.__self__.transport  # type: ignore[attr-defined]  # uvicorn's RequestResponseCycle
    if reset:
        linger = struct.pack("ii", 1, 0)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()
    for _ in range(3):  # lets the server notice before it would answer 500
        await asyncio.sleep(0)
