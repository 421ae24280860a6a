"""What every platform's client makes of refusals, silence and nonsense; on a real socket, through the vendors' SDKs."""

import datetime as dt
import socket
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest

from connectors.errors import (
    Conflict,
    ConnectorError,
    Forbidden,
    Malformed,
    NotFound,
    PlatformFailed,
    Refused,
    Throttled,
    Unauthorised,
    Uncertain,
    Unreachable,
)
from connectors.protocol import Connector, Intent, Page, Tokens
from connectors.registry import open_connector
from connectors.transport import as_float
from receivables.commands import AddNote
from receivables.refs import Ref
from tests.connectors.loopback import Asked, Loopback, Reply, Script, loopback, replies
from tests.connectors.stands import NOW, CountingLimiter, HeldTokens, endpoint, now, oauth_tokens

PLATFORMS = ("quickbooks", "xero", "stripe")
GUID = "d4956132-ed94-4dd7-9eaa-aa22dfdf06f2"
NOTE = AddNote(connection="books", invoice=Ref("books", "invoice", GUID), text="called")


class Books:
    """A connector to one scripted server."""

    def __init__(self, platform: str, server: Loopback, limiter: CountingLimiter | None = None) -> None:
        self.server = server
        self.limiter = limiter or CountingLimiter()
        self.tokens = HeldTokens(Tokens(api_key="rk_test_1") if platform == "stripe" else oauth_tokens())
        found = endpoint(platform, server.url, account="" if platform == "stripe" else "acct-1", timeout=(0.5, 0.5))
        found.options["timezone"] = "UTC"
        self.connector: Connector = open_connector(found, self.tokens, self.limiter, now)

    def read(self) -> Page:
        return next(iter(self.connector.pull("refunds" if self._is_stripe else "customers", self._sweeping)))

    @property
    def _is_stripe(self) -> bool:
        return self.connector.manifest.platform == "stripe"

    @property
    def _sweeping(self) -> str:
        """Mid-sweep, so that one page is one call."""
        return '{"sweeping":true,"after":"re_1"}' if self._is_stripe else ""

    def write(self) -> None:
        self.connector.push(Intent("key-1", NOTE))


@pytest.fixture(params=PLATFORMS)
def platform(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def books(platform: str) -> Iterator[Callable[[Script], Books]]:
    servers: list[Loopback] = []

    def open_books(script: Script) -> Books:
        servers.append(Loopback(script))
        return Books(platform, servers[-1])

    yield open_books
    for server in servers:
        server.close()


def _fault(platform: str, code: str, message: str = "no") -> str:
    return {
        "quickbooks": f'{{"Fault":{{"Error":[{{"Message":"{message}","code":"{code}"}}],"type":"x"}},"time":"x"}}',
        "xero": f'{{"Title":"{message}","Status":400,"Detail":"{code}"}}',
        "stripe": f'{{"error":{{"type":"invalid_request_error","code":"{code}","message":"{message}"}}}}',
    }[platform]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, Refused),
        (403, Forbidden),
        (404, NotFound),
        (500, PlatformFailed),
        (502, PlatformFailed),
        (503, PlatformFailed),
        (408, Uncertain),
        (302, Refused),
    ],
)
def test_a_refusal_is_told_by_its_status(
    books: Callable[[Script], Books], platform: str, status: int, expected: type[ConnectorError]
) -> None:
    found = books(replies(Reply(_fault(platform, "1"), status, {"Location": "http://127.0.0.1:1/"})))
    with pytest.raises(expected) as raised:
        found.write()
    assert type(raised.value) is expected


@pytest.mark.parametrize(
    "body", ["", "<html><h1>Bad gateway</h1></html>", '<?xml version="1.0"?><Fault/>', "no such page"]
)
@pytest.mark.parametrize(
    ("status", "expected"), [(404, NotFound), (400, Refused), (503, PlatformFailed), (429, Throttled)]
)
def test_bodies_in_no_known_form_change_nothing(
    books: Callable[[Script], Books], body: str, status: int, expected: type[ConnectorError]
) -> None:
    with pytest.raises(expected):
        books(replies(Reply(body, status))).write()


def test_a_write_is_sent_once_whatever_comes_back(books: Callable[[Script], Books]) -> None:
    for reply in (Reply("", 500), Reply("", 503), Reply("", 429, {"Retry-After": "1"}), Reply(cut=True)):
        found = books(replies(reply))
        with pytest.raises(ConnectorError):
            found.write()
        assert len(found.server.asked) == 1


def test_a_read_is_tried_three_times_while_the_failure_passes(books: Callable[[Script], Books]) -> None:
    found = books(replies(Reply("", 503)))
    with pytest.raises(Uncertain):
        found.read()
    assert len(found.server.asked) == 3


def test_a_read_that_is_refused_is_not_tried_again(books: Callable[[Script], Books]) -> None:
    found = books(replies(Reply("", 403)))
    with pytest.raises(Forbidden):
        found.read()
    assert len(found.server.asked) == 1


def test_a_cut_connection_leaves_a_write_uncertain(books: Callable[[Script], Books]) -> None:
    with pytest.raises(Uncertain) as raised:
        books(replies(Reply(cut=True))).write()
    assert raised.value.indeterminate


def test_an_answer_cut_off_in_the_middle_leaves_a_write_uncertain(books: Callable[[Script], Books]) -> None:
    with pytest.raises(Uncertain):
        books(replies(Reply('{"Attachable":', short=True))).write()


def test_an_accepted_write_with_a_broken_body_is_uncertain_never_failed(books: Callable[[Script], Books]) -> None:
    for body in ("", "{", "[]", '{"Attachable":null}', '{"id":5}', '{"HistoryRecords":5}'):
        with pytest.raises(Uncertain):
            books(replies(Reply(body))).write()


def test_trap_no_timeout_by_default_a_hung_peer_is_given_up(books: Callable[[Script], Books]) -> None:
    with pytest.raises(Uncertain):
        books(replies(Reply(wait=5.0))).write()


def test_a_refused_connection_means_that_nothing_was_sent(platform: str) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        server = Loopback(replies(Reply()))
        server.close()
        server.url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(Unreachable) as raised:
            Books(platform, server).write()
    assert raised.value.transient
    assert not raised.value.indeterminate


def test_retry_after_pauses_everybody(books: Callable[[Script], Books]) -> None:
    found = books(replies(Reply("", 429, {"Retry-After": "40"})))
    with pytest.raises(Throttled) as raised:
        found.write()
    assert raised.value.retry_at == NOW + dt.timedelta(seconds=40)
    assert [until for until, _ in found.limiter.pauses] == [raised.value.retry_at]


def test_a_pause_longer_than_a_minute_is_not_waited_for(books: Callable[[Script], Books]) -> None:
    found = books(replies(Reply("", 429, {"Retry-After": "60000"})))
    with pytest.raises(Throttled):
        found.read()
    assert len(found.server.asked) == 1


def test_an_empty_429_still_pauses(books: Callable[[Script], Books]) -> None:
    found = books(replies(Reply("", 429)))
    with pytest.raises(Throttled) as raised:
        found.write()
    assert raised.value.retry_at > NOW
    assert found.limiter.pauses


def test_every_call_spends_the_limit(books: Callable[[Script], Books]) -> None:
    found = books(replies(Reply("", 503)))
    with pytest.raises(Uncertain):
        found.read()
    assert found.limiter.calls == 3


@pytest.mark.parametrize("body", ["", "<html/>", "{", '{"data":{}}', '{"QueryResponse":[]}', '{"Contacts":{}}', "[]"])
def test_a_page_of_another_shape_is_malformed(books: Callable[[Script], Books], platform: str, body: str) -> None:
    found = books(replies(Reply(body)))
    if platform == "xero" and not body:
        assert found.read().rows == [], "an empty answer of Xero says that nothing has changed"
        return
    with pytest.raises(Malformed):
        found.read()


def test_secrets_never_stand_in_an_error(books: Callable[[Script], Books], platform: str) -> None:
    leak = '{"Title":"Token expired: access-1 rk_test_1","error":{"message":"Invalid API Key: rk_test_1"}}'
    for status in (401, 403):
        found = books(lambda asked, status=status: Reply(leak, status) if asked.path != "/token" else Reply("", 503))  # type: ignore[misc]
        with pytest.raises(ConnectorError) as raised:
            found.write()
        if not (platform == "stripe" and status == 403):
            assert "access-1" not in str(raised.value)
            assert "rk_test_1" not in str(raised.value)


@pytest.mark.parametrize("platform", ["quickbooks", "xero"])
def test_a_refused_token_is_renewed_once_and_the_call_sent_again(platform: str) -> None:
    def script(asked: Asked) -> Reply:
        if asked.path == "/token":
            return Reply('{"access_token":"access-2","refresh_token":"refresh-2","expires_in":1800}')
        if asked.headers["authorization"] == "Bearer access-1":
            return Reply("", 401)
        return Reply('{"Attachable":{"Id":"9"},"HistoryRecords":[{"Details":"x"}]}')

    with loopback(script) as server:
        found = Books(platform, server)
        found.write()
        assert [asked.path == "/token" for asked in server.asked] == [False, True, False]
        assert found.tokens.load().refresh_token == "refresh-2"


@pytest.mark.parametrize("platform", ["quickbooks", "xero"])
def test_a_token_refused_twice_asks_a_person_to_reconnect(platform: str) -> None:
    def script(asked: Asked) -> Reply:
        fresh = Reply('{"access_token":"access-2","refresh_token":"refresh-2","expires_in":1800}')
        return fresh if asked.path == "/token" else Reply("", 401)

    with loopback(script) as server, pytest.raises(Unauthorised, match="reconnect"):
        Books(platform, server).write()


@pytest.mark.parametrize("platform", ["quickbooks", "xero"])
def test_a_write_whose_token_cannot_be_renewed_surely_did_not_happen(platform: str) -> None:
    for broken in (Reply("", 503), Reply(cut=True), Reply("<html/>")):
        replied = {"/token": broken}
        with loopback(lambda asked, replied=replied: replied.get(asked.path, Reply("", 401))) as server:  # type: ignore[misc]  # the default binds the loop's value
            books = Books(platform, server)
            with pytest.raises(Unreachable):
                books.write()


def test_a_refused_stripe_key_asks_a_person_to_reconnect() -> None:
    with loopback(replies(Reply("", 401))) as server:
        with pytest.raises(Unauthorised, match="reconnect"):
            Books("stripe", server).write()
        assert len(server.asked) == 1


def test_a_pause_of_the_limiter_stops_a_read_at_once(platform: str) -> None:
    with loopback(replies(Reply("", 429, {"Retry-After": "600"}))) as server:
        found = Books(platform, server, CountingLimiter(strict=True))
        for _ in range(2):
            with pytest.raises(Throttled):
                found.read()
        assert len(server.asked) == 1


def test_a_stale_quickbooks_record_is_a_conflict() -> None:
    with loopback(replies(Reply(_fault("quickbooks", "5010", "Stale Object"), 400))) as server, pytest.raises(Conflict):
        Books("quickbooks", server).write()


@pytest.mark.parametrize("written", ["10.50", "0.1", "99999999999.99", "1234567.891", "-3"])
def test_trap_precision_amounts_survive_the_writers_that_know_only_floats(written: str) -> None:
    assert Decimal(repr(as_float(Decimal(written)))) == Decimal(written)


def test_trap_precision_an_amount_without_an_exact_form_is_never_sent() -> None:
    with pytest.raises(ValueError, match="no exact JSON form"):
        as_float(Decimal("1234567890123.45678"))
