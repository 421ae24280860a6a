"""From `country = { in = ["GB", "IE"] }` to a compiled predicate: every operator of every type of field."""

import datetime as dt
import operator
from collections.abc import Callable, Mapping
from typing import Any

from receivables.money import CURRENCIES, Money, MoneyError
from receivables.open_items import OpenItem
from rules.conditions import AnyOf, Condition, Not, Predicate, Test, all_of
from rules.fields import FIELDS, RISKS, Field, FieldType, Reader
from rules.table import Table

_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
_SIGNS = {"eq": "is", "gt": ">", "gte": "≥", "lt": "<", "lte": "≤"}

_ONE_OF = ("eq", "ne", "in", "not_in")
OPERATORS: dict[FieldType, tuple[str, ...]] = {
    "text": (*_ONE_OF, "starts_with", "contains"),
    "country": _ONE_OF,
    "currency": _ONE_OF,
    "identity": _ONE_OF,
    "company": _ONE_OF,
    "risk": _ONE_OF,
    "list": ("any_of", "none_of", "all_of"),
    "money": tuple(_ORDER),
    "number": tuple(_ORDER),
}
_COMPANY: dict[object, bool | None] = {True: True, False: False, "unknown": None}


def read_condition(table: Table) -> Condition:
    """A `when` table: every field in it must hold. What is wrong goes to the table's problems and is left out."""
    parts: list[Condition] = []
    for key in table:
        if key == "any_of":
            parts.append(_any_of(table))
        elif key == "not":
            if table.peek(key) == {}:
                table.report(key, "must not be empty: nothing would ever match")
            parts.append(Not(read_condition(table.take_table(key))))
        elif key in FIELDS:
            parts += _field(table, FIELDS[key])
    table.finish(hints=(*FIELDS, "any_of", "not"))
    return all_of(parts)


def _any_of(table: Table) -> Condition:
    parts = tuple(read_condition(part) for part in table.take_tables("any_of"))
    if not parts and table.peek("any_of") == []:
        table.report("any_of", "must not be empty: nothing would ever match")
    return AnyOf(parts)


def _field(table: Table, field: Field) -> list[Condition]:
    """The predicates of one field; `country = "GB"` is short for eq, a list is short for in."""
    value = table.peek(field.name)
    if isinstance(value, dict):
        inner = table.take_table(field.name)
        if not value:
            table.report(field.name, "expected an operator", f"one of {', '.join(OPERATORS[field.type])}")
    else:
        table.take_any(field.name)
        short = "any_of" if field.type == "list" else "in" if isinstance(value, list) else "eq"
        value = [value] if field.type == "list" and isinstance(value, str) else value
        inner = Table({short: value}, (*table.path, field.name), table.places, table.problems)
    found = [_predicate(inner, field, name) for name in inner if name in OPERATORS[field.type]]
    for name in OPERATORS[field.type]:
        inner.take_any(name)
    inner.finish()
    return [predicate for predicate in found if predicate]


def _predicate(table: Table, field: Field, name: str) -> Predicate | None:
    if field.type == "money":
        return _money(table, field, name)
    if field.type == "number":
        return _number(table, field, name)
    if name in ("starts_with", "contains"):
        return _part_of_text(table, field, name)
    return _choice(table, field, name)


def _money(table: Table, field: Field, name: str) -> Predicate | None:
    """Compares in the amount's own currency alone: an item in another currency does not hold."""
    limits: dict[str, int] = {}
    written = table.peek(name)
    for text in written if isinstance(written, list) else [written]:
        try:
            limit = Money.parse(text) if isinstance(text, str) else None
        except MoneyError as error:
            table.report(name, str(error))
            return None
        if limit is None:
            table.expected(name, 'money with its currency, such as "50.00 GBP"')
            return None
        if limit.currency in limits:
            table.report(name, f"{limit.currency} is given twice")
        limits[limit.currency] = limit.minor
    shown = " or ".join(str(Money(minor, currency)) for currency, minor in limits.items())
    return Predicate(field.name, f"{_SIGNS[name]} {shown}", _compares_money(field.read, name, limits), field.show)


def _compares_money(read: Reader, name: str, limits: Mapping[str, int]) -> Test:
    compare = _ORDER[name]
    if len(limits) == 1:
        (only, least), *_ = limits.items()
        if name == "gte":  # what nearly every rulebook asks: a call less, a million times
            return lambda item, today: item.invoice.currency == only and read(item, today) >= least
        return lambda item, today: item.invoice.currency == only and compare(read(item, today), least)

    def test(item: OpenItem, today: dt.date) -> bool:
        limit = limits.get(item.invoice.currency)
        return limit is not None and compare(read(item, today), limit)

    return test


def _number(table: Table, field: Field, name: str) -> Predicate | None:
    """An unknown number, such as the days past due without a due date, never holds."""
    limit = table.peek(name)
    if not isinstance(limit, int) or isinstance(limit, bool):
        table.expected(name, "a whole number")
        return None
    compare, read = _ORDER[name], field.read

    def test(item: OpenItem, today: dt.date) -> bool:
        value = read(item, today)
        return value is not None and compare(value, limit)

    return Predicate(field.name, f"{_SIGNS[name]} {limit}", test, field.show, limit)


def _part_of_text(table: Table, field: Field, name: str) -> Predicate | None:
    part, read = table.peek(name), field.read
    if not isinstance(part, str) or not part.strip():
        table.expected(name, "text in quotes")
        return None
    wanted = part.strip().casefold()
    if name == "contains":
        return Predicate(field.name, f'contains "{part}"', lambda item, day: wanted in read(item, day), field.show)
    return Predicate(
        field.name, f'starts with "{part}"', lambda item, day: read(item, day).startswith(wanted), field.show
    )


def _choice(table: Table, field: Field, name: str) -> Predicate | None:
    """eq, ne, in and not_in of one value; any_of, none_of and all_of of a list."""
    written = table.peek(name)
    single = name in ("eq", "ne")
    if not single and not (isinstance(written, list) and written):
        table.expected(name, "a list with at least one value")
        return None
    given = [written] if single else written
    wanted = [_value(table, field, name, value) for value in given]
    if any(isinstance(value, _Wrong) for value in wanted):
        return None
    shown = ", ".join(str(value).lower() if isinstance(value, bool) else str(value) for value in given)
    demand = f"is {'not ' if name == 'ne' else ''}{shown}" if single else f"{_WORDS[name]} [{shown}]"
    return Predicate(field.name, demand, _member(field, name, frozenset(wanted)), field.show)


_WORDS = {
    "in": "is in",
    "not_in": "is not in",
    "any_of": "has any of",
    "none_of": "has none of",
    "all_of": "has all of",
}


def _member(field: Field, name: str, wanted: frozenset[Any]) -> Test:
    """Membership of one value, or the meeting of two sets."""
    read = field.read
    if name == "all_of":
        return lambda item, day: wanted <= read(item, day)
    refuses = name in ("ne", "not_in", "none_of")
    if field.type in ("list", "identity"):
        if refuses:
            return lambda item, day: wanted.isdisjoint(read(item, day))
        return lambda item, day: not wanted.isdisjoint(read(item, day))
    if refuses:
        return lambda item, day: read(item, day) not in wanted
    return lambda item, day: read(item, day) in wanted


class _Wrong:
    """A value that was reported and must not be used."""


def _value(table: Table, field: Field, name: str, value: Any) -> Any:
    """One wanted value in the form in which the field is read; reports a value of another type."""
    if field.type == "company":
        return _checked(table, name, value, _COMPANY, 'true, false or "unknown"')
    if field.type == "risk":
        return _checked(table, name, value, {word: word for word in RISKS}, f"one of {', '.join(RISKS)}")
    if field.type == "currency":
        return _checked(table, name, value, {code: code for code in CURRENCIES}, "an ISO 4217 currency such as GBP")
    if not isinstance(value, str) or not value.strip():
        table.expected(name, "text in quotes")
        return _Wrong()
    if field.type == "country":
        if not _is_country(value):
            hint = "ISO 3166 writes GB for the United Kingdom" if value == "UK" else ""
            table.expected(name, "a two-letter country code such as GB", hint)
            return _Wrong()
        return value
    return value.strip().casefold()


def _checked(table: Table, name: str, value: Any, known: Mapping[Any, Any], kind: str) -> Any:
    if isinstance(value, bool | str) and value in known:
        return known[value]
    table.expected(name, kind)
    return _Wrong()


def _is_country(value: str) -> bool:
    """UK is what people write, GB is what ISO 3166 and the platforms write: refusing it saves a rule that never holds."""
    return len(value) == 2 and value.isascii() and value.isalpha() and value.isupper() and value != "UK"
