"""The query language of QuickBooks: one entity, AND only."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^'\\]|\\.)*')|(?P<number>-?\d+(?:\.\d+)?)(?![\w-])|(?P<op><=|>=|=|<|>|\(|\)|,|\*)"""
    r"""|(?P<word>[A-Za-z_][\w.]*))"""
)
DEFAULT_RESULTS = 100
MOST_RESULTS = 1000
OPERATORS = ("=", "<", ">", "<=", ">=")


class BadQuery(ValueError):
    """`code` is 4000 for what cannot be parsed and 4001 for what makes no sense."""

    def __init__(self, detail: str, code: str = "4000") -> None:
        kind = "QueryParserError" if code == "4000" else "QueryValidationError"
        super().__init__(f"{kind}: {detail}")
        self.code = code


@dataclass
class Condition:
    name: str
    operator: str
    values: list[str]


@dataclass
class Statement:
    entity: str
    columns: list[str]
    count: bool
    conditions: list[Condition] = field(default_factory=list)
    order: list[tuple[str, bool]] = field(default_factory=list)
    start: int = 1
    limit: int = DEFAULT_RESULTS


class Parser:
    def __init__(self, text: str) -> None:
        self._tokens = self._scan(text)
        self._place = 0

    def _scan(self, text: str) -> list[tuple[str, str]]:
        found, place, text = [], 0, text.strip().rstrip(";").rstrip()
        while place < len(text):
            match = TOKEN.match(text, place)
            if match is None:
                raise BadQuery(f'Encountered "{text[place : place + 10]}" at column {place + 1}.')
            found.append((str(match.lastgroup), match.group(str(match.lastgroup))))
            place = match.end()
        return found

    def _peek(self) -> str:
        return self._tokens[self._place][1].upper() if self._place < len(self._tokens) else ""

    def _next(self, *expected: str) -> str:
        if self._place >= len(self._tokens):
            raise BadQuery(f'Encountered "<EOF>", was expecting {" or ".join(expected) or "a word"}.')
        word = self._tokens[self._place][1]
        if expected and word.upper() not in expected:
            raise BadQuery(f'Encountered "{word}", was expecting {" or ".join(expected)}.')
        self._place += 1
        return word

    def parse(self) -> Statement:
        self._next("SELECT")
        columns, count = self._columns()
        self._next("FROM")
        statement = Statement(self._next(), columns, count)
        while self._peek():
            self._clause(statement)
        return statement

    def _columns(self) -> tuple[list[str], bool]:
        if self._peek() == "COUNT":
            for word in ("COUNT", "(", "*", ")"):
                self._next(word)
            return ["*"], True
        columns = [self._next()]
        while self._peek() == ",":
            self._next()
            columns.append(self._next())
        return columns, False

    def _clause(self, statement: Statement) -> None:
        word = self._next("WHERE", "ORDERBY", "ORDER", "STARTPOSITION", "MAXRESULTS").upper()
        if word == "WHERE":
            self._where(statement)
        elif word in ("ORDERBY", "ORDER"):
            self._order(statement, word)
        elif word == "STARTPOSITION":
            statement.start = self._whole_number(least=1)
        else:
            statement.limit = min(self._whole_number(least=0), MOST_RESULTS)

    def _whole_number(self, least: int) -> int:
        word = self._next()
        if not word.lstrip("-").isdigit():
            raise BadQuery(f'Encountered "{word}", was expecting a whole number.')
        if int(word) < least:
            raise BadQuery(f"value {word} is too small. Min allowed value is {least}", "4001")
        return int(word)

    def _where(self, statement: Statement) -> None:
        statement.conditions.append(self._condition())
        while self._peek() == "AND":
            self._next()
            statement.conditions.append(self._condition())
        if self._peek() == "OR":
            raise BadQuery('Encountered "OR": only AND is supported.')

    def _condition(self) -> Condition:
        name = self._next()
        operator = self._next(*OPERATORS, "IN", "LIKE").upper()
        if operator != "IN":
            return Condition(name, operator, [self._literal()])
        self._next("(")
        values = [self._literal()]
        while self._next(",", ")") == ",":
            values.append(self._literal())
        return Condition(name, operator, values)

    def _literal(self) -> str:
        kind = self._tokens[self._place][0] if self._place < len(self._tokens) else ""
        word = self._next()
        if kind == "text":
            return re.sub(r"\\(.)", r"\1", word[1:-1])
        if kind == "number" or word.lower() in ("true", "false"):
            return word
        raise BadQuery(f'Encountered "{word}", was expecting a value.')

    def _order(self, statement: Statement, word: str) -> None:
        if word == "ORDER":
            self._next("BY")
        while True:
            name, descending = self._next(), False
            if self._peek() in ("ASC", "DESC"):
                descending = self._next().upper() == "DESC"
            statement.order.append((name, descending))
            if self._peek() != ",":
                return
            self._next()


Read = Callable[[str], Any]


def holds(condition: Condition, read: Read) -> bool:
    """Whether a record satisfies a condition; `read` gives its fields by dotted name."""
    value = read(condition.name)
    if condition.operator == "IN":
        return any(_compare(value, "=", wanted) for wanted in condition.values)
    return _compare(value, condition.operator, condition.values[0])


def _compare(value: Any, operator: str, wanted: str) -> bool:
    if operator == "LIKE":
        pattern = ".*".join(re.escape(part) for part in wanted.split("%"))
        return re.fullmatch(pattern, str(value or ""), re.IGNORECASE | re.DOTALL) is not None
    if value is None:
        return False
    left, right = _comparable(value, wanted)
    outcomes = {"=": left == right, "<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}
    return bool(outcomes[operator])


def _comparable(value: Any, wanted: str) -> tuple[Any, Any]:
    if isinstance(value, bool):
        return value, wanted.lower() == "true"
    if isinstance(value, (int, float)):
        return value, _number(wanted)
    if isinstance(value, datetime):
        return value, _instant(wanted)
    return str(value).lower(), wanted.lower()


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as problem:
        raise BadQuery(f"value {text} is no number", "4001") from problem


def _instant(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as problem:
        raise BadQuery(f"value {text} is no date and time", "4001") from problem
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
