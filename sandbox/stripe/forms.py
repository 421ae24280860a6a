"""Stripe's form encoding: a[b][c]=1 and a[0][b]=2 as nested dicts and lists."""

from __future__ import annotations

import re
from typing import Any

from sandbox.stripe.errors import invalid

Form = dict[str, Any]


def decode(pairs: list[tuple[str, str]]) -> Form:
    root: Form = {}
    for key, value in pairs:
        path = [key.split("[", 1)[0], *re.findall(r"\[([^\]]*)\]", key)]
        _set(root, path, value)
    return {name: _lists(value) for name, value in root.items()}


def _set(node: Form, path: list[str], value: str) -> None:
    *parents, last = path
    for name in parents:
        inner = node.setdefault(name, {})
        node = inner if isinstance(inner, dict) else {}
    node[last or str(len(node))] = value


def _lists(value: Any) -> Any:
    """Dicts whose keys are 0, 1, 2 … are lists."""
    if not isinstance(value, dict):
        return value
    inner = {name: _lists(one) for name, one in value.items()}
    if inner and all(name.isdigit() for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner


def integer(value: Any, name: str) -> int:
    if not isinstance(value, str) or not re.fullmatch(r"-?\d+", value):
        raise invalid(name, f"Invalid integer: {value}")
    return int(value)


def boolean(value: Any) -> bool:
    return str(value).lower() == "true"


def metadata(old: dict[str, str], given: Any) -> dict[str, str]:
    """Merges metadata; an empty text unsets a key, an empty form unsets all.

    Limits of the vendor: 50 keys of 40 characters, values of 500."""
    if given == "":
        return {}
    if not isinstance(given, dict):
        raise invalid("metadata", "Invalid hash", code="parameter_invalid_hash")
    merged = {key: value for key, value in {**old, **given}.items() if value != ""}
    if len(merged) > 50 or any(len(key) > 40 or len(str(value)) > 500 for key, value in merged.items()):
        raise invalid(
            "metadata", "Metadata has at most 50 keys of 40 characters and values of 500", code="metadata_too_large"
        )
    return merged
