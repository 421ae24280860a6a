"""What users of other products complain about most, as scenarios: tests/scenarios, one file a complaint.

The numbers are those of the list that the files are named after; 6 and 11 concern money actions.
"""

from pathlib import Path

import pytest

from rules.cases import Case, read_cases, run_cases
from rules.loader import read
from rules.schema import Rulebook
from rules.toml import parse
from tests.builders import business

FOLDER = Path(__file__).parent.parent / "scenarios"
STARTER = Path(__file__).parent.parent.parent / "rules" / "defaults" / "starter.toml"
FILES = sorted(FOLDER.glob("*.toml"))


def cases_of(file: Path) -> tuple[tuple[Case, ...], Rulebook]:
    """A file without policies of its own is about the rulebook to begin with."""
    text = file.read_text()
    document, problems = parse(text, file.name)
    root = document.root(problems)
    rulebook = read(root) if "policy" in root else read(parse(STARTER.read_text(), STARTER.name)[0].root(problems))
    cases = read_cases(root, rulebook)
    root.finish()
    assert problems == [], list(map(str, problems))
    return cases, rulebook


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_complaint(file: Path) -> None:
    cases, rulebook = cases_of(file)
    assert cases
    results = run_cases(cases, rulebook, business())
    failed = [
        f"{one.case.where}: {one.case.name}: expected {one.case.expect}, found {one.found} "
        f"({'; '.join(reason.text for reason in one.decision.reasons)})"
        for one in results
        if not one.passed
    ]
    assert failed == []


def test_every_complaint_has_its_scenario() -> None:
    assert {int(file.stem[:2]) for file in FILES} == set(range(1, 23)) - {6, 11}
