"""An admin's own message templates: text files in a folder beside owed.toml, LANGUAGE/NAME.txt."""

from pathlib import Path

from outreach.catalog import Catalog, built_in, extended
from owed.text_files import read_utf8
from receivables.problems import Problem
from rules.table import Table


def take_templates(sending: Table, folder: Path) -> Catalog:
    """The built-in templates, with those of `[sending] templates` in their place. Problems go to the table's."""
    name = sending.take_text("templates", "")
    if not name:
        return built_in()
    root = folder / name
    if not root.is_dir():
        sending.report("templates", f'there is no folder "{name}"', "a relative folder stands beside owed.toml")
        return built_in()
    texts = {}
    for path in sorted(root.rglob("*.txt")):
        text, problems = read_utf8(path, shown=f"{name}/{path.relative_to(root).as_posix()}")
        sending.problems += problems
        if not problems:
            texts[path.relative_to(root).as_posix()] = text
    catalog, problems = extended(texts)
    sending.problems += [Problem(f"{name}/{one.where}", one.what, one.hint) for one in problems]
    return catalog
