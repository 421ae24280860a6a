"""The JSON Schema (2020-12) of the rulebook, for editors: completion, types and meanings while one writes."""

from typing import Any

from receivables.money import CURRENCIES
from rules.fields import FIELDS, RISKS
from rules.predicates import OPERATORS
from rules.words import CASE, GUARDS, OVERRIDE, POLICY, Word

_MONEY = {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)? [A-Z]{3}$"}
_TEXTS = {"type": "array", "items": {"type": "string"}}
_TIME = {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}


def json_schema() -> dict[str, Any]:
    """Of a whole owed.toml; tables that are no part of the rules may hold anything."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "owed.toml: the rulebook",
        "type": "object",
        "properties": {
            "policy": {"type": "array", "items": _table(POLICY)},
            "override": {"type": "array", "items": _table(OVERRIDE)},
            "guards": _table(GUARDS),
            "case": {"type": "array", "items": _table(CASE)},
        },
        "$defs": {"when": _condition()},
    }


def _table(words: tuple[Word, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "type": "object",
        "properties": {word.name: {"description": _described(word), **_type(word)} for word in words},
        "additionalProperties": False,
    }
    required = [word.name for word in words if word.required]
    return {**found, "required": required} if required else found


def _described(word: Word) -> str:
    return word.meaning if word.required or word.default == "none" else f"{word.meaning} (default: {word.default})"


def _type(word: Word) -> dict[str, Any]:
    match word.kind:
        case "number":
            limits = {"minimum": word.least, "maximum": word.most}
            return {"type": "integer", **{key: value for key, value in limits.items() if value is not None}}
        case "choice":
            return {"type": "string", "enum": list(word.choices)}
        case "table":
            return _table(word.inside)
        case "tables":
            return {"type": "array", "items": _table(word.inside)}
        case "condition":
            return {"$ref": "#/$defs/when"}
    if word.name == "expect":
        return {"type": ["string", "object"]}
    return _SIMPLE[word.kind]


_SIMPLE: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "texts": _TEXTS,
    "flag": {"type": "boolean"},
    "money": _MONEY,
    "amounts": {
        "anyOf": [
            _MONEY,
            {"type": "object", "propertyNames": {"pattern": "^[A-Z]{3}$"}, "additionalProperties": {"type": "string"}},
        ]
    },
    "day": {"type": "string", "description": "a day such as 2026-01-31, bare or in quotes"},
    "time": _TIME,
    "hours": {"type": "array", "items": _TIME, "minItems": 2, "maxItems": 2},
}


def _condition() -> dict[str, Any]:
    properties: dict[str, Any] = {name: _field(field.type) for name, field in FIELDS.items()}
    properties["any_of"] = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/when"}}
    properties["not"] = {"$ref": "#/$defs/when"}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _field(kind: str) -> dict[str, Any]:
    """The short forms, and the table of operators."""
    value: dict[str, Any] = _VALUES.get(kind, {"type": "string"})
    several = {"type": "array", "items": value, "minItems": 1}
    lists = ("in", "not_in", "any_of", "none_of", "all_of")
    operators = OPERATORS[kind]  # type: ignore[index]  # one of FieldType
    amounts = {"anyOf": [value, several]} if kind == "money" else value
    table = {
        "type": "object",
        "properties": {name: several if name in lists else amounts for name in operators},
        "additionalProperties": False,
        "minProperties": 1,
    }
    return {"anyOf": [value, several, table]}


_VALUES: dict[str, dict[str, Any]] = {
    "money": _MONEY,
    "number": {"type": "integer"},
    "company": {"enum": [True, False, "unknown"]},
    "risk": {"type": "string", "enum": list(RISKS)},
    "currency": {"type": "string", "enum": sorted(CURRENCIES)},
    "country": {"type": "string", "pattern": "^[A-Z]{2}$"},
}
