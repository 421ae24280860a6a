"""What came back by mail: a bounce, an automatic answer, a person's words, or something that nobody can read. Pure.

Bytes from anywhere: nothing here raises, whatever they are.
"""

import datetime as dt
import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.errors import MessageError
from email.headerregistry import AddressHeader
from email.message import EmailMessage, Message
from hashlib import sha256

from connectors.email.bounces import Failure, failures, is_machine
from connectors.email.excerpt import excerpt

#: How the language's own reader fails on broken or hostile headers.
_BROKEN = (ValueError, LookupError, TypeError, AttributeError, MessageError, AssertionError)
_MESSAGE_ID = re.compile(r"<[^<>\s]{3,250}>")
#: A thread of replies names every message before it; the newest stand last.
_MOST_IDS = 50
_LONGEST_HEADER = 2_000
_LONGEST_HEAD = 65_536
#: What programmes set before RFC 3834 gave it a name.
_AUTOMATIC_HEADERS = ("X-Autoreply", "X-Autorespond", "X-AutoReply-From", "X-Mail-Autoreply")
_PRECEDENCE = frozenset({"bulk", "list", "junk", "auto_reply", "auto-reply"})
_BULK_HEADERS = ("List-Id", "List-Unsubscribe")


@dataclass(frozen=True, slots=True)
class Mail:
    """What all of them have. `names` are the Message-IDs that it answers or sends back, in small letters.

    `message_id` is a digest of the bytes where the message names none. `received_at` is the mailbox's word (UTC).
    """

    message_id: str
    sender: str
    title: str
    received_at: dt.datetime
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Returned(Mail):
    """A mail server says that something did not arrive, or not yet."""

    failed: tuple[Failure, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer(Mail):
    """Somebody writes: a person, or (`automatic`) a programme while the person is away. `bulk`: to many at once."""

    automatic: bool = False
    bulk: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Passed over; `why` is for the report."""

    why: str


Incoming = Returned | Answer | Unreadable


def read(raw: bytes, received_at: dt.datetime) -> Incoming:
    """`raw` may be cut off at the end. Never raises."""
    try:
        return _read(raw, received_at)
    except (*_BROKEN, RecursionError) as error:
        return Unreadable(f"cannot be read ({type(error).__name__})")


def _read(raw: bytes, received_at: dt.datetime) -> Incoming:
    if len(re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0]) > _LONGEST_HEAD:
        return Unreadable("its headers are too long")
    message = message_from_bytes(raw, policy=policy.default.clone(raise_on_defect=False))
    sender = _address(message, "From")
    failed = failures(raw, message, sender)
    own, title = _own_id(message, raw), _header(message, "Subject")
    if failed:
        return Returned(own, sender, title, received_at, _named(message, raw), failed)
    if not sender:
        return Unreadable("nobody is named as its sender")
    automatic = _is_automatic(message, sender)
    bulk = any(name in message for name in _BULK_HEADERS)
    return Answer(own, sender, title, received_at, _answered(message), automatic, bulk, excerpt(message))


def _own_id(message: Message, raw: bytes) -> str:
    found = _MESSAGE_ID.search(_header(message, "Message-ID"))
    return found[0] if found else f"<{sha256(raw).hexdigest()}@no-message-id>"


def _header(message: Message, name: str, longest: int = _LONGEST_HEADER) -> str:
    """One line without control characters; "" for a header that is missing or broken."""
    try:
        value = str(message.get(name, ""))
    except _BROKEN:
        return ""
    return " ".join("".join(one if one.isprintable() else " " for one in value[:longest]).split())


def _address(message: EmailMessage, name: str) -> str:
    """The bare address of its first mailbox, in small letters."""
    try:
        header = message.get(name)
        found = header.addresses if isinstance(header, AddressHeader) else ()
        spec = found[0].addr_spec if found else ""
    except _BROKEN:
        return ""
    return spec.casefold() if "@" in spec and spec.isprintable() and " " not in spec else ""


def _answered(message: Message) -> tuple[str, ...]:
    """In-Reply-To first, then References from the newest to the oldest."""
    named = _MESSAGE_ID.findall(_header(message, "In-Reply-To"))
    named += reversed(_MESSAGE_ID.findall(_header(message, "References", _LONGEST_HEAD)))
    return _ids(named)


def _named(message: Message, raw: bytes) -> tuple[str, ...]:
    """A bounce holds the message that failed, or its headers, somewhere: every Message-ID in it is looked at."""
    lines = re.findall(rb"(?im)^[> \t]*message-id:\s*(<[^<>\s]{3,250}>)", raw[:1_000_000])
    return _ids([*_answered(message), *(line.decode("ascii", "replace") for line in lines)])


def _ids(found: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.casefold() for one in found))[:_MOST_IDS]


def _is_automatic(message: Message, sender: str) -> bool:
    """By RFC 3834 and what programmes did before it; a receipt (RFC 8098) is a report, and no answer either."""
    submitted = _header(message, "Auto-Submitted").split(";")[0].strip().casefold()
    if submitted not in ("", "no") or _header(message, "Precedence").casefold() in _PRECEDENCE:
        return True
    if message.get_content_type() == "multipart/report" or is_machine(message, sender):
        return True
    return any(name in message for name in _AUTOMATIC_HEADERS)
