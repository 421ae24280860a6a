"""Rows of a CSV file with their places, and the cells that are what they ought to be: every mistake is noted."""

import csv
import datetime as dt
import sys
from collections.abc import Iterator, Sequence
from operator import itemgetter

from receivables.money import CURRENCIES
from receivables.problems import Problem

Row = dict[str, str]


class Rows:
    """One CSV file with a line of column names. `problems` grows while it is read."""

    def __init__(self, text: str, name: str, required: Sequence[str], optional: Sequence[str] = ()) -> None:
        self.name, self.problems = name, list[Problem]()
        self._seen: set[str] = set()
        self._days: dict[str, dt.date] = {}
        self._line = 1
        self._text, self._wanted = _with_line_ends(text.lstrip("\ufeff")), (*required, *optional)
        self._parted_by = max(",;\t", key=self._text.partition("\n")[0].count)
        self._place: dict[str, int] = {}
        self._required = required

    def __iter__(self) -> Iterator[tuple[str, ...]]:
        """The wanted cells of each row, in the order of `required` and `optional`; absent columns are empty."""
        lines = self._cells()
        header = [cell.strip().casefold() for cell in next(lines, [])]
        if not self._has_columns(header):
            return
        self._place = {column: header.index(column) for column in self._wanted if column in header}
        width = len(header)
        # an absent column stands behind the last one, where an empty cell is added
        wanted = itemgetter(*[self._place.get(column, width) for column in self._wanted])
        for cells in lines:
            if len(cells) != width:
                if any(cells):
                    self._report(
                        len(cells), f"{len(cells)} cells where {width} columns are named", "quote commas in cells"
                    )
                continue
            yield wanted([*map(str.strip, cells), ""])

    def _cells(self) -> Iterator[list[str]]:
        """The cells of each row. A quote that is never closed would swallow the rows behind it, so it is a mistake."""
        lines = csv.reader(_lines(self._text), delimiter=self._parted_by, strict=True)
        while True:
            begins = lines.line_num + 1
            try:
                cells = next(lines, None)
            except csv.Error as error:
                self._line = begins
                self._report(1, f"the row cannot be read: {error}", "close each quote; write one within a cell twice")
                continue
            if cells is None:
                return
            self._line = lines.line_num
            yield cells

    def again(self, text: str) -> str:
        """A text that stands in many rows, kept once."""
        return sys.intern(text)

    def _has_columns(self, header: list[str]) -> bool:
        if not header:
            self._report(1, "the file is empty", f"the first line names the columns: {','.join(self._required)}")
            return False
        for column in self._wanted:
            if header.count(column) > 1:
                self._report(header.index(column) + 1, f"{column}: two columns have this name", "keep one of them")
        missing = [column for column in self._required if column not in header]
        for column in missing:
            hint = f"the first line names the columns: {','.join(self._required)}"
            self._report(1, f"{column}: the column is missing", hint)
        return not missing

    def _report(self, column: int, what: str, hint: str) -> None:
        self.problems.append(Problem(f"{self.name}:{self._line}:{column}", what, hint))

    def wrong(self, column: str, what: str, hint: str) -> None:
        """`what` is wrong with this column of the row that is being read."""
        self._report(self._place.get(column, 0) + 1, f"{column}: {what}", hint)

    def unique(self, column: str, text: str) -> str:
        if not text:
            self.wrong(column, "it is empty", "every row needs an id of its own")
        elif text in self._seen:
            self.wrong(column, f"{text!r} stands here a second time", "every row needs an id of its own")
        self._seen.add(text)
        return text

    def day(self, column: str, text: str, *, needed: bool = True) -> dt.date | None:
        known = self._days.get(text)
        if known is not None or (not text and not needed):
            return known
        try:
            day = dt.date.fromisoformat(text) if len(text) == len("2026-01-31") else None
        except ValueError:
            day = None
        if day is None:
            self.wrong(column, f"{text!r} is not a day", "write it as 2026-01-31")
            return None
        self._days[text] = day
        return day

    def currency(self, column: str, text: str) -> str:
        if text not in CURRENCIES:
            self.wrong(column, f"{text!r} is not a currency", "write the ISO 4217 code, such as GBP")
        return sys.intern(text)

    def whole(self, column: str, text: str) -> int:
        """Minor units: a whole number with or without a sign."""
        digits = text[1:] if text[:1] in ("-", "+") else text
        if digits.isascii() and digits.isdigit() and len(digits) <= 15:
            return int(text)
        self.wrong(column, f"{text!r} is not a whole number", "write minor units: 12.50 GBP is 1250")
        return 0


def _with_line_ends(text: str) -> str:
    """Old spreadsheets of the Mac end a line with a carriage return alone."""
    return text if "\n" in text else text.replace("\r", "\n")


def _lines(text: str) -> Iterator[str]:
    """One after the other, so that a large file is not in memory twice."""
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield text[start:end]
        start = end
