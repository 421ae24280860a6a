"""The mail server of the sandbox: it accepts everything except addresses that contain "bounce"."""

from __future__ import annotations

from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from sandbox.world import World


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
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        content: Any = envelope.content or b""
        with self.world.lock:
            mail = self.world.mailbox.accept(content, list(envelope.rcpt_tos))
            key = mail["headers"].get("Message-ID")
            self.world.effects.add("smtp", "email", ",".join(mail["recipients"]), key=key, subject=mail["subject"])
            self.world.state.commit()
        return "250 2.0.0 Stored"


def server(world: World) -> SMTP:
    return SMTP(Inbox(world), hostname="sandbox.example", enable_SMTPUTF8=True)
