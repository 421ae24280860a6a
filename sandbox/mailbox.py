"""Every mail the sandbox has seen: what came in by SMTP and what a platform would have sent to a customer."""

from __future__ import annotations

import html
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.parser import BytesParser
from email.policy import default as default_policy
from email.utils import getaddresses

from sandbox.clock import Clock
from sandbox.state import Record, State

_HEADERS = BytesParser(policy=default_policy)


class Mailbox:
    def __init__(self, state: State, clock: Clock) -> None:
        self._table = state.table("mail")
        self._clock = clock

    def all(self) -> list[Record]:
        return [self._opened(mail) for mail in list(self._table)]

    def accept(self, raw: bytes, recipients: list[str]) -> Message:
        """Stores a message that came in by SMTP; `recipients` are the envelope's. Returns its headers. The rest is read
        when somebody looks into the mailbox: a mail server does not read what it is given."""
        self._add(via="smtp", sender="", recipients=recipients, raw=raw.decode("utf-8", "replace"))
        return _HEADERS.parsebytes(raw, headersonly=True)

    def _opened(self, mail: Record) -> Record:
        if "headers" in mail:
            return mail
        message = message_from_bytes(mail["raw"].encode(), policy=default_policy)
        read = {
            "from": str(message["From"] or ""),
            "to": addresses(message, "To") or mail["recipients"],
            "cc": addresses(message, "Cc"),
            "subject": str(message["Subject"] or ""),
            "text": part(message, "plain"),
            "html": part(message, "html"),
            "headers": {name: str(value) for name, value in message.items()},
        }
        return self._table.put(mail | read)

    def platform_mail(self, via: str, *, to: list[str], subject: str, text: str, invoice: Record) -> Record:
        """A mail that a platform sends for an invoice, to the address and persons it keeps for the customer."""
        return self._add(
            via=via,
            sender=f"messaging@{via}.example",
            to=to,
            cc=[],
            recipients=to,
            subject=subject,
            text=text,
            html=None,
            headers={},
            raw=None,
            invoice=invoice,
        )

    def _add(self, *, sender: str, **fields: object) -> Record:
        number = len(self._table) + 1
        return self._table.put({"id": str(number), "at": self._clock.now().isoformat(), "from": sender, **fields})

    def page(self) -> str:
        rows = "".join(_row(mail) for mail in reversed(self.all()))
        return (
            "<!doctype html><meta charset=utf-8><title>Sandbox mailbox</title>"
            "<style>body{font:15px/1.5 system-ui;margin:2rem auto;max-width:50rem}article{border:1px solid #ccc;"
            "border-radius:6px;padding:1rem;margin:1rem 0}pre{white-space:pre-wrap}small{color:#555}</style>"
            f"<h1>Mailbox</h1><p>{len(self._table)} messages, newest first.</p>{rows}"
        )


def _row(mail: Record) -> str:
    who = html.escape(f"{mail['from']} → {', '.join(mail['to'])}")
    note = html.escape(f"{mail['at']} via {mail['via']}")
    return (
        f"<article><h2>{html.escape(mail['subject'])}</h2><small>{note}<br>{who}</small>"
        f"<pre>{html.escape(mail['text'] or '')}</pre></article>"
    )


def addresses(message: EmailMessage, header: str) -> list[str]:
    return [address for _, address in getaddresses([str(value) for value in message.get_all(header, [])])]


def part(message: EmailMessage, kind: str) -> str | None:
    body = message.get_body(preferencelist=(kind,))
    return str(body.get_content()) if body is not None else None
