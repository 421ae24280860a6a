"""A webhook of the business's own: signed, keyed, and asked once."""

import datetime as dt
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from connectors.errors import Refused, Throttled, Uncertain, Unreachable
from connectors.protocol import Endpoint, Intent, Tokens
from connectors.webhook.connector import WebhookConnector
from receivables.commands import CallWebhook
from receivables.refs import Ref
from tests.connectors.stands import CountingLimiter, HeldTokens

NOW = dt.datetime(2026, 3, 10, 10, tzinfo=dt.UTC)
COMMAND = CallWebhook(connection="hook", invoices=(Ref("books", "invoice", "1"),), body='{"event":"step_due"}')


class Listener:
    """A program on this machine that answers as it is told and keeps what it got."""

    def __init__(self) -> None:
        self.status = 200
        self.got: list[tuple[dict[str, str], bytes]] = []
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # the name is http.server's
                body = self.rfile.read(int(self.headers["Content-Length"]))
                listener.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                if listener.status == 0:
                    self.connection.close()
                    return
                self.send_response(listener.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/owed"


@pytest.fixture
def listener() -> Iterator[Listener]:
    found = Listener()
    yield found
    found.server.shutdown()
    found.server.server_close()
    found.thread.join()


def connector(url: str, secret: str = "s3cret") -> WebhookConnector:
    endpoint = Endpoint(name="hook", platform="webhook", api_base=url)
    return WebhookConnector(endpoint, HeldTokens(Tokens(api_key=secret)), CountingLimiter(), lambda: NOW)


INTENT = Intent("key-1", COMMAND, {}, NOW)


def test_what_is_sent_can_be_checked_by_the_receiver(listener: Listener) -> None:
    receipt = connector(listener.url).push(INTENT)
    headers, body = listener.got[0]
    assert (receipt.reference, json.loads(body)) == ("key-1", {"event": "step_due"})
    assert headers["idempotency-key"] == "key-1"
    seconds = str(int(NOW.timestamp()))
    expected = hmac.new(b"s3cret", f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    assert headers["owed-signature"] == f"t={seconds},v1={expected}"


def test_without_a_key_nothing_is_signed(listener: Listener) -> None:
    connector(listener.url, "").push(INTENT)
    assert "owed-signature" not in listener.got[0][0]


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, Refused), (410, Refused), (302, Uncertain), (429, Throttled), (503, Uncertain), (0, Uncertain)],
)
def test_what_an_answer_means(listener: Listener, status: int, error: type[Exception]) -> None:
    listener.status = status
    with pytest.raises(error):
        connector(listener.url).push(INTENT)
    assert len(listener.got) == 1


def test_nobody_there(listener: Listener) -> None:
    url = listener.url
    listener.server.server_close()
    with pytest.raises((Unreachable, Uncertain)):
        connector(url).push(INTENT)
