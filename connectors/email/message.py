"""One reminder as an e-mail: bytes that are the same for every try of one intent. Pure."""

import datetime as dt
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.charset import QP, Charset
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address
from email.message import Message
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime, formataddr
from functools import lru_cache
from typing import Any, TypeAlias

from connectors.errors import Refused
from connectors.protocol import Attachment
from receivables.commands import SendReminder

#: Python's older classes for e-mail: its newer ones take four times as long for the same message, because they parse
#: each header that they are given.
_POLICY = compat32.clone(linesep="\r\n", mangle_from_=False)
_ADDRESS = re.compile(r"[^@\s<>,;:\"\\()\[\]]+@[A-Za-z0-9.-]+")
_NAMED = re.compile(r"([^<>]*)<([^<>]+)>")
_LINE_END = re.compile(r"\r\n?|\n")
_DOT = re.compile(rb"^\.", re.MULTILINE)
#: Words of ASCII that fit on a line and cannot be taken for an encoded word (RFC 2047).
_PLAIN = re.compile(r"(?!.*=\?)[!-~]{1,60}( [!-~]{1,60})*")
#: Readable in the evidence, lines below 77 characters, and 7 bits, so that any mail server takes it.
_READABLE = Charset("utf-8")
_READABLE.body_encoding = QP

_Mail: TypeAlias = "Message[Any, Any]"


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
    message = _content(command, files, name_of(key))
    message["From"] = _addressed("From", [author])
    message["To"] = _addressed("To", to)
    if copied:
        message["Cc"] = _addressed("Cc", copied)
    if command.reply_to:
        message["Reply-To"] = _addressed("Reply-To", [_address(command.reply_to)])
    subject = _plain(command.subject, "subject")
    message["Subject"] = Header(subject, _charset(subject), header_name="Subject")
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id
    message["Content-Language"] = _plain(command.language, "language")
    message["Auto-Submitted"] = "auto-generated"  # keeps holiday notices from answering (RFC 3834)
    unseen = [_address(command.copy_to)] if command.copy_to else []
    return Letter(author.addr_spec, _recipients([*to, *copied, *unseen]), message_id, _wire(message))


def _content(command: SendReminder, files: Sequence[Attachment], name: str) -> _Mail:
    """Boundaries between parts are the same for every try, where the library would draw them by chance."""
    words: _Mail = MIMEText(_lines(command.text), "plain", _READABLE)  # type: ignore[arg-type]  # a Charset is taken too
    if command.html:
        html = MIMEText(_lines(command.html), "html", _READABLE)  # type: ignore[arg-type]
        words = MIMEMultipart("alternative", f"=words={name}=", [words, html])
    if not files:
        return words
    whole = MIMEMultipart("mixed", f"=whole={name}=", [words])
    for file in files:
        part = MIMEApplication(file.content, "pdf")
        part.add_header("Content-Disposition", "attachment", filename=_file_name(file.name))
        whole.attach(part)
    return whole


def _file_name(name: str) -> str | tuple[str, str, str]:
    """In RFC 2231's form where it is not ASCII."""
    return _plain(name, "file name") if name.isascii() else ("utf-8", "", _plain(name, "file name"))


def _addressed(header: str, addresses: Sequence[Address]) -> Header:
    written = Header(header_name=header)
    for number, address in enumerate(addresses, 1):
        comma = "," if number < len(addresses) else ""
        name, spec = address.display_name, address.addr_spec
        if not name or _charset(name) == "us-ascii":
            written.append(formataddr((name, spec)) + comma, "us-ascii")
        else:
            written.append(name, "utf-8")
            written.append(f"<{spec}>{comma}", "us-ascii")
    return written


def _charset(text: str) -> str:
    return "us-ascii" if _PLAIN.fullmatch(text) else "utf-8"


@lru_cache(maxsize=256)
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


def _wire(message: _Mail) -> bytes:
    body = message.as_bytes(policy=_POLICY)
    return _DOT.sub(b"..", body if body.endswith(b"\r\n") else body + b"\r\n")
