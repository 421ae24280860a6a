"""Our own e-mails over SMTP, step by step, so that it is known at every moment whether a message can have left.

Until the mail server has been given the body, a failure means that nothing was delivered. From then until its answer
nobody can know (RFC 1047), so the caller writes down that moment first.
"""

import smtplib
from collections.abc import Callable
from contextlib import suppress

from connectors.email.answers import expect, expect_recipient
from connectors.email.manifest import MANIFEST
from connectors.email.message import Letter, letter
from connectors.email.session import Session, leave
from connectors.errors import ConnectorError, Uncertain, Unreachable, Unsupported
from connectors.protocol import (
    Clock,
    Endpoint,
    Health,
    Intent,
    Limiter,
    Receipt,
    TokenStore,
)
from connectors.write_only import WriteOnly
from receivables.commands import SendReminder


class EmailConnector(WriteOnly):
    """Options of the connection: host, port, security (starttls, ssl or none), username, sender."""

    manifest = MANIFEST
    _name = "a mail server"

    def __init__(self, endpoint: Endpoint, tokens: TokenStore, limiter: Limiter, clock: Clock) -> None:
        self._sender = endpoint.options.get("sender", "")
        self._session = Session(endpoint, tokens)
        self._limiter, self._clock = limiter, clock

    def check(self) -> Health:
        self._limiter.spend()
        leave(self._session.connect(_domain(self._sender)))
        return Health(account=self._session.host, name=self._sender)

    def push(self, intent: Intent) -> Receipt:
        """One message by itself."""
        try:
            return self.send(intent, lambda: None)
        finally:
            self.close()

    def send(self, intent: Intent, before_body: Callable[[], None]) -> Receipt:
        """`before_body` is called when everything was accepted but the body: the last moment at which it is certain
        that nothing was delivered. If it raises, nothing is. The connection is kept for the next message, till close()."""
        if not isinstance(intent.command, SendReminder):
            raise Unsupported(f"a mail server cannot {intent.command.verb}")
        mail = letter(intent.command, intent.key, self._sender, intent.started_at or self._clock(), intent.files)
        self._limiter.spend()
        smtp = self._announced(mail)
        try:
            before_body()
            _body(smtp, mail)
        except BaseException:
            smtp.close()
            raise
        self._session.keep(smtp)
        return Receipt(mail.message_id)

    def close(self) -> None:
        """Say goodbye to the mail server; a later message connects anew."""
        self._session.close()

    def _announced(self, mail: Letter) -> smtplib.SMTP:
        """A connection that waits for the body. One that served a message before may be used up, as servers limit
        messages and idle time, each in words of its own: nothing was delivered, so a new one begins again."""
        kept = self._session.take()
        if kept:
            with suppress(ConnectorError):
                return self._envelope(kept, mail)
        return self._envelope(self._session.connect(_domain(mail.sender)), mail)

    def _envelope(self, smtp: smtplib.SMTP, mail: Letter) -> smtplib.SMTP:
        """All recipients or nobody: one refused address stops the message."""
        try:
            return _envelope(smtp, mail)
        except (OSError, smtplib.SMTPException) as error:
            smtp.close()
            raise Unreachable(
                f"mail server {self._session.host}: it hung up before the message ({type(error).__name__})"
            ) from None
        except BaseException:
            smtp.close()
            raise


def _envelope(smtp: smtplib.SMTP, mail: Letter) -> smtplib.SMTP:
    expect(smtp.mail(mail.sender), 250, f"sender {mail.sender}")
    for recipient in mail.recipients:
        expect_recipient(smtp.rcpt(recipient), recipient)
    expect(smtp.docmd("DATA"), 354, "message")
    return smtp


def _body(smtp: smtplib.SMTP, mail: Letter) -> None:
    """From the first byte on a lost connection leaves it open whether the message was delivered."""
    try:
        smtp.send(mail.body + b".\r\n")
        answer = smtp.getreply()
    except (OSError, smtplib.SMTPException) as error:
        raise Uncertain(f"the mail server gave no answer to the message ({type(error).__name__})") from None
    if not 200 <= answer[0] < 600:
        raise Uncertain("the mail server's answer to the message cannot be understood")
    expect(answer, 250, "message")


def _domain(address: str) -> str:
    return address.rpartition("@")[2].strip("> ") or "localhost"
