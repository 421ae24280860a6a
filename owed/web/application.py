"""The service as an ASGI application: uvicorn runs it, and so can any other server."""

from collections.abc import Mapping

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from owed.errors import outside
from owed.web.metrics import Metrics
from owed.web.webhooks import Webhooks
from store import connections
from store.migrate import is_current
from sync.installation import Installation


def application(installation: Installation, webhook_secrets: Mapping[str, str], metrics_token: str = "") -> Starlette:
    """`webhook_secrets` by connection; a connection without one answers 401. Without `metrics_token` no /metrics."""

    def is_ready() -> str:
        """ "" when the store answers and has this version's schema, else what is wrong."""
        try:
            if not is_current(installation.store.engine):
                return "the store is away, or has the schema of another version of owed"
            with installation.store.read() as tx:
                connections.known(tx)
        except Exception as error:
            line = outside(error)
            if not line:
                raise
            return line
        return ""

    async def healthz(request: Request) -> Response:  # noqa: ARG001 - the framework's argument
        return JSONResponse({"alive": True})

    async def readyz(request: Request) -> Response:  # noqa: ARG001 - the framework's argument
        problem = await run_in_threadpool(is_ready)
        return JSONResponse({"ready": not problem}, status_code=503 if problem else 200)

    webhooks = Webhooks(installation, webhook_secrets)
    return Starlette(
        routes=[
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/metrics", Metrics(installation, metrics_token).answer),
            Route("/webhooks/{connection}", webhooks.receive, methods=["POST"]),
        ]
    )
