"""Where platforms tell that something changed. A delivery is checked, stored and answered; nothing else happens here.

Intuit wants an answer within 3 seconds, Xero within 5; a platform that gets none keeps the delivery and sends it again.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from connectors.events import BadDelivery, BadSignature
from connectors.registry import EVENT_READERS
from owed.errors import outside
from sync.hints import receive
from sync.installation import Installation

#: Intuit's largest deliveries are about 1 MB.
_LONGEST = 2_000_000

_log = logging.getLogger("owed.web")


@dataclass(frozen=True, slots=True)
class Webhooks:
    """`secrets` by connection: what each platform signs with."""

    installation: Installation
    secrets: Mapping[str, str]

    async def receive(self, request: Request) -> Response:
        name = request.path_params["connection"]
        endpoint = self.installation.endpoints.get(name)
        if endpoint is None or endpoint.platform not in EVENT_READERS:
            return Response(status_code=404)
        body = await _body(request)
        if body is None:
            return Response(status_code=413)
        headers = {key.lower(): value for key, value in request.headers.items()}
        return Response(status_code=await run_in_threadpool(self._receive, name, endpoint.platform, headers, body))

    def _receive(self, name: str, platform: str, headers: dict[str, str], body: bytes) -> int:
        """The status to answer with. 401 is what Xero wants to see for a wrong signature, also when it tries us."""
        secret = self.secrets.get(name, "")
        if not secret:
            _log.error(
                "%s: a webhook came, but webhook_secret is not set", name, extra=_event("webhook_secret_missing", name)
            )
            return 401
        try:
            receive(self.installation, name, EVENT_READERS[platform], headers, body, secret)
        except BadSignature as error:
            _log.warning("%s: a webhook was refused: %s", name, error, extra=_event("webhook_refused", name))
            return 401
        except BadDelivery as error:
            _log.warning(
                "%s: a webhook cannot be understood: %s", name, error, extra=_event("webhook_unreadable", name)
            )
            return 400
        except Exception as error:
            line = outside(error)
            if not line:
                raise
            _log.error(
                "%s: %s", name, line, extra=_event("webhook_not_kept", name)
            )  # the database is away: the platform comes again
            return 503
        return 200


def _event(event: str, connection: str) -> dict[str, str]:
    return {"event": event, "connection": connection}


async def _body(request: Request) -> bytes | None:
    """None for more than any platform sends."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > _LONGEST:
            return None
        parts.append(part)
    return b"".join(parts)
