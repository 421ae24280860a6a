"""What saving conclusions costs PostgreSQL grows with the number of invoices, and not with its square.

Nothing is timed: the rows that each step of a plan touches are counted, as EXPLAIN ANALYZE tells them, at two sizes. The
planner believes that the business has nothing in a table of others, as when it came after the last statistics.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from receivables.breaks import Break
from receivables.decisions import Decision, Reason
from receivables.money import Money
from receivables.refs import Ref
from store import outcomes
from store.engine import Store, Transaction
from tests.builders import NOW
from tests.conftest import opened
from tests.postgresql import fresh_database

SMALL = 500
TIMES = 4
#: In proportion it would be TIMES, and TIMES squared for a query that compares each row with each.
MOST = 1.5 * TIMES

Save = Callable[[Transaction, int, int], object]


def save_decisions(tx: Transaction, count: int, hour: int) -> None:
    """Another mind about each invoice in every hour."""
    decisions = [
        Decision(
            verdict="hold",
            debtor=f"books:customer:{number}",
            invoices=(Ref("books", "invoice", f"i{number}"),),
            currency="GBP",
            reasons=(Reason(f"hour_{hour}", "it is late"),),
        )
        for number in range(count)
    ]
    assert outcomes.save_decisions(tx, NOW + dt.timedelta(hours=hour), decisions) == count


def save_breaks(tx: Transaction, count: int, hour: int) -> None:
    """Each break is closed an hour later, and another one found."""
    found = [
        Break(kind="unmatched payment", refs=(Ref("books", "payment", f"{hour}/{number}"),), amount=Money(100, "GBP"))
        for number in range(count)
    ]
    outcomes.save_breaks(tx, NOW + dt.timedelta(hours=hour), found)


def read_decisions(tx: Transaction, count: int, hour: int) -> None:
    """Of one invoice; of the others nothing need be read."""
    if hour < 2:
        save_decisions(tx, count, hour)
    assert outcomes.decisions_about(tx, "books:invoice:i1")


@contextmanager
def statements(store: Store) -> Iterator[list[tuple[str, Any, int]]]:
    """What is executed meanwhile, with its values, those of the first row where there are many, and how often."""
    found: list[tuple[str, Any, int]] = []

    def note(_tx: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
        found.append((statement, values[0], len(values)) if many else (statement, values, 1))

    sa.event.listen(store.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        sa.event.remove(store.engine, "before_cursor_execute", note)


def touched(plan: dict[str, Any]) -> int:
    """Rows that a step and those below it have read, kept or thrown away, over all its repetitions."""
    removed = sum(value for name, value in plan.items() if name.startswith("Rows Removed by"))
    here = (plan["Actual Rows"] + removed) * plan["Actual Loops"]
    return int(here) + sum(touched(below) for below in plan.get("Plans", ()))


def explained(tx: Transaction, executed: Sequence[tuple[str, Any, int]]) -> int:
    total = 0
    for statement, values, times in executed:
        rows = tx.connection.exec_driver_sql(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}", values)
        ((found,),) = rows.all()
        total += times * touched(found[0]["Plan"])
    return total


def cost(url: str, save: Save, count: int) -> int:
    """Rows touched by the second hour of a business with so many invoices."""
    with opened(fresh_database(url)) as store:
        with store.engine.begin() as connection:
            for table in ("decision", "break"):
                connection.exec_driver_sql(f'ALTER TABLE "{table}" SET (autovacuum_enabled = false)')
        with Store(store.engine, "a larger business").write() as tx:
            save(tx, SMALL, 0)
            tx.connection.exec_driver_sql("ANALYZE")
        with store.write() as tx:
            save(tx, count, 1)
        with statements(store) as executed, store.write() as tx:
            save(tx, count, 2)
            tx.connection.rollback()  # so that each statement finds again what it found
        with store.write() as tx:
            return explained(tx, executed)


@pytest.mark.parametrize("save", [save_decisions, save_breaks])
def test_the_rows_that_are_touched_grow_in_proportion(postgresql: str, save: Save) -> None:
    small, large = cost(postgresql, save, SMALL), cost(postgresql, save, TIMES * SMALL)
    assert small > SMALL
    assert large <= MOST * small


def test_looking_at_one_invoice_touches_no_other(postgresql: str) -> None:
    assert cost(postgresql, read_decisions, SMALL) < SMALL / 10
