"""Who did not get a message, by what a mail server sent back: RFC 3464, or one of the many older ways. Pure."""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from typing import Any

from flufl.bounce import all_failures

_ADDRESS = re.compile(r"[^@\s<>,;:\"\\()\[\]]{1,64}@[A-Za-z0-9.-]{1,253}")
#: A class, a subject and a detail (RFC 3463); a server's diagnostic often tells it where the field is missing.
_STATUS = re.compile(r"\b([245])\.\d{1,3}\.\d{1,3}\b")
_MOST_PARTS = 200
_MACHINES = ("mailer-daemon", "postmaster", "mail-daemon", "mailerdaemon", "bounce")


@dataclass(frozen=True, slots=True)
class Failure:
    """One recipient, in small letters. `lasting`: status 5; else the server tries on, or could not for now.

    `status` is empty where the server wrote none."""

    address: str
    lasting: bool
    status: str = ""
    diagnostic: str = ""


def failures(raw: bytes, message: Message, sender: str) -> tuple[Failure, ...]:
    """Empty when the message is no bounce. Only what looks like a machine's is searched for older forms: a person
    may quote a bounce."""
    groups = list(_reported(message))
    if groups:
        return tuple(failure for group in groups if (failure := _of_group(group)) is not None)
    return tuple(_of_older_forms(raw)) if is_machine(message, sender) else ()


def is_machine(message: Message, sender: str) -> bool:
    """Sent by a mail server, by its name or because it takes no answer."""
    returns_to = str(message.get("Return-Path", "")).strip()
    return returns_to == "<>" or sender.partition("@")[0].startswith(_MACHINES)


def _reported(message: Message) -> Iterator[dict[str, str]]:
    """multipart/report; report-type=delivery-status: one group of fields for each recipient."""
    if message.get_content_type() != "multipart/report":
        return
    for part in _parts(message):
        if part.get_content_type() in ("message/delivery-status", "message/global-delivery-status"):
            yield from _groups(part)


def _parts(message: Message) -> Iterator[Message]:
    for count, part in enumerate(message.walk()):
        if count >= _MOST_PARTS:
            return
        yield part


def _groups(part: Message) -> list[dict[str, str]]:
    """The fields of each group by their name in small letters; the first group is about the message itself."""
    inner: Any = part.get_payload()
    if isinstance(inner, list):
        return [{name.casefold(): str(value) for name, value in one.items()} for one in inner[:_MOST_PARTS]]
    content: Any = part.get_payload(decode=True)
    blocks = re.split(r"\r?\n[ \t]*\r?\n", content.decode("utf-8", "replace"))[:_MOST_PARTS] if content else []
    return [
        {name.strip().casefold(): value.strip() for name, colon, value in map(_field, block.splitlines()) if colon}
        for block in blocks
    ]


def _field(line: str) -> tuple[str, str, str]:
    return line.partition(":")


def _of_group(group: dict[str, str]) -> Failure | None:
    """`failed` and `delayed` are bad news; delivered, relayed and expanded are none (RFC 3464, 2.3.3)."""
    action = group.get("action", "").strip().casefold()
    named = _ADDRESS.search(group.get("original-recipient", "")) or _ADDRESS.search(group.get("final-recipient", ""))
    if named is None or action not in ("failed", "delayed"):
        return None
    diagnostic = " ".join(group.get("diagnostic-code", "").split())[:300]
    status = _STATUS.search(group.get("status", "")) or _STATUS.search(diagnostic)
    lasting = action == "failed" and (status is None or status[1] == "5")
    return Failure(named[0].casefold(), lasting, status[0] if status else "", diagnostic)


def _of_older_forms(raw: bytes) -> Iterator[Failure]:
    """flufl.bounce knows how Exim, qmail, Exchange, Yahoo and others said it before there was a standard. It expects
    the message as the oldest policy of the email package reads it."""
    logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)  # it logs each detector's start
    passing, lasting = all_failures(message_from_bytes(raw))
    for found, lasts in ((lasting, True), (passing, False)):
        for one in sorted(found):
            address = one.decode("ascii", "replace") if isinstance(one, bytes) else str(one)
            if _ADDRESS.fullmatch(address):
                yield Failure(address.casefold(), lasts)
