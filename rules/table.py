"""A table of a TOML document, read key by key: every wrong value is a problem with its place, none is raised."""

import datetime as dt
import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, Final, TypeVar, overload

from receivables.money import Money, MoneyError
from receivables.problems import Problem
from rules.positions import Path, Places

T = TypeVar("T")
Choice = TypeVar("Choice", bound=str)


class Required:
    """The default of a key that must be there."""


REQUIRED: Final = Required()

_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint that names the known word nearest to a misspelt one; empty when none is near."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else ""


def shown(value: object) -> str:
    """A value as a person would write it in TOML, cut short when it is long."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= 60 else f'"{value[:57]}…"'
    return str(value)


class Table:
    """Take each key once, then call `finish()`, which reports what nobody took.

    Every `take_…` without a default demands the key. A missing or wrong value appends one problem and yields the
    default, or an empty value of the type; so reading goes on and all problems are told at once.
    """

    def __init__(self, values: dict[str, Any], path: Path, places: Places, problems: list[Problem]) -> None:
        self.values = values
        self.path = path
        self.places = places
        self.problems = problems
        self._known: list[str] = []

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def __iter__(self) -> Iterator[str]:
        return iter(self.values)

    @property
    def name(self) -> str:
        """The path as it is shown: `policy.1.step.2`, counted from 1; empty for the whole document."""
        return ".".join(str(part + 1) if isinstance(part, int) else part for part in self.path)

    def where(self, key: str = "") -> str:
        """`file:line:column` of a key's value, or of this table."""
        return self.places.of_value((*self.path, key) if key else self.path)

    def peek(self, key: str) -> Any:
        """The value as tomli read it, None when it is absent; the key still has to be taken."""
        return self.values.get(key)

    def report(self, key: str, what: str, hint: str = "") -> None:
        """Append a problem about a key's value; with an empty key, about the table itself."""
        self._report(self.where(key), key, what, hint)

    def expected(self, key: str, kind: str, hint: str = "") -> None:
        self.report(key, f"expected {kind}, found {shown(self.values[key])}", hint)

    def finish(self, hints: Iterable[str] = ()) -> None:
        """Report every key that was not taken; `hints` are words that could have stood here as well."""
        words = sorted({*self._known, *hints})
        for key in self.values:
            if key not in self._known:
                hint = did_you_mean(key, words) or f"known here: {', '.join(words)}"
                self._report(self.places.of_key((*self.path, key)), key, "unknown key", hint)

    @overload
    def take_text(self, key: str) -> str: ...
    @overload
    def take_text(self, key: str, default: T) -> str | T: ...
    def take_text(self, key: str, default: Any = REQUIRED) -> Any:
        """Text of one or more lines; empty text counts as missing where the key is required."""
        found, value = self._take(key, default, "")
        if found and not isinstance(value, str):
            self.expected(key, "text in quotes")
            return self._fallback(default, "")
        if found and default is REQUIRED and not value.strip():
            self.report(key, "must not be empty")
        return value

    @overload
    def take_int(self, key: str, *, least: int | None = None, most: int | None = None) -> int: ...
    @overload
    def take_int(self, key: str, default: T, *, least: int | None = None, most: int | None = None) -> int | T: ...
    def take_int(self, key: str, default: Any = REQUIRED, *, least: int | None = None, most: int | None = None) -> Any:
        """A whole number, `least` and `most` included."""
        found, value = self._take(key, default, 0)
        if not found:
            return value
        if not isinstance(value, int) or isinstance(value, bool):
            self.expected(key, "a whole number")
        elif least is not None and value < least:
            self.expected(key, f"at least {least}")
        elif most is not None and value > most:
            self.expected(key, f"at most {most}")
        else:
            return value
        return self._fallback(default, 0)

    @overload
    def take_decimal(self, key: str) -> Decimal: ...
    @overload
    def take_decimal(self, key: str, default: T) -> Decimal | T: ...
    def take_decimal(self, key: str, default: Any = REQUIRED) -> Any:
        """A number with or without a point, exactly as written; not for money."""
        found, value = self._take(key, default, Decimal(0))
        if not found:
            return value
        number = Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value
        if isinstance(number, Decimal) and number.is_finite():
            return number
        self.expected(key, "a number")
        return self._fallback(default, Decimal(0))

    @overload
    def take_flag(self, key: str) -> bool: ...
    @overload
    def take_flag(self, key: str, default: T) -> bool | T: ...
    def take_flag(self, key: str, default: Any = REQUIRED) -> Any:
        found, value = self._take(key, default, False)
        if found and not isinstance(value, bool):
            self.expected(key, "true or false")
            return self._fallback(default, False)
        return value

    @overload
    def take_date(self, key: str) -> dt.date: ...
    @overload
    def take_date(self, key: str, default: T) -> dt.date | T: ...
    def take_date(self, key: str, default: Any = REQUIRED) -> Any:
        """A day, written bare or in quotes: 2026-01-31."""
        found, value = self._take(key, default, dt.date.min)
        if not found or (isinstance(value, dt.date) and not isinstance(value, dt.datetime)):
            return value
        try:
            return dt.date.fromisoformat(value)
        except (TypeError, ValueError):
            self.expected(key, "a day such as 2026-01-31")
            return self._fallback(default, dt.date.min)

    @overload
    def take_time(self, key: str) -> dt.time: ...
    @overload
    def take_time(self, key: str, default: T) -> dt.time | T: ...
    def take_time(self, key: str, default: Any = REQUIRED) -> Any:
        """A time of day, "08:30" in quotes or 08:30:00 bare."""
        found, value = self._take(key, default, dt.time.min)
        if not found or isinstance(value, dt.time):
            return value
        if isinstance(value, str) and _CLOCK.fullmatch(value):
            return dt.time.fromisoformat(value)
        self.expected(key, 'a time of day such as "08:30"')
        return self._fallback(default, dt.time.min)

    @overload
    def take_money(self, key: str) -> Money: ...
    @overload
    def take_money(self, key: str, default: T) -> Money | T: ...
    def take_money(self, key: str, default: Any = REQUIRED) -> Any:
        """An amount with its currency, "12.50 GBP"."""
        nothing = Money(0, "")
        found, value = self._take(key, default, nothing)
        if not found:
            return value
        if not isinstance(value, str):
            self.expected(key, 'money such as "12.50 GBP"')
            return self._fallback(default, nothing)
        try:
            return Money.parse(value)
        except MoneyError as error:
            self.report(key, str(error))
            return self._fallback(default, nothing)

    @overload
    def take_choice(self, key: str, choices: Sequence[Choice]) -> Choice: ...
    @overload
    def take_choice(self, key: str, choices: Sequence[Choice], default: Choice) -> Choice: ...
    @overload
    def take_choice(self, key: str, choices: Sequence[Choice], default: None) -> Choice | None: ...
    def take_choice(self, key: str, choices: Sequence[Any], default: Any = REQUIRED) -> Any:
        """One of some words; a wrong one yields the default, else the first of `choices`."""
        found, value = self._take(key, default, choices[0])
        if not found or value in choices:
            return value
        hint = did_you_mean(value, choices) if isinstance(value, str) else ""
        self.expected(key, f"one of {', '.join(choices)}", hint)
        return self._fallback(default, choices[0])

    @overload
    def take_list_of_text(self, key: str) -> tuple[str, ...]: ...
    @overload
    def take_list_of_text(self, key: str, default: T) -> tuple[str, ...] | T: ...
    def take_list_of_text(self, key: str, default: Any = REQUIRED) -> Any:
        found, value = self._take(key, default, ())
        if not found:
            return value
        if not isinstance(value, list):
            self.expected(key, "a list of texts", f"write {key} = [{shown(value)}]" if isinstance(value, str) else "")
            return self._fallback(default, ())
        wrong = [index for index, item in enumerate(value) if not isinstance(item, str)]
        for index in wrong:
            place = self.places.of_value((*self.path, key, index))
            self._report(place, f"{key}.{index + 1}", f"expected text in quotes, found {shown(value[index])}", "")
        return tuple(item for item in value if isinstance(item, str))

    def take_any(self, key: str) -> Any:
        """The value as tomli read it, None when it is absent: for a key that may be of several types."""
        return self._take(key, None, None)[1]

    def take_table(self, key: str, *, required: bool = False) -> "Table":
        """The table under a key; an empty one when it is absent (or no table, which is a problem)."""
        found, value = self._take(key, REQUIRED if required else {}, {})
        if found and not isinstance(value, dict):
            self.expected(key, f"a table [{self._path_of(key)}]")
            value = {}
        return Table(value, (*self.path, key), self.places, self.problems)

    def take_tables(self, key: str, *, required: bool = False) -> list["Table"]:
        """The tables of an array [[key]]; what is no table in it is a problem."""
        found, value = self._take(key, REQUIRED if required else [], [])
        if found and not (isinstance(value, list) and all(isinstance(item, dict) for item in value)):
            self.expected(key, f"tables [[{self._path_of(key)}]]", "with double brackets")
            value = []
        paths = ((*self.path, key, index) for index in range(len(value)))
        return [Table(item, path, self.places, self.problems) for item, path in zip(value, paths, strict=True)]

    def _take(self, key: str, default: Any, empty: Any) -> tuple[bool, Any]:
        """Whether the key is there, and its value, else what stands for it."""
        self._known.append(key)
        if key in self.values:
            return True, self.values[key]
        if default is REQUIRED:
            written = next((word for word in self.values if did_you_mean(word, [key])), "")
            self._report(self.where(), key, "is missing", f"is {written!r} meant to be {key!r}?" if written else "")
        return False, self._fallback(default, empty)

    @staticmethod
    def _fallback(default: Any, empty: Any) -> Any:
        return empty if default is REQUIRED else default

    def _path_of(self, key: str) -> str:
        return ".".join(part for part in (*self.path, key) if isinstance(part, str))

    def _report(self, where: str, key: str, what: str, hint: str) -> None:
        name = ".".join(part for part in (self.name, key) if part)
        self.problems.append(Problem(where, f"{name}: {what}" if name else what, hint))
