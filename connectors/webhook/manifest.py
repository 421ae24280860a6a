"""A program of the business's own, as data: it is told when a step is due."""

from connectors.manifest import Manifest, Write
from receivables.commands import CallWebhook

MANIFEST = Manifest(
    platform="webhook",
    title="Webhook (your own program)",
    auth="key",
    kinds={},
    writes=(
        Write(
            CallWebhook,
            keyed=True,
            key_window_seconds=86_400,
            side_effects="A POST with an Idempotency-Key: your program must answer a key that it knows without doing it twice.",
        ),
    ),
    notes=(
        "Owed-Signature: t=SECONDS,v1=HEX, where HEX is the HMAC-SHA256 of `SECONDS.BODY` under the connection's key.",
        "An answer of 2xx means done, 4xx refused; anything else is asked again under the same key for a day.",
    ),
)
