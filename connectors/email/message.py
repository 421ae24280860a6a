"""One reminder as an e-mail: bytes that are the same for every try of one intent. Pure."""

import datetime as dt
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from connectors.errors import Refused
from connectors.protocol import Attachment
from receivables.commands import SendReminder

#: 7bit, so that any mail server takes it.
_POLICY = SMTP.clone(cte_type="7bit")
_ADDRESS = re.compile(r"[^@\s<>,;:\"\\()\[\]]+@[A-Za-z0-9.-]+")
_NAMED = re.compile(r"([^<>]*)<([^<>]+)>")
_LINE_END = re.compile(r"\r\n?|\n")
_DOT = re.compile(rb"^\.", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Letter:
    """What goes to the mail server: the envelope, and the message with its dots doubled (RFC 5321, 4.5.2)."""

    sender: str
    recipients: tuple[str, ...]
    message_id: str
    body: bytes


def name_of(key: str) -> str:
    """The first part of the Message-ID of the message that leaves under an outbox key: what answers to it name."""
    return hashlib.sha256(key.encode()).hexdigest()[:40]


def letter(command: SendReminder, key: str, sender: str, at: dt.datetime, files: Sequence[Attachment] = ()) -> Letter:
    """Raises Refused for what cannot be sent as it stands. `sender` stands in where the command names none."""
    if len(files) != len(command.attach):
        raise Refused("the message promises PDFs that are not there")
    try:
        return _letter(command, key, sender, at, files)
    except (ValueError, MessageError) as error:
        raise Refused(f"the reminder cannot be written as an e-mail: {error}") from None


def _letter(command: SendReminder, key: str, sender: str, at: dt.datetime, files: Sequence[Attachment]) -> Letter:
    author = _address(command.sender or sender)
    to, copied = [_address(one) for one in command.to], [_address(one) for one in command.cc]
    if not to:
        raise Refused("the reminder has no recipient")
    message_id = f"<{name_of(key)}@{author.domain}>"
    message = EmailMessage(policy=_POLICY)
    message["From"] = author
    message["To"] = to
    if copied:
        message["Cc"] = copied
    if command.reply_to:
        message["Reply-To"] = _address(command.reply_to)
    message["Subject"] = _plain(command.subject, "subject")
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id
    message["Content-Language"] = _plain(command.language, "language")
    message["Auto-Submitted"] = "auto-generated"  # keeps holiday notices from answering (RFC 3834)
    message.set_content(_lines(command.text))
    if command.html:
        message.add_alternative(_lines(command.html), subtype="html")
    for file in files:
        message.add_attachment(file.content, "application", "pdf", filename=_plain(file.name, "file name"))
    _part(message, name_of(key))
    unseen = [_address(command.copy_to)] if command.copy_to else []
    return Letter(author.addr_spec, _recipients([*to, *copied, *unseen]), message_id, _wire(message))


def _part(message: EmailMessage, name: str) -> None:
    """Boundaries between parts that are the same for every try, where the library would draw them by chance."""
    parts = [part for part in message.walk() if part.is_multipart()]
    for number, part in enumerate(parts, 1):
        part.set_boundary(f"={number}={name}=")


def _address(written: str) -> Address:
    """`Name <someone@example.com>` or the bare address, in ASCII; the name may hold commas, but no other address."""
    found = _NAMED.fullmatch(_plain(written, "address").strip())
    name, spec = (found[1].strip().strip('"'), found[2]) if found else ("", written.strip())
    if not _ADDRESS.fullmatch(spec) or not spec.isascii() or "@" in name:
        raise Refused(f"{written!r} is not an e-mail address that can be written to")
    return Address(display_name=name, addr_spec=spec)


def _plain(value: str, what: str) -> str:
    """A line break in a header would begin another header."""
    if any(ord(character) < 32 or ord(character) == 127 or character in "\x85\u2028\u2029" for character in value):
        raise Refused(f"the {what} holds a control character")
    return value


def _lines(value: str) -> str:
    """One kind of line end only: a lone carriage return is a line end to some mail servers and none to others."""
    return _LINE_END.sub("\n", value.replace("\0", ""))


def _recipients(addresses: list[Address]) -> tuple[str, ...]:
    return tuple({found.addr_spec.lower(): found.addr_spec for found in reversed(addresses)}.values())[::-1]


def _wire(message: EmailMessage) -> bytes:
    body = message.as_bytes()
    return _DOT.sub(b"..", body if body.endswith(b"\r\n") else body + b"\r\n")
