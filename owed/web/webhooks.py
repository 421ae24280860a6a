"""Where platforms tell that something changed. A delivery is checked, stored and answered; nothing else happens here.

Intuit wants an answer within 3 seconds, Xero within 5; a platform that gets none keeps the delivery and sends it again.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from connectors.events import BadDelivery, BadSignature
from connectors.registry import EVENT_READERS
from owed.errors import Outside, outside
from owed.web.service import Served, Service
from sync.hints import Received, receive

#: Intuit's largest deliveries are about 1 MB.
_LONGEST = 2_000_000

_log = logging.getLogger("owed.web")


@dataclass(frozen=True, slots=True)
class _Delivery:
    """One delivery, to `connection` of an organisation."""

    served: Served
    connection: str
    headers: dict[str, str]
    body: bytes

    @property
    def address(self) -> str:
        return f"{self.served.organisation}/{self.connection}"

    @property
    def platform(self) -> str:
        return self.served.endpoints[self.connection].platform

    @property
    def secret(self) -> str:
        return self.served.secrets.get(self.connection, "")


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Where one organisation is served, it need not be named in the address."""

    service: Service

    async def receive(self, request: Request) -> Response:
        served = await run_in_threadpool(self._served, request.path_params.get("organisation", ""))
        name = request.path_params["connection"]
        endpoint = served.endpoints.get(name) if served else None
        if served is None or endpoint is None or endpoint.platform not in EVENT_READERS:
            return Response(status_code=404)
        body = await _body(request)
        if body is None:
            return Response(status_code=413)
        headers = {key.lower(): value for key, value in request.headers.items()}
        delivery = _Delivery(served, name, headers, body)
        return Response(status_code=await run_in_threadpool(self._receive, delivery))

    def _served(self, organisation: str) -> Served | None:
        served = self.service.served()
        if not organisation and len(served) == 1:
            return next(iter(served.values()))
        return served.get(organisation)

    def _receive(self, delivery: _Delivery) -> int:
        """The status to answer with. 401 is what Xero wants to see for a wrong signature, also when it tries us."""
        name = delivery.address
        if not delivery.secret:
            _log.error(
                "%s: a webhook came, but webhook_secret is not set",
                name,
                extra=_event("webhook_secret_missing", delivery),
            )
            return 401
        try:
            received = self._keep(delivery)
            for other in self._others(delivery, received.strangers):
                self._keep(other)
        except BadSignature as error:
            _log.warning("%s: a webhook was refused: %s", name, error, extra=_event("webhook_refused", delivery))
            return 401
        except BadDelivery as error:
            _log.warning(
                "%s: a webhook cannot be understood: %s", name, error, extra=_event("webhook_unreadable", delivery)
            )
            return 400
        except Exception as error:
            line = outside(error)
            if not line:
                raise
            # the database is away: the platform comes again
            _log.error("%s: %s", name, line, extra=_event("webhook_not_kept", delivery))
            return 503
        return 200

    def _keep(self, delivery: _Delivery) -> Received:
        installation = self.service.installation(delivery.served.organisation)
        if installation is None:
            raise Outside("its settings cannot be used")  # the platform comes again
        reader = EVENT_READERS[delivery.platform]
        return receive(installation, delivery.connection, reader, delivery.headers, delivery.body, delivery.secret)

    def _others(self, delivery: _Delivery, accounts: frozenset[str]) -> Iterator[_Delivery]:
        """Intuit and Xero know one address an app, and tell it of all who consented to that app: the same delivery for
        those organisations whose file names the account, and the same secret, which proves that it is the same app."""
        for served in self.service.served().values() if accounts else ():
            for name, endpoint in served.endpoints.items():
                same_app = endpoint.platform == delivery.platform and served.secrets.get(name) == delivery.secret
                if same_app and endpoint.account in accounts and served is not delivery.served:
                    yield _Delivery(served, name, delivery.headers, delivery.body)
                    break


def _event(event: str, delivery: _Delivery) -> dict[str, str]:
    whose = {"organisation": delivery.served.organisation, "connection": delivery.connection}
    return {"event": event, **whose}


async def _body(request: Request) -> bytes | None:
    """None for more than any platform sends."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > _LONGEST:
            return None
        parts.append(part)
    return b"".join(parts)
