"""New mail of one folder, read over IMAP (RFC 3501) and left as it was: opened read-only, never marked as read."""

import datetime as dt
import imaplib
import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from connectors.errors import Malformed, Refused, Unauthorised, Unreachable

Security = Literal["ssl", "starttls", "none"]

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
#: Of a longer message only the beginning is read: the words and a bounce's fields stand before any attachment.
_MOST_BYTES = 1_000_000
#: Mails in one page, and in one round; the next round goes on where this one stopped.
_PAGE, _MOST = 50, 1_000
#: A server that announces more than this in one go is not believed.
_LONGEST_LITERAL = 2 * _MOST_BYTES
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_INTERNALDATE = re.compile(
    rb'INTERNALDATE "( ?\d{1,2})-([A-Z][a-z]{2})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)"'
)
#: How the language's own client fails on an answer that is no IMAP.
_BROKEN = (ValueError, LookupError, TypeError, AttributeError, AssertionError)


@dataclass(frozen=True, slots=True)
class MailboxAccount:
    """A folder and how to reach it. `password` is asked for at each reading; "" when it is not there."""

    host: str
    username: str
    password: Callable[[], str] = field(repr=False)
    port: int = 0
    security: Security = "ssl"
    folder: str = "INBOX"
    #: Seconds to connect, and to wait for each answer.
    timeout: float = 20.0

    @property
    def place(self) -> str:
        return f"{self.host}:{self.port or _PORTS[self.security]}"


@dataclass(frozen=True, slots=True)
class MailPage:
    """Some messages as bytes (cut off where they are very long), each with the instant at which it came (UTC), and
    where to go on. `renumbered`: the server gave all messages new numbers, so some may have been seen before."""

    messages: tuple[tuple[bytes, dt.datetime], ...]
    cursor: str
    renumbered: bool = False


_PORTS = {"ssl": 993, "starttls": 143, "none": 143}


class _Bounded(imaplib.IMAP4):
    """Refuses an announced length before memory is set aside for it."""

    def read(self, size: int) -> bytes:
        if size > _LONGEST_LITERAL:
            raise self.abort(f"a literal of {size} bytes")
        return super().read(size)


class _BoundedTLS(_Bounded, imaplib.IMAP4_SSL):
    """The same over TLS from the first byte."""


def read_new(account: MailboxAccount, cursor: str, since: dt.date) -> Iterator[MailPage]:
    """What came after `cursor` ("": since a day), oldest first, page by page; save each before the next is asked for.

    Raises ConnectorError. A cursor is `UIDVALIDITY:UID`: when the server renumbers, the days since `since` are read anew.
    """
    with _signed_in(account) as imap:
        validity = _open_folder(imap, account)
        known, _, last = cursor.partition(":")
        same = known == validity and last.isdigit()
        newest = int(last) if same else 0
        before = newest if same else max(_search(imap, 0, None), default=0)
        waiting = _search(imap, newest, None if same else since)
        for start in range(0, len(waiting[:_MOST]), _PAGE):
            uids = waiting[start : min(start + _PAGE, _MOST)]
            found = tuple(mail for uid in uids if (mail := _fetch(imap, uid)) is not None)
            newest = uids[-1]
            yield MailPage(found, f"{validity}:{newest}", renumbered=bool(cursor) and not same)
        if not waiting and not same:  # everything older than the first day is passed over for good
            yield MailPage((), f"{validity}:{before}", renumbered=bool(cursor))


@contextmanager
def _signed_in(account: MailboxAccount) -> Iterator[imaplib.IMAP4]:
    try:
        imap = _connect(account)
        try:
            _introduce(imap, account)
            yield imap
        finally:
            with suppress(Exception):  # a broken farewell changes nothing
                imap.logout()
            with suppress(OSError):
                imap.shutdown()
    except imaplib.IMAP4.abort as error:
        raise Unreachable(f"mailbox {account.place}: the connection broke ({_said(error)})") from None
    except imaplib.IMAP4.error as error:
        raise Refused(f"mailbox {account.place}: {_said(error)}") from None
    except ssl.SSLError as error:
        why = error.reason or type(error).__name__
        raise Unreachable(f"mailbox {account.place}: no secure connection ({why})") from None
    except OSError as error:
        raise Unreachable(f"mailbox {account.place}: no connection ({type(error).__name__})") from None
    except _BROKEN as error:
        raise Malformed(f"mailbox {account.place}: its answer is no IMAP ({type(error).__name__})") from None


def _connect(account: MailboxAccount) -> imaplib.IMAP4:
    port = account.port or _PORTS[account.security]
    if account.security == "ssl":
        return _BoundedTLS(account.host, port, ssl_context=ssl.create_default_context(), timeout=account.timeout)
    return _Bounded(account.host, port, timeout=account.timeout)


def _introduce(imap: imaplib.IMAP4, account: MailboxAccount) -> None:
    """Never falls back to plain text where encryption was asked for; no password travels unencrypted."""
    if account.security == "starttls":
        imap.starttls(ssl_context=ssl.create_default_context())
    elif account.security == "none" and account.host not in LOOPBACK:
        raise Refused("the mailbox's password would travel unencrypted: set security to ssl or starttls")
    password = account.password()
    if not password:
        raise Unauthorised("the mailbox's password is not there: look at password in [mailbox]")
    if not (password + account.username).isprintable():
        raise Refused("the mailbox's user name or password holds a control character")
    try:
        if (account.username + password).isascii():
            imap.login(account.username, password)
        else:
            imap.authenticate("PLAIN", lambda _: f"\0{account.username}\0{password}".encode())
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        if "UNAVAILABLE" in _said(error).upper():
            raise Unreachable(f"mailbox {account.place}: it takes no sign-in now") from None
        raise Unauthorised(
            f"mailbox {account.place} does not accept the user name or password: look at [mailbox]"
        ) from None


def _open_folder(imap: imaplib.IMAP4, account: MailboxAccount) -> str:
    """Read-only (EXAMINE); the folder's UIDVALIDITY."""
    name = account.folder.replace("\\", "\\\\").replace('"', '\\"')
    answer, _ = imap.select(f'"{name}"', readonly=True)
    if answer != "OK":
        raise Refused(f"mailbox {account.place} has no folder {account.folder}")
    _, validity = imap.response("UIDVALIDITY")
    number = validity[-1] if validity else None
    if not isinstance(number, bytes) or not number.isdigit():
        raise Malformed(f"mailbox {account.place}: the folder has no UIDVALIDITY, so its messages cannot be told apart")
    return number.decode()


def _search(imap: imaplib.IMAP4, newest: int, since: dt.date | None) -> list[int]:
    """Numbers above `newest`, smallest first. `n:*` names the last message even where its number is smaller."""
    wanted = f"UID {newest + 1}:*"
    if since:
        wanted += f" SINCE {since.day}-{_MONTHS[since.month - 1]}-{since.year}"
    found = _asked(imap, "SEARCH", wanted)
    words = b" ".join(line for line in found if isinstance(line, bytes)).split()
    if not all(word.isdigit() for word in words):
        raise Malformed("the mailbox's answer to a search holds something else than numbers")
    return sorted({int(word) for word in words if int(word) > newest})


def _fetch(imap: imaplib.IMAP4, uid: int) -> tuple[bytes, dt.datetime] | None:
    """One message and when it came; None when somebody has removed it meanwhile."""
    for part in _asked(imap, "FETCH", f"{uid} (UID INTERNALDATE BODY.PEEK[]<0.{_MOST_BYTES}>)"):
        if isinstance(part, tuple) and len(part) > 1 and b"BODY[" in part[0].upper():
            return part[1], _came_at(part[0])
    return None


def _asked(imap: imaplib.IMAP4, command: str, arguments: str) -> list[Any]:
    answer, found = imap.uid(command, arguments)
    if answer != "OK":
        raise Refused(f"the mailbox refuses {command.lower()}: {_said(found)}")
    return found


def _came_at(line: bytes) -> dt.datetime:
    found = _INTERNALDATE.search(line)
    if found is None:
        raise Malformed("the mailbox does not tell when a message came")
    day, month, year, hour, minute, second, sign, hours, minutes = (one.decode() for one in found.groups())
    offset = dt.timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1)
    place = dt.timezone(offset)
    at = dt.datetime(int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second), tzinfo=place)
    return at.astimezone(dt.UTC)


def _said(error: object) -> str:
    """A server's words on one line; imaplib often wraps them as bytes."""
    words = error.args[0] if isinstance(error, Exception) and error.args else error
    if isinstance(words, list):
        words = words[-1] if words else ""
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())[:200]
