"""Options that many commands share."""

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from owed.bootstrap import install
from owed.errors import Mistake
from sync.installation import Installation

Config = Annotated[Path, typer.Option("--config", help="The settings file.", show_default=True)]
Now = Annotated[str, typer.Option("--now", help="owed's clock, such as 2026-01-31T09:00:00Z; default: real time.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for a program.")]
Rules = Annotated[Path | None, typer.Option("--rules", help="Take the policies from this file instead.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]

DEFAULT_CONFIG = Path("owed.toml")


#: Years that a clock of books can show; calendars and the store end beyond.
_YEARS = range(1970, 2201)


def instant(text: str) -> dt.datetime | None:
    """An ISO 8601 instant or day; without a zone it is UTC, a bare day is its noon. Raises Mistake."""
    if not text:
        return None
    try:
        parsed = dt.datetime.fromisoformat(text)
    except ValueError:
        raise Mistake(f"--now {text}: not an instant; write it as 2026-01-31T09:00:00Z or 2026-01-31") from None
    if "T" not in text and " " not in text:
        parsed = parsed.replace(hour=12)
    if parsed.year not in _YEARS:
        raise Mistake(f"--now {text}: expected a year from {_YEARS.start} to {_YEARS.stop - 1}")
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=dt.UTC)


def day(text: str, option: str) -> dt.date:
    """A calendar day. Raises Mistake."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise Mistake(f"{option} {text}: not a day; write it as 2026-01-31") from None


def open_installation(config: Path, now: str = "", rules: Path | None = None) -> Installation:
    return install(config, now=instant(now), rules=rules)
