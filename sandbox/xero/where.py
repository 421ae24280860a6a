"""The `where` and `order` expressions of Xero: a small part of C#."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

Value = str | float | bool | datetime | None
Lookup = Callable[[str], Value]
Test = Callable[[Lookup], bool]

TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<number>-?\d+(?:\.\d+)?)|(?P<op>==|!=|<=|>=|&&|\|\||[<>=(),!])"""
    r"""|(?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*))"""
)
WORDS = {"and": "&&", "or": "||"}
METHODS: dict[str, Callable[[str, str], bool]] = {
    "StartsWith": str.startswith,
    "EndsWith": str.endswith,
    "Contains": str.__contains__,
}


class BadWhere(ValueError):
    """The expression is none that this look-alike (or Xero) reads."""


def tokens(text: str) -> list[tuple[str, str]]:
    found, place = [], 0
    while place < len(text.rstrip()):
        match = TOKEN.match(text, place)
        if match is None:
            raise BadWhere(f"syntax error near '{text[place : place + 20]}'")
        kind = str(match.lastgroup)
        word = match.group(kind)
        operator = WORDS.get(word.lower()) if kind == "name" else None
        found.append(("op", operator) if operator else (kind, word))
        place = match.end()
    return found


class Parser:
    """Recursive descent: or → and → term; a term is a comparison, a method call or a bracket."""

    def __init__(self, text: str) -> None:
        self._tokens = tokens(text)
        self._place = 0
        self.names: list[str] = []

    def parse(self) -> Test:
        test = self._either()
        if self._place < len(self._tokens):
            raise BadWhere(f"unexpected '{self._tokens[self._place][1]}'")
        return test

    def _next(self, expected: str | None = None) -> tuple[str, str]:
        if self._place >= len(self._tokens):
            raise BadWhere("expression ends too early")
        token = self._tokens[self._place]
        if expected is not None and token[1] != expected:
            raise BadWhere(f"expected '{expected}', found '{token[1]}'")
        self._place += 1
        return token

    def _accept(self, word: str) -> bool:
        if self._place < len(self._tokens) and self._tokens[self._place] == ("op", word):
            self._place += 1
            return True
        return False

    def _either(self) -> Test:
        tests = [self._both()]
        while self._accept("||"):
            tests.append(self._both())
        return lambda lookup: any(test(lookup) for test in tests)

    def _both(self) -> Test:
        tests = [self._term()]
        while self._accept("&&"):
            tests.append(self._term())
        return lambda lookup: all(test(lookup) for test in tests)

    def _term(self) -> Test:
        if self._accept("("):
            test = self._either()
            self._next(")")
            return test
        kind, name = self._next()
        if kind != "name":
            raise BadWhere(f"expected a field, found '{name}'")
        path, _, method = name.rpartition(".")
        self.names.append(path if method in METHODS else name)
        if method in METHODS:
            return self._method(path, method)
        return self._comparison(name)

    def _method(self, path: str, method: str) -> Test:
        self._next("(")
        wanted = str(self._literal())
        self._next(")")
        return lambda lookup: METHODS[method](str(lookup(path) or ""), wanted)

    def _comparison(self, name: str) -> Test:
        operator = self._next()[1]
        if operator not in ("==", "=", "!=", "<", ">", "<=", ">="):
            raise BadWhere(f"unknown operator '{operator}'")
        literal = self._literal()
        return lambda lookup: compare(lookup(name), operator, literal)

    def _literal(self) -> Value:
        kind, word = self._next()
        if kind == "text":
            return re.sub(r"\\(.)", r"\1", word[1:-1])
        if kind == "number":
            return float(word)
        constants: dict[str, Value] = {"true": True, "false": False, "null": None}
        if word.lower() in constants:
            return constants[word.lower()]
        return self._call(word)

    def _call(self, name: str) -> Value:
        self._next("(")
        arguments: list[Any] = []
        while not self._accept(")"):
            arguments.append(self._literal())
            self._accept(",")
        if name.lower() == "guid":
            return str(arguments[0]).lower()
        if name.lower() == "datetime":
            year, month, day, hour, minute, second = [*(int(part) for part in arguments), *[0] * 6][:6]
            return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        raise BadWhere(f"unknown function '{name}'")


def compare(left: Value, operator: str, right: Value) -> bool:
    if operator in ("==", "="):
        return left == right
    if operator == "!=":
        return left != right
    if left is None or right is None:
        return False
    try:
        return _ordered(left, operator, right)
    except TypeError as problem:
        raise BadWhere(f"operator '{operator}' does not fit the types") from problem


def _ordered(left: Any, operator: str, right: Any) -> bool:
    outcomes = {"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}
    return bool(outcomes[operator])


def read_order(text: str) -> list[tuple[str, bool]]:
    """[(field, descending)] of an order such as "UpdatedDateUTC ASC, InvoiceNumber DESC"."""
    parts = [part.split() for part in text.split(",") if part.strip()]
    if any(len(part) > 2 or part[-1].lower() not in ("asc", "desc", part[0].lower()) for part in parts):
        raise BadWhere(f"cannot order by '{text}'")
    return [(part[0], len(part) == 2 and part[1].lower() == "desc") for part in parts]
