"""Tables and lines for a person, JSON for a program."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from receivables.money import Money

#: Wide enough for a table when the output is a file or a pipe.
_WIDTH_WITHOUT_TERMINAL = 160


def console(*, stderr: bool = False) -> Console:
    plain = Console(stderr=stderr, highlight=False)
    return plain if plain.is_terminal else Console(stderr=stderr, highlight=False, width=_WIDTH_WITHOUT_TERMINAL)


def say(text: str = "") -> None:
    """A line as it is: square brackets are not markup."""
    console().print(text, markup=False, soft_wrap=True)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], numbers: Iterable[str] = ()) -> None:
    """`numbers` are the names of right-aligned columns."""
    shown = Table(title=title or None, title_justify="left", box=None, pad_edge=False)
    right = frozenset(numbers)
    for column in columns:
        shown.add_column(column, justify="right" if column in right else "left", overflow="fold")
    count = 0
    for row in rows:
        count += 1
        shown.add_row(*(_plain(cell) for cell in row))
    if count:
        console().print(shown)
    else:
        say(f"{title}: none" if title else "none")


def _plain(cell: Any) -> str:
    text = "" if cell is None else str(cell)
    return text.replace("[", r"\[")


def print_json(value: Any) -> None:
    """Money as {"amount": "12.50", "currency": "GBP"}, days and instants in ISO 8601."""
    import sys

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
