"""owed connect and disconnect: credentials from the environment, from stdin, and by the platform's consent page."""

import socket
import threading
import time
import urllib.parse
from collections.abc import Callable

import pytest
import requests

from connectors.protocol import Tokens
from owed.consent import listen, wait_for_redirect
from sync.tokens import StoredTokens
from tests.owed.conftest import Desk, Terminal


def held(desk: Desk, name: str) -> Tokens:
    ours = desk.installation
    return StoredTokens(ours.store, ours.vault, name, ours.wall, ours.processes).load()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def app(desk: Desk, platform: str) -> dict[str, str]:
    given = desk.sandbox.config[platform]
    return {"OWED_CLIENT_ID": given["client_id"], "OWED_CLIENT_SECRET": given["client_secret"]}


def consenting(monkeypatch: pytest.MonkeyPatch, answer: Callable[[str], object]) -> None:
    """A browser: what it does with the consent page, beside owed, as a browser would."""
    monkeypatch.setattr("webbrowser.open", lambda url: threading.Thread(target=answer, args=(url,)).start())


def redirect_of(url: str) -> str:
    """Where the consent page sends the browser: the sandbox's gives its consent at once."""
    answer = requests.get(url, allow_redirects=False, timeout=20)
    assert answer.is_redirect, answer.text
    return answer.headers["Location"]


def test_a_key_from_the_environment_goes_before_stdin(desk: Desk) -> None:
    key = desk.sandbox.config["stripe"]["api_key"]
    told = desk.owed("connect", "cards", "--api-key", answers="sk_other\n", OWED_API_KEY=key)
    assert "cards: connected" in told.out
    assert held(desk, "cards").api_key == key
    assert key not in told.out + told.err


def test_a_key_from_stdin(desk: Desk) -> None:
    desk.owed("connect", "cards", answers=f"{desk.sandbox.config['stripe']['api_key']}\n")
    assert desk.owed("connect", "cards", code=2).err == "no API key: set OWED_API_KEY or give it on stdin\n"


def test_a_refused_key_says_so(desk: Desk) -> None:
    told = desk.owed("connect", "cards", "--api-key", code=1, OWED_API_KEY="sk_test_wrong")
    assert told.err.startswith("cards: credentials are stored, but the platform refuses")
    assert "sk_test_wrong" not in told.out + told.err


@pytest.mark.parametrize(("name", "platform"), [("books", "xero"), ("ledger", "quickbooks")])
def test_consent_by_the_page(desk: Desk, name: str, platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = held(desk, name)
    consenting(monkeypatch, lambda url: requests.get(redirect_of(url), timeout=20))
    told = desk.owed("connect", name, "--port", str(free_port()), code=0, answers="", **app(desk, platform))
    assert f"{name}: connected to " in told.out
    assert held(desk, name).refresh_token != before.refresh_token
    assert held(desk, name).access_expires_at is not None
    assert desk.json("sync", name)[0]["connection"] == name


def test_consent_on_a_machine_without_a_browser(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def paste() -> str:
        (page,) = [word for word in asked[0].split() if word.startswith("http")]
        return redirect_of(page) + "\n"

    class Person:
        """Reads what was printed, and pastes what the browser showed."""

        def readline(self) -> str:
            return paste()

    monkeypatch.setattr("owed.cli.connect.say", asked.append)
    monkeypatch.setattr("owed.cli.connect.sys.stdin", Person())
    from owed.cli.connect import connect

    for variable, value in app(desk, "xero").items():
        monkeypatch.setenv(variable, value)
    connect("books", config=desk.config, now=desk.now.isoformat(), headless=True)
    assert asked[-1].startswith("books: connected to ")


@pytest.mark.parametrize(
    ("pasted", "code", "says"),
    [
        ("", 2, "not the address of a redirect"),
        ("http://localhost:8765/callback", 2, "not the address of a redirect"),
        ("http://[", 2, "not the address of a redirect"),
        ("http://localhost:8765/callback?code=stolen&state=another", 1, "does not belong to this consent page"),
    ],
)
def test_a_pasted_address_that_is_not_ours(desk: Desk, pasted: str, code: int, says: str) -> None:
    before = held(desk, "books")
    told = desk.owed("connect", "books", "--headless", code=code, answers=f"{pasted}\n", **app(desk, "xero"))
    assert says in told.err
    assert held(desk, "books") == before


def test_consent_that_is_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(url: str) -> None:
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
        requests.get(f"{query['redirect_uri']}?error=access_denied&state={query['state']}", timeout=20)

    consenting(monkeypatch, refuse)
    told = desk.owed("connect", "books", "--port", str(free_port()), code=1, **app(desk, "xero"))
    assert told.err == "consent was not given (access_denied): connect again\n"


def test_an_app_without_its_id(desk: Desk) -> None:
    told = desk.owed("connect", "books", code=2)
    assert "client id is missing" in told.err
    assert "OWED_CLIENT_ID" in told.err


def test_a_port_that_is_taken(desk: Desk) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        told = desk.owed("connect", "books", "--port", str(port), code=1, **app(desk, "xero"))
    assert told.err.startswith(f"cannot listen on port {port}: ")
    assert "--headless" in told.err
    assert desk.owed("connect", "books", "--port", "99999", code=2, **app(desk, "xero")).err


def test_other_requests_do_not_end_the_wait() -> None:
    port = free_port()
    found: list[dict[str, str]] = []
    with listen(port) as server:
        waiting = threading.Thread(target=lambda: found.append(wait_for_redirect(server, 10)))
        waiting.start()
        assert requests.get(f"http://127.0.0.1:{port}/favicon.ico?v=1", timeout=5).status_code == 404
        assert requests.get(f"http://127.0.0.1:{port}/callback", timeout=5).status_code == 404
        assert requests.get(f"http://127.0.0.1:{port}/callback?code=1&state=2", timeout=5).status_code == 200
        waiting.join(10)
    assert found == [{"code": "1", "state": "2"}]


def test_the_wait_ends() -> None:
    with listen(free_port()) as server:
        began = time.monotonic()
        assert wait_for_redirect(server, 0.2) == {}
    assert time.monotonic() - began < 5


def test_an_unknown_connection(desk: Desk) -> None:
    told = desk.owed("connect", "bank", code=2).err
    assert told == "no connection named 'bank' in owed.toml; there: books, ledger, cards, mail\n"
    assert desk.owed("disconnect", "bank", code=2).err == told


def test_disconnect_forgets_and_connect_brings_back(desk: Desk) -> None:
    assert desk.owed("disconnect", "cards").out == "cards: disconnected\n"
    told = desk.owed("sync", "cards", code=1).out
    assert "run: owed connect cards" in told
    assert desk.json("invoices"), "what was pulled stays"
    desk.owed("disconnect", "cards")
    desk.owed("connect", "cards", "--api-key", OWED_API_KEY=desk.sandbox.config["stripe"]["api_key"])
    desk.owed("sync", "cards")


@pytest.mark.parametrize("at_a_terminal", [True, False])
def test_a_consent_for_several_organisations_leaves_the_choice(
    desk: Desk, at_a_terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = desk.sandbox.config["xero"]
    desk.settings(r'\naccount = "[0-9a-f-]{36}"', "")
    desk.owed("disconnect", "books")
    desk.sandbox.xero.tokens.restore_connection(desk.now)
    second = '{"id": "2", "tenantId": "t-2", "tenantName": "The Branch", "tenantType": "ORGANISATION"}]'
    fault = {
        "platform": "xero",
        "kind": "rewrite",
        "path": "/connections",
        "count": 1,
        "find": "]",
        "replace": f", {second}",
    }
    desk.sandbox.world.faults.plan(fault)
    environment = {"OWED_CLIENT_ID": given["client_id"], "OWED_CLIENT_SECRET": given["client_secret"]}
    consenting(monkeypatch, lambda url: requests.get(redirect_of(url), timeout=20))
    told = desk.owed(
        "connect",
        "books",
        "--port",
        str(free_port()),
        answers=Terminal("1\n") if at_a_terminal else "1\n",
        **environment,
    )
    if at_a_terminal:
        assert "2  The Branch  (t-2)" in told.out
        assert held(desk, "books").extra["account"] == given["tenant_id"]
        assert desk.json("sync", "books")[0]["error"] == ""
    else:
        assert "the grant sees 2 organisations" in told.out
        assert "The Branch" in told.out
