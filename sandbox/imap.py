"""The IMAP server of the sandbox: the part of RFC 3501 that reads a folder, and nothing that changes one."""

from __future__ import annotations

import asyncio
import contextlib
import re
from datetime import date, datetime

from sandbox.clock import read_instant
from sandbox.faults import Fault
from sandbox.inbox import raw_of
from sandbox.state import Record
from sandbox.world import World

USERNAME, PASSWORD = "accounts@harbour-joinery.example", "sandbox"

_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')
_FETCH = re.compile(r"([\d,:*]+) \((.*)\)", re.IGNORECASE)
_PARTIAL = re.compile(r"BODY\.PEEK\[\](?:<(\d+)\.(\d+)>)?", re.IGNORECASE)
_BEFORE_LOGIN = ("CAPABILITY", "NOOP", "LOGOUT", "LOGIN")


class Refused(Exception):
    """A tagged NO or BAD; the words follow."""


class Session:
    """One client: not authenticated, authenticated, or with a folder open (RFC 3501, 3)."""

    def __init__(self, world: World, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.world, self._reader, self._writer = world, reader, writer
        self._signed_in = self._selected = self._over = False

    async def serve(self) -> None:
        self._say("* OK [CAPABILITY IMAP4rev1] sandbox ready")
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ValueError):
            while not self._over and (line := await self._reader.readline()):
                await self._answer(line.decode("utf-8", "replace").rstrip("\r\n"))
                await self._writer.drain()
        self._writer.close()

    def _say(self, line: str, literal: bytes | None = None, rest: str = "") -> None:
        if literal is None:
            self._writer.write(line.encode() + b"\r\n")
        else:
            self._writer.write(f"{line} {{{len(literal)}}}\r\n".encode() + literal + rest.encode() + b"\r\n")

    async def _answer(self, line: str) -> None:
        tag, _, rest = line.partition(" ")
        command, _, arguments = rest.partition(" ")
        command = command.upper()
        if command == "UID":
            command, _, arguments = arguments.partition(" ")
            command = f"UID {command.upper()}"
        fault = self.world.faults.take("imap", command, f"/{command}")
        if fault is not None and await self._fails(tag, fault):
            return
        try:
            with self.world.lock:
                self._carry_out(command, arguments)
        except Refused as refused:
            self._say(f"{tag} {refused}")
        else:
            self._say(f"{tag} OK {'[READ-ONLY] ' if command == 'EXAMINE' else ''}{command} completed")

    async def _fails(self, tag: str, fault: Fault) -> bool:
        """`malformed` answers with no IMAP, `throttle` and `error` with NO; True when nothing else is said."""
        if fault.kind == "hang":
            await asyncio.sleep(float(fault.options.get("seconds", 1)))
            return False
        if fault.kind == "malformed":
            self._writer.write(str(fault.options.get("body", "HTTP/1.1 400 Bad Request")).encode() + b"\r\n")
        elif fault.kind in ("throttle", "error"):
            self._say(f"{tag} NO [UNAVAILABLE] try again later")
            return True
        self._over = True
        return True

    def _carry_out(self, command: str, arguments: str) -> None:
        if not self._signed_in and command not in _BEFORE_LOGIN:
            raise Refused("BAD sign in first")
        if command.startswith("UID") and not self._selected:
            raise Refused("BAD open a folder first")
        match command:
            case "NOOP":
                pass
            case "CAPABILITY":
                self._say("* CAPABILITY IMAP4rev1")
            case "LOGIN":
                self._log_in(arguments)
            case "LOGOUT":
                self._say("* BYE see you")
                self._over = True
            case "SELECT" | "EXAMINE":
                self._open(arguments)
            case "UID SEARCH":
                self._say(f"* SEARCH {' '.join(str(one['uid']) for one in self._search(arguments))}".rstrip())
            case "UID FETCH":
                self._fetch(arguments)
            case _:
                raise Refused("BAD unknown command")

    def _log_in(self, arguments: str) -> None:
        words = _words(arguments)
        if words != [USERNAME, PASSWORD]:
            raise Refused("NO [AUTHENTICATIONFAILED] wrong user name or password")
        self._signed_in = True

    def _open(self, arguments: str) -> None:
        if [word.upper() for word in _words(arguments)] != ["INBOX"]:
            raise Refused("NO no such folder")
        inbox = self.world.inbox
        self._say(f"* {len(inbox.all())} EXISTS")
        self._say("* 0 RECENT")
        self._say(r"* FLAGS (\Seen)")
        self._say(f"* OK [UIDVALIDITY {inbox.validity}] numbers are kept")
        self._selected = True

    def _search(self, arguments: str) -> list[Record]:
        """`UID SET` and `SINCE DAY`, which disregards the time of day (RFC 3501, 6.4.4)."""
        found, words = self.world.inbox.all(), _words(arguments)
        while words:
            key, value = words[0].upper(), words[1] if len(words) > 1 else ""
            if key == "UID":
                found = _in_set(found, value)
            elif key == "SINCE":
                found = [one for one in found if read_instant(one["at"]).date() >= _day(value)]
            else:
                raise Refused("BAD unknown search key")
            words = words[2:]
        return found

    def _fetch(self, arguments: str) -> None:
        wanted = _FETCH.fullmatch(arguments)
        body = _PARTIAL.search(wanted[2]) if wanted else None
        if wanted is None or body is None:
            raise Refused("BAD only BODY.PEEK[] is known here")
        numbers = {one["uid"]: place for place, one in enumerate(self.world.inbox.all(), 1)}
        for one in _in_set(self.world.inbox.all(), wanted[1]):
            raw, name = raw_of(one), "BODY[]"
            if body[1] is not None:
                raw, name = raw[int(body[1]) :][: int(body[2])], f"BODY[]<{body[1]}>"
            at = f'INTERNALDATE "{_internal_date(read_instant(one["at"]))}"'
            self._say(f"* {numbers[one['uid']]} FETCH (UID {one['uid']} {at} {name}", raw, ")")


def _words(text: str) -> list[str]:
    return [bare or re.sub(r"\\(.)", r"\1", quoted) for quoted, bare in _WORD.findall(text)]


def _in_set(messages: list[Record], text: str) -> list[Record]:
    """`3`, `5:9`, `7:*`: a range has no order, and `*` is the last message, so `99:*` names it at least."""
    last = max((one["uid"] for one in messages), default=0)
    found = []
    for part in text.split(","):
        first, _, end = part.partition(":")
        ends = sorted(last if word == "*" else int(word) for word in (first, end or first))
        found += [one for one in messages if ends[0] <= one["uid"] <= ends[1]]
    return found


def _day(text: str) -> date:
    day, month, year = text.split("-")
    return date(int(year), _MONTHS.index(month) + 1, int(day))


def _internal_date(at: datetime) -> str:
    return f"{at.day:2d}-{_MONTHS[at.month - 1]}-{at.year:04d} {at:%H:%M:%S} +0000"


async def serve(world: World, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await Session(world, reader, writer).serve()
