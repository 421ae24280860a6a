"""Read a TOML text: its values, the exact place of each, and what is wrong with it as problems, never as a traceback."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import tomli

from receivables.problems import Problem
from rules.positions import Places, find_places
from rules.table import Table


@dataclass(frozen=True, slots=True)
class Document:
    """`values` as tomli reads them, except that numbers with a point are Decimal: a float is not money."""

    values: dict[str, Any]
    places: Places

    def root(self, problems: list[Problem]) -> Table:
        """The whole document as a table; what its readers find wrong is appended to `problems`."""
        return Table(self.values, (), self.places, problems)


def parse(text: str, filename: str) -> tuple[Document, list[Problem]]:
    """The document, empty when the text is not TOML at all; then the only problem says where it stops being TOML."""
    text = text.removeprefix("\ufeff")
    try:
        values = tomli.loads(text, parse_float=Decimal)
        return Document(values, find_places(text, filename)), []
    except tomli.TOMLDecodeError as error:
        problem = Problem(
            f"{filename}:{error.lineno}:{error.colno}", f"not TOML: {_lower(error.msg)}", _hint(error.msg)
        )
    except RecursionError:
        problem = Problem(f"{filename}:1:1", "not read: tables or lists are nested too deeply")
    return Document({}, Places(filename)), [problem]


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]


def _hint(message: str) -> str:
    if "Invalid value" in message:
        return "text stands in quotes, lists in [ ], dates as 2026-01-31"
    if "Cannot declare" in message or "Cannot overwrite" in message:
        return "the same table or key is written twice"
    if "Illegal character '\\n'" in message:
        return "a text ends with its quote on the line on which it begins"
    if "Unclosed inline table" in message or "Unclosed array" in message:
        return "entries are parted by commas, and a bracket closes them"
    if "hex value" in message or "Unescaped '\\'" in message:
        return "a backslash in a text is written twice, or the text stands in single quotes"
    return ""
