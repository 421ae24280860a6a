"""owed serve: the service that platforms send their webhooks to."""

import logging
import socket
from typing import Annotated

import typer
import uvicorn
from starlette.applications import Starlette

from connectors.registry import EVENT_READERS
from owed.bootstrap import read_settings
from owed.cli.options import DEFAULT_CONFIG, Config, Now, open_installation
from owed.cli.printing import say
from owed.errors import Outside
from owed.logs import Form, use_json
from owed.settings import Settings
from owed.web.application import application as make_application


def register(application: typer.Typer) -> None:
    application.command("serve")(serve)


def serve(
    config: Config = DEFAULT_CONFIG,
    now: Now = "",
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0 takes a free one.")] = 8080,
) -> None:
    """Take webhooks, so that changes are seen within seconds. owed worker reads what they tell of."""
    settings, installation = read_settings(config), open_installation(config, now)
    secrets = webhook_secrets(settings)
    listener = _listen(host, port)
    where = f"http://{host}:{listener.getsockname()[1]}"
    for name, connection in settings.connections.items():
        if connection.endpoint.platform in EVENT_READERS:
            missing = "" if secrets.get(name) else "    (webhook_secret is not set: nothing will be believed)"
            say(f"{name}: {where}/webhooks/{name}{missing}")
    say("put a web server with HTTPS before it; platforms send to nothing else. Stop with Ctrl-C")
    token = settings.serving.metrics_token.read(settings.folder)
    say(f"{where}/metrics answers who shows the token" if token else "no /metrics: [serve] metrics_token is not set")
    server = uvicorn.Server(_configuration(make_application(installation, secrets, token), settings.log))
    server.run(sockets=[listener])


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
