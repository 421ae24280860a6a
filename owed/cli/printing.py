"""Tables and lines for a person, JSON for a program."""

import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from receivables.money import Money

#: Wider than any table: nothing is folded or cut where a script reads.
_ENDLESS = 100_000

#: Prose is folded to no less than this.
_NARROWEST = 16

#: Marks that turn the direction of text around: with them a name could show other words than it holds.
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def console(*, stderr: bool = False) -> Console:
    """As wide as the terminal; without one, as wide as it takes."""
    plain = Console(stderr=stderr, highlight=False, emoji=False)
    return plain if plain.is_terminal else Console(stderr=stderr, highlight=False, emoji=False, width=_ENDLESS)


def visible(text: str) -> str:
    """Without control characters, line ends apart: what customers call themselves must not steer a terminal."""
    return "".join(" " if _steers(letter) else letter for letter in text)


def _steers(letter: str) -> bool:
    return letter in _TURNING or (unicodedata.category(letter) == "Cc" and letter != "\n")


def say(text: str = "") -> None:
    """A line as it is: square brackets are not markup."""
    console().print(Text(visible(text)), soft_wrap=True)


def note(text: str) -> None:
    """A line beside the output, on stderr."""
    console(stderr=True).print(Text(visible(text)), soft_wrap=True)


def table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    numbers: Iterable[str] = (),
    prose: Iterable[str] = (),
) -> None:
    """`numbers` are right-aligned. Only `prose` is folded on a narrow terminal: references stay whole, to be copied."""
    right, folded = frozenset(numbers), frozenset(prose)
    lines = [[_cell(cell) for cell in row] for row in rows]
    if not lines:
        say(f"{title}: none" if title else "none")
        return
    shown = Table(title=Text(title) if title else None, title_justify="left", box=None, pad_edge=False)
    for column, cells in zip(columns, zip(*lines, strict=True), strict=True):
        widest = max(map(cell_len, (column, *cells)))
        shown.add_column(
            Text(column),
            justify="right" if column in right else "left",
            overflow="fold",
            no_wrap=column not in folded,
            min_width=min(widest, _NARROWEST) if column in folded else widest,
        )
    for line in lines:
        shown.add_row(*map(Text, line))
    console().print(shown, crop=False)


def _cell(cell: Any) -> str:
    return "" if cell is None else visible(str(cell)).replace("\n", " ")


def print_json(value: Any) -> None:
    """Money as {"amount": "12.50", "currency": "GBP"}, days and instants in ISO 8601."""
    text = msgspec.json.format(msgspec.json.encode(plain(value), order="sorted"), indent=2)
    sys.stdout.write(text.decode() + "\n")


def plain(value: Any) -> Any:
    """Structs and money as what JSON knows."""
    if isinstance(value, Money):
        return value.as_json()
    if isinstance(value, msgspec.Struct):
        return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one) for one in value]
    return value
