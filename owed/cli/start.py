"""owed init: a first owed.toml."""

from pathlib import Path
from typing import Annotated

import typer

from owed.cli.options import DEFAULT_CONFIG, Config
from owed.cli.printing import say
from owed.errors import Mistake
from owed.starter import starter_rules

_HEAD = """# owed's settings. Every word is explained in docs/settings.md; check this file with: owed rules check

[business]
name = "{name}"
timezone = "{timezone}"
country = "{country}"
currency = "{currency}"

[store]
url = "sqlite:///owed.db"

[sending]
mode = "off"                        # off | redirect | live: nothing leaves before you have gone live
from = "{name} <accounts@example.com>"
reply_to = "accounts@example.com"

# One [[connection]] for each place where you keep books or take money. Then: owed connect NAME
# [[connection]]
# name = "books"
# platform = "xero"                 # quickbooks | xero | stripe | email
# account = "your tenant id"        # Xero tenant, QuickBooks realm id
# client_id = {{ env = "XERO_CLIENT_ID" }}
# client_secret = {{ env = "XERO_CLIENT_SECRET" }}
#
# [[connection]]
# name = "mail"
# platform = "email"
# host = "smtp.example.com"
# username = "accounts@example.com"
# password = {{ env = "SMTP_PASSWORD" }}

"""


def register(application: typer.Typer) -> None:
    application.command("init")(init)


def init(
    config: Config = DEFAULT_CONFIG,
    name: Annotated[str, typer.Option(help="The business's name.")] = "My business",
    timezone: Annotated[str, typer.Option(help="Its time zone.")] = "Europe/London",
    country: Annotated[str, typer.Option(help="Its country, two letters.")] = "GB",
    currency: Annotated[str, typer.Option(help="Its home currency.")] = "GBP",
) -> None:
    """Write a first owed.toml with starter rules; never overwrites one."""
    path = Path(config)
    if path.exists():
        raise Mistake(f"{path} is there already; move it away first")
    path.parent.mkdir(parents=True, exist_ok=True)
    head = _HEAD.format(name=name, timezone=timezone, country=country, currency=currency)
    path.write_text(head + starter_rules(), encoding="utf-8")
    say(f"wrote {path}; now add a [[connection]] and run: owed connect NAME")
