"""Whatever stands in the file, it is told what is wrong with it; nothing is raised."""

import datetime as dt
import json
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from rules.advice import advise
from rules.cases import read_cases, run_cases
from rules.fields import FIELDS
from rules.loader import load, read
from rules.predicates import OPERATORS
from rules.toml import parse
from rules.words import TABLES, Word
from tests.builders import business

WORDS = sorted({word.name for words in TABLES.values() for word in words} | {"any_of", "not", *FIELDS})
TYPICAL = [
    "5.00 GBP",
    "GBP",
    "GB",
    "friendly",
    "act",
    "hold disputed",
    "none",
    "promise_broken",
    "08:00",
    "standard",
    "",
]


def toml(value: Any) -> str:
    """Inline TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    return json.dumps(value) if isinstance(value, str) else str(value)


plain = (
    st.booleans()
    | st.integers(-5, 800)
    | st.sampled_from(TYPICAL)
    | st.text(st.characters(codec="ascii", categories=["L", "N", "P", "Zs"]), max_size=12)
    | st.dates(dt.date(1000, 1, 1))
    | st.times()
    | st.just(1.5)
)
operators = sorted({name for names in OPERATORS.values() for name in names})
keys = st.sampled_from(WORDS) | st.sampled_from(operators) | st.text(max_size=5)
anything = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=8
)


def likely(word: Word) -> st.SearchStrategy[Any]:
    """A value of the word's own type, so that reading goes deep; or anything."""
    if word.inside:
        table = table_of(word.inside)
        return st.lists(table, max_size=3) if word.kind == "tables" else table
    if word.choices:
        return st.sampled_from([*word.choices, "nothing of the kind"])
    typed: dict[str, st.SearchStrategy[Any]] = {
        "number": st.integers(word.least or 0, word.most or 40),
        "flag": st.booleans(),
        "money": st.sampled_from(["5.00 GBP", "120.00 GBP", "7.00 EUR"]),
        "day": st.dates(dt.date(2026, 1, 1), dt.date(2026, 12, 31)),
    }
    return typed.get(word.kind, anything)


def table_of(words: tuple[Word, ...]) -> st.SearchStrategy[dict[str, Any]]:
    needed = {word.name: likely(word) for word in words if word.required}
    others = {word.name: likely(word) | anything for word in words if not word.required}
    return st.fixed_dictionaries(needed, optional=others)


documents = st.fixed_dictionaries(
    {},
    optional={
        "policy": st.lists(table_of(TABLES["policy"]), max_size=3) | anything,
        "override": st.lists(table_of(TABLES["override"]), max_size=2) | anything,
        "guards": table_of(TABLES["guards"]) | anything,
        "case": st.lists(table_of(TABLES["case"]), max_size=2) | anything,
    },
)


@given(documents)
@example({"policy": [{"name": "a", "step": [{"name": "s", "action": []}]}]})
@settings(max_examples=300, deadline=None)
def test_any_toml_gives_problems_and_never_a_traceback(document: dict[str, Any]) -> None:
    text = "".join(f"{key} = {toml(value)}\n" for key, value in document.items())
    _, problems = load(text, "owed.toml")
    assert all(problem.where.startswith("owed.toml:") and problem.what for problem in problems)
    parsed, found = parse(text, "owed.toml")
    root = parsed.root(found)
    rulebook = read(root)
    cases = read_cases(root, rulebook)
    if not found:
        advise(root, rulebook, "GB")
        run_cases(cases, rulebook, business())
