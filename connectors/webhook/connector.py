"""POST to a program of the business's own: JSON, signed, with a key by which it knows repetitions."""

import datetime as dt
import hashlib
import hmac

import requests

from connectors.errors import ConnectorError, PlatformFailed, Refused, Throttled, Unauthorised, Unsupported
from connectors.protocol import Clock, Endpoint, Health, Intent, Limiter, Receipt, TokenStore
from connectors.transport import Answer, connection_error, retry_after
from connectors.webhook.manifest import MANIFEST
from connectors.write_only import WriteOnly
from receivables.commands import CallWebhook


class WebhookConnector(WriteOnly):
    """`api_base` is the address; the key that signs is the connection's API key, where there is one."""

    manifest = MANIFEST
    _name = "a webhook"

    def __init__(self, endpoint: Endpoint, tokens: TokenStore, limiter: Limiter, clock: Clock) -> None:
        self._url = endpoint.api_base
        self._timeout = endpoint.timeout
        self._tokens, self._limiter, self._clock = tokens, limiter, clock

    def check(self) -> Health:
        """Nothing is sent: a program may do something on every call."""
        if not self._url:
            raise Refused("the webhook has no address: add api_base")
        return Health(account=self._url, name=self._url)

    def push(self, intent: Intent) -> Receipt:
        if not isinstance(intent.command, CallWebhook):
            raise Unsupported(f"a webhook cannot {intent.command.verb}")
        if not self._url:
            raise Refused("the webhook has no address: add api_base")
        body = intent.command.body.encode()
        headers = {"Content-Type": "application/json", "Idempotency-Key": intent.key, **self._signature(body, intent)}
        self._limiter.spend(write=True)
        try:
            got = requests.post(
                self._url, data=body, headers=headers, timeout=self._timeout, allow_redirects=False, stream=False
            )
        except requests.RequestException as error:
            raise connection_error(error, "webhook") from None
        answer = Answer.of(got.status_code, got.headers, got.content)
        refusal = _verdict(answer, self._clock())
        if refusal:
            raise refusal
        return Receipt(intent.key)

    def _signature(self, body: bytes, intent: Intent) -> dict[str, str]:
        """The same bytes for every try of one intent: the time is that of the first."""
        try:
            secret = self._tokens.load().api_key
        except Unauthorised:
            return {}
        seconds = str(int((intent.started_at or self._clock()).timestamp()))
        signed = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
        return {"Owed-Signature": f"t={seconds},v1={signed}"} if secret else {}


def _verdict(answer: Answer, now: dt.datetime) -> ConnectorError | None:
    if answer.ok:
        return None
    if answer.status == 429:
        return Throttled("the webhook asks to wait", retry_at=retry_after(answer, now, 60))
    if 400 <= answer.status < 500:
        return Refused(f"the webhook refuses it: {answer.status} {answer.excerpt()}", code=str(answer.status))
    return PlatformFailed(f"the webhook failed: {answer.status}", code=str(answer.status))
