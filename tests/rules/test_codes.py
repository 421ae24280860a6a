"""Every reason that can be given has a code that cases may expect and that the handbook explains."""

import ast
import re
from pathlib import Path

from rules.codes import BREAK_CODES, CODES

ROOT = Path(__file__).resolve().parents[2]


def written() -> set[str]:
    """The codes of all reasons and blockers that stand in the source as plain text."""
    found: set[str] = set()
    for package in ("receivables", "reconciliation", "rules", "sync"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Reason", "Blocker") and node.args:
                    texts = [one.value for one in ast.walk(node.args[0]) if isinstance(one, ast.Constant)]
                    found |= {text for text in texts if isinstance(text, str) and re.fullmatch("[a-z_]{3,}", text)}
    return found


def test_every_code_in_the_source_may_be_expected() -> None:
    assert len(written()) > 30
    assert written() <= CODES


def test_the_handbook_explains_every_code() -> None:
    table = (ROOT / "docs" / "rules.md").read_text().split("| code | why |")[1].split("\n\n")[0]
    explained = set(re.findall(r"`([a-z_]+)`", table))
    assert explained >= CODES - BREAK_CODES
