"""A mail server as data: what it can do."""

from connectors.manifest import Manifest, Write
from receivables.commands import SendNotice, SendReminder

MANIFEST = Manifest(
    platform="email",
    title="E-mail (SMTP)",
    auth="password",
    kinds={},
    writes=(
        Write(
            SendReminder,
            side_effects="One message to all recipients. A mail server honours no key and tells nothing afterwards.",
        ),
        Write(SendNotice, side_effects="The same, to the business's own people."),
    ),
    notes=(
        "A message that was cut off between its last line and the server's answer may or may not have been delivered.",
    ),
)
