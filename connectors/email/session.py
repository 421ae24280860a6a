"""The conversation with a mail server: connected, encrypted and signed in, for one message after another."""

import smtplib
import ssl
from contextlib import suppress

from connectors.email.answers import raise_by
from connectors.errors import Refused, Unauthorised, Unreachable
from connectors.protocol import Endpoint, Tokens, TokenStore

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class Session:
    """At most one connection at a time. Options of the connection: host, port, security, username."""

    def __init__(self, endpoint: Endpoint, tokens: TokenStore) -> None:
        options = endpoint.options
        self.host = options.get("host", "")
        self._security = options.get("security", "starttls")
        self._port = int(options.get("port") or {"ssl": 465, "none": 25}.get(self._security, 587))
        self._username = options.get("username", "")
        self._timeout = endpoint.timeout
        self._tokens = tokens
        self._kept: smtplib.SMTP | None = None

    def take(self) -> smtplib.SMTP | None:
        """The connection on which the last message was accepted; whoever takes it keeps it or drops it again."""
        kept, self._kept = self._kept, None
        return kept

    def keep(self, smtp: smtplib.SMTP) -> None:
        self._kept = smtp

    def close(self) -> None:
        kept = self.take()
        if kept:
            leave(kept)

    def connect(self, name: str) -> smtplib.SMTP:
        """A new one, which greets with our domain. Raises Refused, Unauthorised, Unreachable."""
        if not self.host:
            raise Refused("the mail server has no host: add host to the connection's options")
        try:
            smtp = self._open(name or "localhost")
        except (OSError, smtplib.SMTPException) as error:
            raise Unreachable(f"mail server {self.host}:{self._port}: no connection ({type(error).__name__})") from None
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
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self._port, name, timeout=connect, context=context)
        else:
            smtp = smtplib.SMTP(self.host, self._port, name, timeout=connect)
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
            raise_by(
                error.smtp_code,
                "sign-in",
                Unauthorised("the mail server does not accept the user name or password: reconnect"),
            )
        except smtplib.SMTPNotSupportedError:
            raise Refused("the mail server does not offer the security that is asked for") from None
        except (OSError, smtplib.SMTPException) as error:
            raise Unreachable(
                f"mail server {self.host}: it hung up before the message ({type(error).__name__})"
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
        if self._security == "none" and self.host not in _LOOPBACK:
            raise Refused("the password would travel unencrypted: set security to starttls or ssl")


def leave(smtp: smtplib.SMTP) -> None:
    """What it was given is accepted already; a broken farewell changes nothing."""
    with suppress(OSError, smtplib.SMTPException):
        smtp.quit()
    smtp.close()
