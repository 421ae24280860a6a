"""Catching the redirect of a consent page on this machine, or taking it from a person who pastes it."""

import http.server
import urllib.parse
from dataclasses import dataclass, field

_DONE = b"<!doctype html><title>owed</title><p>owed has the answer; this page can be closed."


@dataclass(slots=True)
class _Caught:
    query: dict[str, str] = field(default_factory=dict)


def redirect_uri(port: int) -> str:
    """Register exactly this at the platform's developer site."""
    return f"http://localhost:{port}/callback"


def query_of(url: str) -> dict[str, str]:
    """The query of a redirect URL that somebody pasted."""
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url.strip()).query))


def wait_for_redirect(port: int, seconds: float) -> dict[str, str]:
    """The query of the first redirect to this machine; empty when none came in time. Raises OSError: port taken."""
    caught = _Caught()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the library's name
            found = query_of(self.path)
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            if self.path.startswith("/callback") and found:
                self.wfile.write(_DONE)
                caught.query = found

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the library's name; the code is a secret
            pass

    with http.server.HTTPServer(("127.0.0.1", port), Handler) as server:
        server.timeout = seconds
        while not caught.query:
            before = caught.query
            server.handle_request()
            if caught.query is before:
                break
    return caught.query
