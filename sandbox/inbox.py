"""The business's own mailbox: what customers and mail servers answered to the mail that the sandbox has seen."""

from __future__ import annotations

import base64
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from sandbox.clock import Clock, read_instant
from sandbox.state import Record, State

#: What `make` can make of a mail that was sent.
KINDS = ("reply", "away", "bounce", "delay")


class Inbox:
    """Messages in the order in which they came; `validity` is the UIDVALIDITY of RFC 3501, 2.3.1.1."""

    def __init__(self, state: State, clock: Clock) -> None:
        self._table = state.table("inbox")
        self._clock = clock
        self.validity = 1

    def all(self) -> list[Record]:
        return list(self._table)

    def add(self, raw: bytes, at: datetime | None = None) -> Record:
        number = 1 + max((one["uid"] for one in self._table), default=0)
        came = (at or self._clock.now()).isoformat()
        return self._table.put({"id": str(number), "uid": number, "at": came, "raw": base64.b64encode(raw).decode()})

    def remove(self, uid: int) -> None:
        self._table.remove(str(uid))

    def renumber(self) -> None:
        """As when a server restores its folders: every message gets another number."""
        kept = [(raw_of(one), read_instant(one["at"])) for one in self._table]
        for one in self.all():
            self._table.remove(one["id"])
        self.validity += 1
        for raw, at in [(b"Subject: the first number is taken\r\n\r\n", self._clock.now()), *kept]:
            self.add(raw, at)

    def answer(self, kind: str, mail: Record, **said: str) -> Record:
        """Put what comes back for a sent mail. Raises ValueError for an unknown kind."""
        return self.add(made(kind, mail, self._clock.now(), **said))


def raw_of(message: Record) -> bytes:
    return base64.b64decode(message["raw"])


def made(kind: str, mail: Record, at: datetime, *, sender: str = "", subject: str = "", text: str = "") -> bytes:
    """A reply, a notice of absence (RFC 3834) or a delivery report (RFC 3464) about a mail of the mailbox."""
    recipient = sender or mail["recipients"][0]
    if kind in ("bounce", "delay"):
        return _report(mail, recipient, at, lasting=kind == "bounce", said=text)
    if kind not in KINDS:
        raise ValueError(f"unknown answer {kind!r}; known: {', '.join(KINDS)}")
    message = EmailMessage()
    message["From"], message["To"] = recipient, mail["from"]
    message["Subject"] = subject or f"{'Re' if kind == 'reply' else 'Out of office'}: {mail['subject']}"
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{kind}-{mail['id']}-{at.timestamp():.0f}@customer.example>"
    named = mail["headers"].get("Message-ID")
    if named:
        message["In-Reply-To"] = message["References"] = named
    if kind == "away":
        message["Auto-Submitted"] = "auto-replied"
    message.set_content(text or "Thank you, we will look into it.\n")
    return message.as_bytes()


def _report(mail: Record, recipient: str, at: datetime, *, lasting: bool, said: str) -> bytes:
    status, action = ("5.1.1", "failed") if lasting else ("4.4.1", "delayed")
    diagnostic = said or ("550 5.1.1 No such user here" if lasting else "451 4.4.1 No answer from host")
    headers = "".join(f"{name}: {value}\n" for name, value in mail["headers"].items())
    return _REPORT.format(
        to=parseaddr(mail["from"])[1],
        subject="Undelivered Mail Returned to Sender" if lasting else "Delayed Mail",
        date=format_datetime(at),
        name=f"report-{mail['id']}-{at.timestamp():.0f}-{status}",
        recipient=recipient,
        action=action,
        status=status,
        diagnostic=diagnostic,
        headers=headers,
    ).encode()


#: The example of RFC 3464, appendix E, with the fields of one recipient.
_REPORT = """From: MAILER-DAEMON@mx.customer.example
To: {to}
Subject: {subject}
Date: {date}
Message-ID: <{name}@mx.customer.example>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="parts"

--parts
Content-Type: text/plain; charset=utf-8

This is the mail system. <{recipient}>: {diagnostic}

--parts
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.customer.example

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {diagnostic}

--parts
Content-Type: text/rfc822-headers; charset=utf-8

{headers}
--parts--
"""
