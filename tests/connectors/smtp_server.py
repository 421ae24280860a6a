"""A scripted mail server on 127.0.0.1 that can refuse, hang up or fall silent at every step."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

#: Said at a step instead of the usual answer; HANG_UP closes the connection.
HANG_UP = "hang up"

USUAL = {"greeting": "220 ready", "DATA": "354 go on", ".": "250 accepted", "QUIT": "221 bye"}


class MailServer:
    def __init__(self, said: dict[str, list[str]]) -> None:
        self._said = said
        #: Those on which something was asked.
        self.connections = 0
        self.commands: list[str] = []
        self.messages: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
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

    def _next(self, step: str) -> str:
        """What is said at this step now; the last of several stays."""
        words = self._said.get(step, [USUAL.get(step, "250 ok")])
        return words.pop(0) if len(words) > 1 else words[0]

    def _say(self, connection: socket.socket, said: str) -> bool:
        if said == HANG_UP:
            return False
        connection.sendall(said.encode() + b"\r\n")
        return True

    def _talk(self, connection: socket.socket, lines: Iterator[bytes]) -> None:
        if not self._say(connection, self._next("greeting")):
            return
        for number, line in enumerate(lines):
            self.connections += number == 0
            command = line.decode().strip()
            self.commands.append(command)
            step = command.split(" ")[0].upper().split(":")[0]
            said = self._next(step)
            if not self._say(connection, said):
                return
            if step == "DATA" and said.startswith("354") and not self._body(connection, lines):
                return

    def _body(self, connection: socket.socket, lines: Iterator[bytes]) -> bool:
        message = b""
        for line in lines:
            if line == b".\r\n":
                self.messages.append(message)
                return self._say(connection, self._next("."))
            message += line[1:] if line.startswith(b".") else line
        return False


@contextmanager
def mail_server(**said: str | list[str]) -> Iterator[MailServer]:
    """Steps by their command in lower case; `dot` is the answer to the message. Several answers are given in turn."""
    names = {"dot": ".", "greeting": "greeting"}
    server = MailServer(
        {
            names.get(step, step.upper()): [words] if isinstance(words, str) else list(words)
            for step, words in said.items()
        }
    )
    try:
        yield server
    finally:
        server.close()
