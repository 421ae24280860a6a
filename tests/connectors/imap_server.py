"""A scripted IMAP server on 127.0.0.1 that can say anything at every step, or hang up, or fall silent."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

HANG_UP, SILENCE = b"hang up", b"silence"

#: Said before the tagged OK.
USUAL = {
    "greeting": b"* OK IMAP4rev1 ready\r\n",
    "CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n",
    "EXAMINE": b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] fine\r\n",
    "SEARCH": b"* SEARCH 5\r\n",
    "FETCH": b'* 1 FETCH (UID 5 INTERNALDATE " 2-Mar-2026 13:00:00 +0100" BODY[]<0> {17}\r\nFrom: a@b.c\r\n\r\nHi)\r\n',
}


class ImapServer:
    def __init__(self, said: dict[str, bytes]) -> None:
        self._said = {**USUAL, **said}
        self.commands: list[str] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._socket.close()
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            pass
        self._thread.join(2)

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                with connection, connection.makefile("rb") as lines, suppress(OSError):
                    self._talk(connection, lines)

    def _talk(self, connection: socket.socket, lines: Iterator[bytes]) -> None:
        if not self._say(connection, "greeting", b""):
            return
        for line in lines:
            words = line.decode("latin-1").split()
            if len(words) < 2:
                return  # no command: a client that wants encryption at once
            self.commands.append(line.decode("latin-1").strip().partition(" ")[2])
            step = (words[2] if words[1] == "UID" else words[1]).upper()
            if not self._say(connection, step, words[0].encode()):
                return

    def _say(self, connection: socket.socket, step: str, tag: bytes) -> bool:
        said = self._said.get(step, b"")
        if said == HANG_UP:
            return False
        if said == SILENCE:
            self._over.wait(10)
            return False
        done = b"" if b"TAG" in said or not tag else tag + b" OK done\r\n"
        connection.sendall(said.replace(b"TAG", tag) + done)
        return True


@contextmanager
def imap_server(**said: bytes) -> Iterator[ImapServer]:
    """Steps by their command in lower case; TAG stands for the tag of what is answered."""
    server = ImapServer({step if step == "greeting" else step.upper(): words for step, words in said.items()})
    try:
        yield server
    finally:
        server.close()
