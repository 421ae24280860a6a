"""owed connect, owed disconnect: credentials for one connection, sealed in the store."""

import os
import sys
import webbrowser
from typing import Annotated

import msgspec
import typer

from connectors.errors import ConnectorError
from connectors.oauth import Consent, code_of, consent, exchange, revoke
from connectors.protocol import Endpoint, Tokens
from connectors.registry import OAUTH_SERVERS, manifest_of
from owed.bootstrap import read_settings
from owed.cli.options import DEFAULT_CONFIG, Config, Now, open_installation
from owed.cli.plan import actor
from owed.cli.printing import say
from owed.connection_settings import ConnectionSettings
from owed.consent import listen, query_of, redirect_uri, wait_for_redirect
from owed.errors import Mistake, Outside
from owed.settings import Settings
from store import connections, credentials, journal
from sync.connected import Connected
from sync.installation import Installation
from sync.tokens import StoredTokens

Name = Annotated[str, typer.Argument(help="The connection's name in owed.toml.")]

_CONSENT_SECONDS = 300.0


def register(application: typer.Typer) -> None:
    application.command("connect")(connect)
    application.command("disconnect")(disconnect)


def connect(
    name: Name,
    config: Config = DEFAULT_CONFIG,
    now: Now = "",
    api_key: Annotated[bool, typer.Option("--api-key", help="Take it from $OWED_API_KEY, else from stdin.")] = False,
    access_token: Annotated[
        bool, typer.Option("--access-token", help="Take it from $OWED_ACCESS_TOKEN, else from stdin.")
    ] = False,
    refresh_token: Annotated[
        bool, typer.Option("--refresh-token", help="Take it from $OWED_REFRESH_TOKEN, else from stdin.")
    ] = False,
    headless: Annotated[bool, typer.Option("--headless", help="Print the consent page; paste the redirect.")] = False,
    port: Annotated[
        int, typer.Option(min=1, max=65_535, help="Where the consent page redirects to on this machine.")
    ] = 8765,
    redirect: Annotated[
        str, typer.Option("--redirect-uri", help="A redirect address registered at the platform; with --headless.")
    ] = "",
) -> None:
    """Connect to a platform: by its consent page, or with credentials from the environment or stdin."""
    settings, installation = read_settings(config), open_installation(config, now)
    wanted = _wanted(settings, name)
    if wanted.endpoint.grant:
        raise Mistake(f"{name} uses the consent of {wanted.endpoint.grant}; run: owed connect {wanted.endpoint.grant}")
    app = _app(settings, wanted)
    if api_key or access_token or refresh_token:
        given = {
            "api_key": _secret("OWED_API_KEY", "API key") if api_key else "",
            "access_token": _secret("OWED_ACCESS_TOKEN", "access token") if access_token else "",
            "refresh_token": _secret("OWED_REFRESH_TOKEN", "refresh token") if refresh_token else "",
        }
        tokens = msgspec.structs.replace(app, **given)
    elif wanted.endpoint.platform == "email":
        tokens = app
    elif manifest_of(wanted.endpoint.platform).auth == "key":
        tokens = msgspec.structs.replace(app, api_key=_secret("OWED_API_KEY", "API key"))
    else:
        if redirect and not headless:
            raise Mistake("--redirect-uri leads elsewhere than to this machine: add --headless and paste where it ends")
        back_to = redirect or redirect_uri(port)
        tokens = _consented(installation, wanted.endpoint, app, back_to, None if headless else port)
    _store(installation, name, tokens)
    _check(installation, name, wanted.endpoint)


def _wanted(settings: Settings, name: str) -> ConnectionSettings:
    if name not in settings.connections:
        known = ", ".join(settings.connections) or "none yet"
        raise Mistake(f"no connection named {name!r} in owed.toml; there: {known}")
    return settings.connections[name]


def _app(settings: Settings, wanted: ConnectionSettings) -> Tokens:
    return Tokens(
        client_id=wanted.client_id.read(settings.folder) or os.environ.get("OWED_CLIENT_ID", ""),
        client_secret=wanted.client_secret.read(settings.folder) or os.environ.get("OWED_CLIENT_SECRET", ""),
        username=wanted.endpoint.options.get("username", ""),
        password=wanted.password.read(settings.folder),
    )


def _secret(variable: str, what: str) -> str:
    """From the environment, else typed unseen, else a line of stdin; never from the command line, where others see it."""
    value = os.environ.get(variable, "")
    if not value:
        value = typer.prompt(what, hide_input=True) if sys.stdin.isatty() else sys.stdin.readline()
    if not value.strip():
        raise Mistake(f"no {what}: set {variable} or give it on stdin")
    return value.strip()


def _consented(installation: Installation, endpoint: Endpoint, app: Tokens, back_to: str, port: int | None) -> Tokens:
    """`port` None: a person pastes the redirect."""
    if not app.client_id:
        hint = f'set client_id and client_secret of [[connection]] "{endpoint.name}", or OWED_CLIENT_ID and OWED_CLIENT_SECRET'
        raise Mistake(f"the app's client id is missing; {hint}")
    server = OAUTH_SERVERS[endpoint.platform]
    page = consent(server, endpoint, app.client_id, back_to)
    query = _pasted(page) if port is None else _caught(page, port)
    try:
        code = code_of(query, page.state)
        tokens = exchange(server, endpoint, app, code, back_to, page.verifier, installation.wall())
    except ConnectorError as error:
        raise Outside(str(error)) from error
    realm = query.get("realmId", "")
    if realm and endpoint.account and realm != endpoint.account:
        raise Mistake(f"consent was given for company {realm}, but owed.toml says account = {endpoint.account!r}")
    return msgspec.structs.replace(tokens, extra={**tokens.extra, "account": realm}) if realm else tokens


def _pasted(page: Consent) -> dict[str, str]:
    say(f"Open this page, give consent, and paste the address that the browser ends on:\n{page.url}")
    query = query_of(sys.stdin.readline())
    if not query:
        raise Mistake("that is not the address of a redirect: copy the whole of it, with everything after the ?")
    return query


def _caught(page: Consent, port: int) -> dict[str, str]:
    try:
        server = listen(port)
    except OSError as error:
        why = error.strerror or str(error)
        raise Outside(f"cannot listen on port {port}: {why}; choose another with --port, or use --headless") from None
    with server:
        say(f"Opening the consent page; if no browser opens, go to:\n{page.url}")
        webbrowser.open(page.url)
        query = wait_for_redirect(server, _CONSENT_SECONDS)
    if not query:
        raise Outside(f"no answer from the consent page within {_CONSENT_SECONDS / 60:.0f} minutes: connect again")
    return query


def _store(installation: Installation, name: str, tokens: Tokens) -> None:
    StoredTokens(installation.store, installation.vault, name, installation.wall, installation.processes).save(tokens)
    with installation.store.write() as tx:
        connections.update(tx, name, state="ok", problem="")
        journal.append(tx, installation.clock(), "connected", name, actor=actor())


def _check(installation: Installation, name: str, endpoint: Endpoint) -> None:
    try:
        health = Connected(installation).to(name).check()
    except ConnectorError as error:
        raise Outside(f"{name}: credentials are stored, but the platform refuses: {error}") from error
    if health.choices and sys.stdin.isatty():
        _keep_account(installation, name, _chosen(health.choices))
        _check(installation, name, endpoint)
        return
    for problem in health.problems:
        say(str(problem))
    if health.account and not endpoint.account:
        _keep_account(installation, name, health.account)
        say(f'its account is {health.account}; to hold owed to it, add account = "{health.account}" to owed.toml')
    say(f"{name}: connected to {health.name or endpoint.platform}")


def _chosen(choices: tuple[tuple[str, str], ...]) -> str:
    """The account of the company that the person names by its number."""
    for number, (account, title) in enumerate(choices, start=1):
        say(f"{number}  {title}  ({account})")
    wanted: int = typer.prompt("Which one", type=int)
    if not 1 <= wanted <= len(choices):
        raise Mistake(f"there is no number {wanted}: connect again")
    account, _ = choices[wanted - 1]
    return account


def _keep_account(installation: Installation, name: str, account: str) -> None:
    """Which of several companies was chosen, for a connection whose settings do not say."""
    ours = installation
    tokens = StoredTokens(ours.store, ours.vault, name, ours.wall, ours.processes)
    held = tokens.load()
    tokens.save(msgspec.structs.replace(held, extra={**held.extra, "account": account}))


def disconnect(name: Name, config: Config = DEFAULT_CONFIG, now: Now = "") -> None:
    """Revoke the grant at the platform and forget the credentials; what was pulled stays."""
    settings, installation = read_settings(config), open_installation(config, now)
    endpoint = _wanted(settings, name).endpoint
    if endpoint.grant:
        raise Mistake(
            f"{name} uses the consent of {endpoint.grant}: disconnect that one, or remove {name} from owed.toml"
        )
    tokens = StoredTokens(installation.store, installation.vault, name, installation.wall, installation.processes)
    try:
        if endpoint.platform in OAUTH_SERVERS:
            revoke(OAUTH_SERVERS[endpoint.platform], endpoint, tokens.load())
    except ConnectorError as error:
        say(f"{name}: could not be revoked there ({error}); it is forgotten here all the same")
    with installation.store.write() as tx:
        credentials.forget(tx, name)
        connections.update(tx, name, state="reconnect", problem="disconnected")
        journal.append(tx, installation.clock(), "disconnected", name, actor=actor())
    say(f"{name}: disconnected")
