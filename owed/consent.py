"""Catching the redirect of a consent page on this machine, or taking it from a person who pastes it."""

import http.server
import time
import urllib.parse

_DONE = b"<!doctype html><title>owed</title><p>owed has the answer; this page can be closed."
_CALLBACK = "/callback"

#: A browser that opens a connection and says nothing must not keep the redirect out.
_ONE_REQUEST_SECONDS = 5.0


def redirect_uri(port: int) -> str:
    """Register exactly this at the platform's developer site."""
    return f"http://localhost:{port}{_CALLBACK}"


def query_of(url: str) -> dict[str, str]:
    """The query of a redirect URL that somebody pasted; empty when there is none."""
    try:
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url.strip()).query))
    except ValueError:
        return {}


class RedirectServer(http.server.HTTPServer):
    """`caught` is the query of the first redirect that came."""

    caught: dict[str, str]


def listen(port: int) -> RedirectServer:
    """On this machine alone. Raises OSError: the port is taken."""
    server = RedirectServer(("127.0.0.1", port), _Handler)
    server.caught = {}
    return server


def wait_for_redirect(server: RedirectServer, seconds: float) -> dict[str, str]:
    """The query of the first redirect; empty when none came in time. Requests for anything else are passed over."""
    deadline = time.monotonic() + seconds
    while not server.caught and (left := deadline - time.monotonic()) > 0:
        server.timeout = left
        server.handle_request()
    return server.caught


class _Handler(http.server.BaseHTTPRequestHandler):
    server: RedirectServer
    timeout = _ONE_REQUEST_SECONDS

    def do_GET(self) -> None:  # the library's name
        query = query_of(self.path) if urllib.parse.urlsplit(self.path).path == _CALLBACK else {}
        self.send_response(200 if query else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        if query:
            self.wfile.write(_DONE)
            self.server.caught = query

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the library's name; the code is a secret
        pass
