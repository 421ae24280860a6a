"""The language as editors and docs are told of it is the language that is read."""

import re
from pathlib import Path
from typing import Any

import pytest

from rules.cases import read_cases
from rules.fields import FIELDS
from rules.json_schema import json_schema
from rules.loader import read
from rules.reference import reference
from rules.toml import parse
from rules.words import TABLES, Word

DOCS = Path(__file__).parent.parent.parent / "docs" / "rules.md"


def problems_of(text: str) -> list[str]:
    document, problems = parse(text, "owed.toml")
    root = document.root(problems)
    read_cases(root, read(root))
    root.finish()
    return [str(problem) for problem in problems]


def known_in(text: str) -> set[str]:
    """The words that a table's reader takes, as it tells them when it meets a stranger."""
    (told,) = [one for one in problems_of(text) if "unknown key" in one]
    found = re.search(r"known here: ([^)]*)\)", told)
    assert found, told
    return set(found[1].split(", "))


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ("policy", '[[policy]]\nname = "a"\nqqqqqqqq = 1\n[[policy.step]]\nname = "s"\ndays_after_due = 1\n'),
        ("policy.step", '[[policy]]\nname = "a"\n[[policy.step]]\nname = "s"\ndays_after_due = 1\nqqqqqqqq = 1\n'),
        ("override", '[[override]]\ncustomer = "a"\npolicy = "none"\nqqqqqqqq = 1\n'),
        ("guards", "[guards]\nqqqqqqqq = 1\n"),
        ("case", '[[case]]\nname = "a"\non = 2026-01-01\namount = "1 GBP"\nexpect = "act"\nqqqqqqqq = 1\n'),
    ],
)
def test_each_table_has_the_words_that_its_reader_takes(table: str, text: str) -> None:
    assert known_in(text) == {word.name for word in TABLES[table]}


def inner_tables() -> list[tuple[str, Word]]:
    return [("case", word) for word in TABLES["case"] if word.inside]


@pytest.mark.parametrize(("table", "word"), inner_tables(), ids=[word.name for _, word in inner_tables()])
def test_each_inner_table_has_the_words_that_its_reader_takes(table: str, word: Word) -> None:
    head = '[[case]]\nname = "a"\non = 2026-01-01\nexpect = "act"\n'
    head += "" if word.name == "invoice" else 'amount = "1 GBP"\n'
    brackets = ("[[", "]]") if word.kind == "tables" else ("[", "]")
    text = f"{head}{brackets[0]}{table}.{word.name}{brackets[1]}\nqqqqqqqq = 1\n"
    assert known_in(text) == {inner.name for inner in word.inside}


STEP = '[[policy]]\nname = "p"\n[[policy.step]]\nname = "s"\n'


@pytest.mark.parametrize(
    "word", [word for word in TABLES["policy.step"] if word.name != "name"], ids=lambda word: word.name
)
def test_the_example_of_each_word_of_a_step_is_read(word: Word) -> None:
    """Beside what the word needs; two demands come first, so that any stage may follow."""
    before = '[[policy]]\nname = "p"\n[[policy.step]]\nname = "a"\ndays_after_due = 1\n'
    before += '[[policy.step]]\nname = "b"\ndays_after_due = 10\n[[policy.step]]\nname = "s"\n'
    timings = ("days_before_due", "on_due", "days_after_due", "days_after_previous", "on_event", "monthly_on")
    timing = "" if word.name in timings else "days_after_due = 40\n"
    if word.name == "days_after_event":
        timing = 'on_event = "promise_broken"\n'
    assert problems_of(f"{before}{timing}{word.example}\n") == []


@pytest.mark.parametrize("word", TABLES["guards"], ids=lambda word: word.name)
def test_the_example_of_each_guard_is_read(word: Word) -> None:
    assert problems_of(f"[guards]\n{word.example}\n") == []


def test_the_schema_knows_every_field_and_word() -> None:
    schema = json_schema()
    assert set(schema["$defs"]["when"]["properties"]) == {*FIELDS, "any_of", "not"}
    step: dict[str, Any] = schema["properties"]["policy"]["items"]["properties"]["step"]["items"]
    assert set(step["properties"]) == {word.name for word in TABLES["policy.step"]}
    assert step["additionalProperties"] is False
    assert step["properties"]["gap_days"]["maximum"] == 730


def test_the_docs_hold_the_tables_that_are_made_from_the_words() -> None:
    assert reference().strip() in DOCS.read_text()
