"""The service as an ASGI application: uvicorn runs it, and so can any other server."""

from collections.abc import Mapping

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from owed.errors import outside
from owed.web.metrics import Metrics
from owed.web.service import Database, One, Service
from owed.web.webhooks import Webhooks
from store.migrate import is_current
from sync.installation import Installation


def application(installation: Installation, webhook_secrets: Mapping[str, str], metrics_token: str = "") -> Starlette:
    """Of one organisation. `webhook_secrets` by connection; a connection without one answers 401. Without
    `metrics_token` no /metrics."""
    return application_of(One(installation, webhook_secrets, metrics_token))


def application_of(service: Service) -> Starlette:
    def is_ready() -> bool:
        """Some database answers and has this version's schema: where each is another organisation's, one that is away
        must not keep the webhooks of all others out."""
        return any(map(_is_ready, service.databases(service.served())))

    async def healthz(request: Request) -> Response:  # noqa: ARG001 - the framework's argument
        return JSONResponse({"alive": True})

    async def readyz(request: Request) -> Response:  # noqa: ARG001 - the framework's argument
        ready = await run_in_threadpool(is_ready)
        return JSONResponse({"ready": ready}, status_code=200 if ready else 503)

    webhooks = Webhooks(service)
    return Starlette(
        routes=[
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/metrics", Metrics(service).answer),
            Route("/webhooks/{connection}", webhooks.receive, methods=["POST"]),
            Route("/webhooks/{organisation}/{connection}", webhooks.receive, methods=["POST"]),
        ]
    )


def _is_ready(database: Database) -> bool:
    try:
        return is_current(database.open().engine)
    except Exception as error:
        if not outside(error):
            raise
        return False
