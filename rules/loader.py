"""From TOML to a rulebook: every problem at once, each with its place; a rulebook with problems must not be used."""

import hashlib
from collections.abc import Collection
from typing import Any

from receivables.problems import Problem
from rules.guard_settings import read_guards
from rules.policies import read_overrides, read_policies
from rules.schema import Guards, Policy, Rulebook
from rules.table import Table, did_you_mean
from rules.toml import parse

#: The top-level names that belong to the rulebook; all others in owed.toml are read by someone else.
TABLES = ("policy", "override", "guards", "case")


def load(text: str, filename: str, *, templates: Collection[str] | None = None) -> tuple[Rulebook, list[Problem]]:
    """The rulebook in a TOML text, which may hold other tables too. `templates` are the names that steps may use."""
    document, problems = parse(text, filename)
    root = document.root(problems)
    rulebook = read(root, templates=templates)
    for key in root:
        hint = did_you_mean(key, TABLES)
        if hint and key not in TABLES:
            problems.append(Problem(document.places.of_key((key,)), f"{key}: unknown table", hint))
    if "step" in root:
        hint = "write [[policy.step]] below its [[policy]]"
        problems.append(Problem(document.places.of_key(("step",)), "step: unknown table", hint))
    return rulebook, sorted(problems, key=_place)


def read(root: Table, *, templates: Collection[str] | None = None) -> Rulebook:
    """The rulebook in a document that the caller reads on; problems are appended to the root's."""
    guards = read_guards(root.take_table("guards"))
    policies = read_policies(root.take_tables("policy"), guards, templates)
    overrides = read_overrides(root.take_tables("override"), policies)
    version = _digest(root.peek("policy"), root.peek("guards"), *([root.peek("override")] if overrides else []))
    return Rulebook(policies=policies, overrides=overrides, guards=guards, version=version)


def _digest(*values: Any) -> str:
    """Twelve hex digits that change when, and only when, a value in the rules changes."""
    return hashlib.sha256(repr(values).encode()).hexdigest()[:12]


def _place(problem: Problem) -> tuple[str, int, int]:
    name, line, column = problem.where.rsplit(":", 2)
    return name, int(line), int(column)


__all__ = ["TABLES", "Guards", "Policy", "Rulebook", "load", "read"]
