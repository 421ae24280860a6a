"""owed serve: the service that platforms send their webhooks to."""

import logging
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from starlette.applications import Starlette

from connectors.registry import EVENT_READERS
from owed.bootstrap import read_settings
from owed.cli.options import DEFAULT_CONFIG, Now, instant, open_installation
from owed.cli.printing import say
from owed.cli.worker import Configs, Folder
from owed.errors import Outside
from owed.fleet import open_fleet
from owed.logs import Form, use_json
from owed.settings import Settings
from owed.web.application import application_of
from owed.web.fleet import OfFleet
from owed.web.service import One, Served, Service


def register(application: typer.Typer) -> None:
    application.command("serve")(serve)


def serve(
    config: Configs = None,
    fleet: Folder = None,
    now: Now = "",
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0 takes a free one.")] = 8080,
) -> None:
    """Take webhooks, so that changes are seen within seconds. owed worker reads what they tell of."""
    files = config or ([] if fleet else [DEFAULT_CONFIG])
    service, form = _one(files[0], now) if fleet is None and len(files) == 1 else _several(files, fleet, now)
    listener = _listen(host, port)
    where = f"http://{host}:{listener.getsockname()[1]}"
    for line in _greeting(service.served(), where):
        say(line)
    uvicorn.Server(_configuration(application_of(service), form)).run(sockets=[listener])


def _one(config: Path, now: str) -> tuple[Service, Form]:
    settings, installation = read_settings(config), open_installation(config, now)
    token = settings.serving.metrics_token.read(settings.folder)
    return One(installation, webhook_secrets(settings), token), settings.log


def _several(files: list[Path], folder: Path | None, now: str) -> tuple[Service, Form]:
    fleet = open_fleet(files, folder, instant(now))
    in_json = any(one.log == "json" for one in fleet.tenants.by_organisation.values())
    return OfFleet(fleet), "json" if in_json else "text"


def _greeting(served: Mapping[str, Served], where: str) -> Iterator[str]:
    """Each address of one organisation; of several only what they look like."""
    for one in served.values() if len(served) == 1 else ():
        for name, endpoint in one.endpoints.items():
            if endpoint.platform in EVENT_READERS:
                missing = "" if one.secrets.get(name) else "    (webhook_secret is not set: nothing will be believed)"
                yield f"{name}: {where}/webhooks/{name}{missing}"
    if len(served) != 1:
        yield f"{len(served):,} organisations: {where}/webhooks/ORGANISATION/CONNECTION, each with its webhook_secret"
    yield "put a web server with HTTPS before it; platforms send to nothing else. Stop with Ctrl-C"
    readable = sum(bool(one.token) for one in served.values())
    of_them = "" if len(served) == 1 else f", of {readable:,} organisations,"
    shown = f"{where}/metrics answers{of_them} who shows the token"
    yield shown if readable else "no /metrics: [serve] metrics_token is not set"


def _configuration(service: Starlette, form: Form) -> uvicorn.Config:
    if form == "json":
        use_json()
        return uvicorn.Config(service, log_level="warning", log_config=None)
    log = logging.getLogger("owed.web")
    log.handlers, log.propagate = [logging.StreamHandler()], False
    return uvicorn.Config(service, log_level="warning")


def webhook_secrets(settings: Settings) -> dict[str, str]:
    """Raises Outside for a file that cannot be read."""
    read = {name: one.webhook_secret.read(settings.folder) for name, one in settings.connections.items()}
    return {name: secret for name, secret in read.items() if secret}


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, OverflowError) as error:
        raise Outside(f"cannot listen on {host}:{port}: {getattr(error, 'strerror', None) or error}") from None
