"""Consent, code exchange, refresh and revoke at both book-keeping platforms."""

import datetime as dt
import socket
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.errors import ConnectorError, Malformed, Unauthorised, Uncertain, Unreachable
from connectors.oauth import OAuthGrant, code_of, consent, exchange, refresh, revoke
from connectors.protocol import Endpoint, Tokens
from connectors.registry import OAUTH_SERVERS
from tests.connectors.loopback import Reply, loopback, replies
from tests.connectors.stands import NOW, HeldTokens, endpoint, now, oauth_tokens

FRESH = '{"access_token":"access-2","refresh_token":"refresh-2","expires_in":3600,"x_refresh_token_expires_in":8640000}'
PLATFORMS = sorted(OAUTH_SERVERS)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_consent_page_asks_for_the_scopes_with_state_and_pkce(platform: str) -> None:
    server = OAUTH_SERVERS[platform]
    first, second = (
        consent(server, Endpoint("books", platform), "client", "http://127.0.0.1:1/back") for _ in range(2)
    )
    query = {name: values[0] for name, values in parse_qs(urlsplit(first.url).query).items()}
    assert first.url.startswith(server.authorize_url)
    assert query["scope"] == " ".join(server.scopes)
    assert (query["state"], query["code_challenge_method"]) == (first.state, "S256")
    assert first.state != second.state
    assert first.verifier not in first.url


def test_the_addresses_of_the_connection_go_before_the_vendors() -> None:
    found = consent(OAUTH_SERVERS["xero"], endpoint("xero", "http://127.0.0.1:9"), "client", "back")
    assert found.url.startswith("http://127.0.0.1:9/authorize?")


def test_a_redirect_with_our_state_gives_the_code() -> None:
    assert code_of({"state": "s", "code": "c"}, "s") == "c"


@pytest.mark.parametrize(
    "query", [{"state": "other", "code": "c"}, {"code": "c"}, {"state": "s"}, {"state": "s", "error": "access_denied"}]
)
def test_a_redirect_that_is_forged_or_refused_gives_none(query: dict[str, str]) -> None:
    with pytest.raises(Unauthorised):
        code_of(query, "s")


def test_xero_proves_itself_in_the_body_and_quickbooks_by_basic_auth() -> None:
    for platform, in_body in (("xero", True), ("quickbooks", False)):
        with loopback(replies(Reply(FRESH))) as server:
            refresh(OAUTH_SERVERS[platform], endpoint(platform, server.url), oauth_tokens(), NOW)
            asked = server.asked[0]
        assert (b"client_secret=secret" in asked.body) is in_body
        assert ("authorization" in asked.headers) is not in_body


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_code_is_exchanged_with_its_verifier(platform: str) -> None:
    app = Tokens(client_id="client", client_secret="secret")
    with loopback(replies(Reply(FRESH))) as server:
        found = exchange(
            OAUTH_SERVERS[platform], endpoint(platform, server.url), app, "code-1", "back", "verifier", NOW
        )
        body = parse_qs(server.asked[0].body.decode())
    assert (body["code"], body["code_verifier"], body["grant_type"]) == (
        ["code-1"],
        ["verifier"],
        ["authorization_code"],
    )
    assert (found.access_token, found.refresh_token) == ("access-2", "refresh-2")
    assert found.access_expires_at == NOW + dt.timedelta(hours=1)
    assert found.refresh_expires_at == NOW + dt.timedelta(days=100)
    assert found.client_id == "client"


def test_an_answer_without_a_new_refresh_token_keeps_the_old_one() -> None:
    with loopback(replies(Reply('{"access_token":"access-2","expires_in":1800}'))) as server:
        found = refresh(OAUTH_SERVERS["xero"], endpoint("xero", server.url), oauth_tokens(), NOW)
    assert found.refresh_token == "refresh-1"


def test_trap_unknown_keys_in_the_answer_lose_no_token() -> None:
    with loopback(replies(Reply(FRESH[:-1] + ',"id_token":null,"new_field":{"a":1}}'))) as server:
        assert (
            refresh(OAUTH_SERVERS["xero"], endpoint("xero", server.url), oauth_tokens(), NOW).access_token == "access-2"
        )


@pytest.mark.parametrize(
    ("reply", "expected", "words"),
    [
        (Reply('{"error":"invalid_grant"}', 400), Unauthorised, "reconnect"),
        (Reply('{"error":"invalid_client"}', 401), Unauthorised, "client id or secret"),
        (Reply("<html/>", 502), Uncertain, "502"),
        (Reply("", 429), Unreachable, "come back"),
        (Reply("", 400), Unauthorised, "400"),
        (Reply('{"access_token":null}'), Malformed, "token answer"),
        (Reply("<html/>"), Malformed, "token answer"),
        (Reply(cut=True), Uncertain, "no answer"),
        (Reply("", 302, {"Location": "http://127.0.0.1:1/"}), Unauthorised, "302"),
    ],
)
def test_what_a_refused_refresh_means(reply: Reply, expected: type[ConnectorError], words: str) -> None:
    with loopback(replies(reply)) as server, pytest.raises(expected, match=words) as raised:
        refresh(OAUTH_SERVERS["xero"], endpoint("xero", server.url), oauth_tokens(), NOW)
    assert type(raised.value) is expected
    assert "secret" not in str(raised.value).replace("client id or secret", "")
    assert "refresh-1" not in str(raised.value)


def test_a_token_service_that_is_down_was_not_reached() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(Unreachable):
            refresh(OAUTH_SERVERS["xero"], endpoint("xero", url), oauth_tokens(), NOW)


def grant(url: str, held: HeldTokens) -> OAuthGrant:
    return OAuthGrant(OAUTH_SERVERS["xero"], endpoint("xero", url), held, now)


def test_a_fresh_token_is_used_as_it_is() -> None:
    tokens = Tokens(access_token="a", refresh_token="r", access_expires_at=NOW + dt.timedelta(minutes=10))
    assert grant("http://127.0.0.1:1", HeldTokens(tokens)).access() == "a"


def test_a_dying_token_is_renewed_and_stored_before_it_is_used() -> None:
    held = HeldTokens(Tokens(access_token="a", refresh_token="r", access_expires_at=NOW + dt.timedelta(seconds=60)))
    with loopback(replies(Reply(FRESH))) as server:
        assert grant(server.url, held).access() == "access-2"
    assert [tokens.refresh_token for tokens in held.stored] == ["refresh-2"]


def test_trap_single_use_rotation_another_callers_new_token_is_used_not_refreshed_again() -> None:
    held = HeldTokens(oauth_tokens(access="newer"))
    assert grant("http://127.0.0.1:1", held).renew("refused-older-one") == "newer"
    assert held.stored == []


def test_a_lost_answer_keeps_the_old_refresh_token_for_another_try() -> None:
    held = HeldTokens(oauth_tokens())
    with loopback(replies(Reply(cut=True), Reply(FRESH))) as server:
        with pytest.raises(Uncertain):
            grant(server.url, held).renew("access-1")
        assert held.load().refresh_token == "refresh-1"
        assert grant(server.url, held).renew("access-1") == "access-2"


def test_one_connector_asks_for_its_token_once_until_it_dies_or_is_refused() -> None:
    instant = [NOW]
    held = HeldTokens(Tokens(access_token="a", refresh_token="r", access_expires_at=NOW + dt.timedelta(minutes=10)))
    ours = OAuthGrant(OAUTH_SERVERS["xero"], endpoint("xero", "http://127.0.0.1:1"), held, lambda: instant[0])
    assert [ours.access(), ours.access()] == ["a", "a"]
    held.tokens = Tokens(access_token="b", refresh_token="r", access_expires_at=NOW + dt.timedelta(minutes=40))
    assert ours.access() == "a", "it is good for ten minutes more"
    instant[0] += dt.timedelta(minutes=9)
    assert ours.access() == "b", "another worker renewed it in the meantime"
    held.tokens = Tokens(access_token="c", refresh_token="r")
    assert ours.renew("b") == "c"
    assert ours.access() == "c"
    assert held.stored == []


def test_without_tokens_a_person_has_to_connect() -> None:
    with pytest.raises(Unauthorised, match="reconnect"):
        grant("http://127.0.0.1:1", HeldTokens(None)).access()
    with pytest.raises(Unauthorised, match="reconnect"):
        grant("http://127.0.0.1:1", HeldTokens(Tokens())).access()


@pytest.mark.parametrize(
    ("platform", "body"), [("quickbooks", b'{"token": "refresh-1"}'), ("xero", b"token=refresh-1")]
)
def test_a_grant_is_revoked_in_the_platforms_own_form(platform: str, body: bytes) -> None:
    with loopback(replies(Reply(""))) as server:
        revoke(OAUTH_SERVERS[platform], endpoint(platform, server.url), oauth_tokens())
        assert server.asked[0].body == body
        assert server.asked[0].path == "/revoke"


def test_a_grant_that_is_dead_already_is_as_good_as_revoked() -> None:
    with loopback(replies(Reply('{"error":"invalid_grant"}', 400))) as server:
        revoke(OAUTH_SERVERS["xero"], endpoint("xero", server.url), oauth_tokens())
        assert len(server.asked) == 1
