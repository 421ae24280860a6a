"""The mail server of the sandbox: it accepts everything except addresses that contain "bounce"."""

from __future__ import annotations

import asyncio
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from sandbox.world import World

REFUSALS = {
    "throttle": "451 4.7.1 Try again later",
    "error": "554 5.7.1 Message refused",
    "unauthorized": "530 5.7.0 Authentication required",
}


class Inbox:
    def __init__(self, world: World) -> None:
        self.world = world

    async def handle_RCPT(  # noqa: N802 - the name that aiosmtpd calls
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if "bounce" in address:
            return "550 5.1.1 No such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the name that aiosmtpd calls
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        fault = self.world.faults.take("smtp", "DATA", "/data")
        kind = fault.kind if fault is not None else ""
        if fault is not None and kind == "hang":
            await asyncio.sleep(float(fault.options.get("seconds", 1)))
        if kind in REFUSALS:
            return REFUSALS[kind]
        if kind != "reset":
            self._store(envelope)
        if kind in ("reset", "lost"):
            transport: Any = server.transport
            transport.abort()
        return "250 2.0.0 Stored"

    def _store(self, envelope: Envelope) -> None:
        content: Any = envelope.content or b""
        with self.world.lock:
            recipients = list(envelope.rcpt_tos)
            headers = self.world.mailbox.accept(content, recipients)
            key, subject = headers["Message-ID"], str(headers["Subject"] or "")
            self.world.effects.add("smtp", "email", ",".join(recipients), key=key and str(key), subject=subject)
            self.world.state.commit()


def server(world: World) -> SMTP:
    """Takes any login, and mail without one."""
    return SMTP(
        Inbox(world), hostname="sandbox.example", enable_SMTPUTF8=True, auth_require_tls=False,
        authenticator=lambda *_: AuthResult(success=True),
    )  # fmt: skip
