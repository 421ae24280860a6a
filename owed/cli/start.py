"""owed init: a first owed.toml."""

import json
from email.utils import formataddr
from pathlib import Path
from typing import Annotated

import typer

from owed.cli.options import DEFAULT_CONFIG, Config
from owed.cli.printing import say
from owed.errors import Mistake
from owed.settings import load_text
from owed.starter import starter_rules

_HEAD = """# owed's settings. Every word is explained in docs/settings.md; check this file with: owed rules check

[business]
name = {name}
timezone = {timezone}
country = {country}
currency = {currency}

[store]
url = "sqlite:///owed.db"

[sending]
mode = "off"                        # off | redirect | live: nothing leaves before you have gone live
from = {sender}
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
#
# [mailbox]                          # where customers answer: replies pause, bounces block
# host = "imap.example.com"
# username = "accounts@example.com"
# password = {{ env = "IMAP_PASSWORD" }}

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
    if config.exists():
        raise Mistake(f"{config} is there already; move it away first")
    words = {"name": name, "timezone": timezone, "country": country, "currency": currency}
    sender = formataddr((name, "accounts@example.com"))
    head = _HEAD.format(**{key: _quoted(word) for key, word in {**words, "sender": sender}.items()})
    text = head + starter_rules()
    _, problems = load_text(text, config)
    if problems:
        raise Mistake("\n".join(f"{one.what}{f' ({one.hint})' if one.hint else ''}" for one in problems))
    config.parent.mkdir(parents=True, exist_ok=True)
    _write_new(config, text)
    say(f"wrote {config}; now add a [[connection]] and run: owed connect NAME")


def _quoted(text: str) -> str:
    """As a TOML string: JSON's quoting is TOML's too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _write_new(path: Path, text: str) -> None:
    """Whole, or not at all: half a file would be in the way of the next try."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise Mistake(f"{path} is there already; move it away first") from None
    except OSError:
        path.unlink(missing_ok=True)
        raise
