"""A scripted HTTP server on 127.0.0.1: says what it is told, and remembers what it was asked."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Asked:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass
class Reply:
    """`cut`: close the connection instead of answering; `short`: promise more bytes than are sent."""

    body: bytes | str = b"{}"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    short: bool = False
    wait: float = 0.0


Script = Callable[[Asked], Reply]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever asked may have given up meanwhile: some tests are about that."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Loopback:
    def __init__(self, script: Script) -> None:
        self.script = script
        self.asked: list[Asked] = []
        self._release = threading.Event()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._release.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        reply = self.script(asked)
        if reply.wait:
            self._release.wait(reply.wait)
        return reply

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                split = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(split.query, keep_blank_values=True).items()}
                headers = {name.lower(): value for name, value in self.headers.items()}
                reply = server._answer(Asked(self.command, split.path, query, headers, self.rfile.read(length)))
                if reply.cut:
                    self.close_connection = True
                    self.connection.shutdown(SHUT_RDWR)
                    return
                body = reply.body.encode() if isinstance(reply.body, str) else reply.body
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                if reply.status not in {204, 304}:
                    self.send_header("Content-Length", str(len(body) + (10 if reply.short else 0)))
                self.end_headers()
                if reply.status not in {204, 304}:
                    self.wfile.write(body)
                self.close_connection = self.close_connection or reply.short

            def do_POST(self) -> None:
                self.do_GET()

            def do_PUT(self) -> None:
                self.do_GET()

            def do_DELETE(self) -> None:
                self.do_GET()

            def log_message(self, *_: Any) -> None:
                """Silence."""

        return Handler


@contextmanager
def loopback(script: Script) -> Iterator[Loopback]:
    server = Loopback(script)
    try:
        yield server
    finally:
        server.close()


def replies(*scripted: Reply) -> Script:
    """One after the other; the last one again and again."""
    left = list(scripted)

    def script(asked: Asked) -> Reply:
        return left.pop(0) if len(left) > 1 else left[0]

    return script
