"""Several organisations in one database: every statement of every command, and of a worker's round, names one alone."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from store.tables import metadata
from tests.owed.conftest import Desk

OURS, THEIRS = "harbour-joinery", "harbour-boats"
_TABLE = re.compile(r'\b(?:FROM|JOIN|INTO|UPDATE)\s+"?(\w+)"?', re.IGNORECASE)

COMMANDS = [
    ["sync"],
    ["sync", "--verify"],
    ["status"],
    ["invoices"],
    ["customers"],
    ["aging"],
    ["reconcile"],
    ["breaks"],
    ["plan"],
    ["outbox", "list"],
    ["tasks"],
    ["apply", "--yes"],
    ["plan"],
    ["journal", "verify"],
    ["stop"],
    ["stop", "--lift"],
]


def values(parameters: Any) -> set[object]:
    """All values of one statement, or of each of many."""
    found = parameters.values() if isinstance(parameters, dict) else parameters
    return {value for value in found if isinstance(value, str | int)}


def crossings(statement: str, parameters: Any) -> list[str]:
    """Tables of organisations that a statement touches without naming ours, or while naming theirs."""
    touched = set(_TABLE.findall(statement)) & metadata.tables.keys()
    if not touched:
        return []
    rows = parameters if isinstance(parameters, list) else [parameters]
    alone = all(OURS in values(row) and THEIRS not in values(row) for row in rows)
    return [] if alone and "organisation" in statement else [f"{sorted(touched)}: {statement}"]


@contextmanager
def watched() -> Iterator[list[str]]:
    """What crosses from one organisation to another, of all that any engine is asked in the meantime."""
    found: list[str] = []
    seen = 0

    def look(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        nonlocal seen
        seen += 1
        found.extend(crossings(statement, parameters))

    sa.event.listen(sa.Engine, "before_cursor_execute", look)
    try:
        yield found
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", look)
    assert seen > 1_000, "it was looked at"


def rows_of(desk: Desk, organisation: str) -> dict[str, list[Any]]:
    with desk.installation.store.engine.connect() as connection:
        return {
            name: sorted(map(repr, connection.execute(sa.select(table).where(table.c.organisation == organisation))))
            for name, table in metadata.tables.items()
        }


def copy_ours(desk: Desk) -> None:
    """Theirs is the same in everything but its name: whatever forgets to ask whose a row is finds two."""
    with desk.installation.store.write() as tx:
        for table in metadata.tables.values():
            others = [column for column in table.columns if column.name != "organisation"]
            ours = sa.select(sa.literal(THEIRS), *others).where(table.c.organisation == OURS)
            tx.execute(table.insert().from_select(["organisation", *(column.name for column in others)], ours))


def test_no_statement_crosses_from_one_organisation_to_another(desk: Desk) -> None:
    desk.go_live()
    copy_ours(desk)
    before = rows_of(desk, THEIRS)
    assert sum(map(len, before.values())) > 50
    with watched() as found:
        for command in COMMANDS:
            desk.owed(*command)
        invoice = desk.json("invoices")
        desk.owed("explain", (invoice["invoices"] if isinstance(invoice, dict) else invoice)[0]["reference"])
        desk.owed("worker", "--once")
    assert found == []
    assert rows_of(desk, THEIRS) == before


def test_a_statement_that_forgets_whose_rows_it_wants_is_found() -> None:
    assert crossings("SELECT name FROM connection", ())
    assert crossings("SELECT name FROM connection WHERE organisation = ?", (THEIRS,))
    assert crossings("SELECT name FROM connection WHERE organisation IN (?, ?)", (OURS, THEIRS))
    assert crossings("INSERT INTO slot (organisation) VALUES (?)", [(OURS,), (THEIRS,)])
    assert not crossings("SELECT name FROM connection WHERE organisation = ?", (OURS,))
