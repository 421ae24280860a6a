"""Our own e-mails over SMTP, step by step, so that it is known at every moment whether a message can have left.

Until the mail server has been given the body, a failure means that nothing was delivered. From then until its answer
nobody can know (RFC 1047), so the caller writes down that moment first.
"""

import re
import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress

from connectors.email.manifest import MANIFEST
from connectors.email.message import Letter, letter
from connectors.errors import BadRecipient, ConnectorError, Refused, Unauthorised, Uncertain, Unreachable, Unsupported
from connectors.protocol import (
    Clock,
    Endpoint,
    Health,
    Intent,
    Limiter,
    Receipt,
    Tokens,
    TokenStore,
)
from connectors.write_only import WriteOnly
from receivables.commands import SendReminder

_BAD_ADDRESS = re.compile(rb"\b5\.1\.[0-9]{1,3}\b")
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class EmailConnector(WriteOnly):
    """Options of the connection: host, port, security (starttls, ssl or none), username, sender."""

    manifest = MANIFEST
    _name = "a mail server"

    def __init__(self, endpoint: Endpoint, tokens: TokenStore, limiter: Limiter, clock: Clock) -> None:
        options = endpoint.options
        self._host = options.get("host", "")
        self._security = options.get("security", "starttls")
        self._port = int(options.get("port") or {"ssl": 465, "none": 25}.get(self._security, 587))
        self._username = options.get("username", "")
        self._sender = options.get("sender", "")
        self._timeout = endpoint.timeout
        self._tokens, self._limiter, self._clock = tokens, limiter, clock

    def check(self) -> Health:
        smtp = self._connect(self._sender.rpartition("@")[2].strip("> "))
        _leave(smtp)
        return Health(account=self._host, name=self._sender)

    def push(self, intent: Intent) -> Receipt:
        return self.send(intent, lambda: None)

    def send(self, intent: Intent, before_body: Callable[[], None]) -> Receipt:
        """`before_body` is called when everything was accepted but the body: the last moment at which it is certain
        that nothing was delivered. If it raises, nothing is."""
        if not isinstance(intent.command, SendReminder):
            raise Unsupported(f"a mail server cannot {intent.command.verb}")
        mail = letter(intent.command, intent.key, self._sender, intent.started_at or self._clock(), intent.files)
        smtp = self._connect(mail.sender.rpartition("@")[2])
        try:
            self._envelope(smtp, mail)
            before_body()
            _body(smtp, mail)
        except BaseException:
            smtp.close()
            raise
        _leave(smtp)
        return Receipt(mail.message_id)

    def _connect(self, name: str) -> smtplib.SMTP:
        if not self._host:
            raise Refused("the mail server has no host: add host to the connection's options")
        self._limiter.spend()
        try:
            smtp = self._open(name or "localhost")
        except (OSError, smtplib.SMTPException) as error:
            raise Unreachable(
                f"mail server {self._host}:{self._port}: no connection ({type(error).__name__})"
            ) from None
        try:
            self._introduce(smtp)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _open(self, name: str) -> smtplib.SMTP:
        connect, read = self._timeout
        if self._security == "ssl":
            context = ssl.create_default_context()
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(self._host, self._port, name, timeout=connect, context=context)
        else:
            smtp = smtplib.SMTP(self._host, self._port, name, timeout=connect)
        if smtp.sock:
            smtp.sock.settimeout(read)
        return smtp

    def _introduce(self, smtp: smtplib.SMTP) -> None:
        """Never falls back to plain text where encryption was asked for."""
        held = self._credentials()
        try:
            smtp.ehlo_or_helo_if_needed()
            if self._security == "starttls":
                smtp.starttls(context=ssl.create_default_context())
            if held.username:
                self._refuse_plain_password()
                smtp.login(held.username, held.password)
        except smtplib.SMTPAuthenticationError as error:
            _raise_by(
                error.smtp_code,
                "sign-in",
                Unauthorised("the mail server does not accept the user name or password: reconnect"),
            )
        except smtplib.SMTPNotSupportedError:
            raise Refused("the mail server does not offer the security that is asked for") from None
        except (OSError, smtplib.SMTPException) as error:
            raise Unreachable(
                f"mail server {self._host}: it hung up before the message ({type(error).__name__})"
            ) from None

    def _credentials(self) -> Tokens:
        """A mail server of one's own may ask for none."""
        try:
            return self._tokens.load()
        except Unauthorised:
            if self._username:
                raise
            return Tokens()

    def _refuse_plain_password(self) -> None:
        if self._security == "none" and self._host not in _LOOPBACK:
            raise Refused("the password would travel unencrypted: set security to starttls or ssl")

    def _envelope(self, smtp: smtplib.SMTP, mail: Letter) -> None:
        """All recipients or nobody: one refused address stops the message."""
        try:
            _expect(smtp.mail(mail.sender), 250, f"sender {mail.sender}")
            for recipient in mail.recipients:
                _expect_recipient(smtp.rcpt(recipient), recipient)
            _expect(smtp.docmd("DATA"), 354, "message")
        except (OSError, smtplib.SMTPException) as error:
            raise Unreachable(
                f"mail server {self._host}: it hung up before the message ({type(error).__name__})"
            ) from None


def _body(smtp: smtplib.SMTP, mail: Letter) -> None:
    """From the first byte on a lost connection leaves it open whether the message was delivered."""
    try:
        smtp.send(mail.body + b".\r\n")
        answer = smtp.getreply()
    except (OSError, smtplib.SMTPException) as error:
        raise Uncertain(f"the mail server gave no answer to the message ({type(error).__name__})") from None
    if not 200 <= answer[0] < 600:
        raise Uncertain("the mail server's answer to the message cannot be understood")
    _expect(answer, 250, "message")


def _expect_recipient(answer: tuple[int, bytes], recipient: str) -> None:
    """5.1.x says that the address itself is wrong (RFC 3463, 3.2); any other refusal may be about the message or us."""
    code, said = answer
    if code >= 500 and _BAD_ADDRESS.search(said):
        text = " ".join(said.decode("utf-8", "replace").split())[:200]
        raise BadRecipient(f"no such address: {recipient}: {code} {text}", address=recipient, code=str(code))
    _expect(answer, 250, f"recipient {recipient}", 251)


def _expect(answer: tuple[int, bytes], code: int, what: str, other: int = 0) -> None:
    found, said = answer
    if found not in {code, other}:
        text = " ".join(said.decode("utf-8", "replace").split())[:200]
        _raise_by(found, what, Refused(f"the mail server refuses the {what}: {found} {text}", code=str(found)))


def _raise_by(code: int, what: str, lasting: ConnectorError) -> None:
    """4xx is for now, 5xx for good; in both nothing was delivered."""
    if 400 <= code < 500:
        raise Unreachable(f"the mail server does not take the {what} now: {code}", code=str(code))
    if code < 0:
        raise Unreachable(f"the mail server hung up at the {what}")
    raise lasting


def _leave(smtp: smtplib.SMTP) -> None:
    """The message is accepted already; a broken farewell changes nothing."""
    with suppress(OSError, smtplib.SMTPException):
        smtp.quit()
    smtp.close()
