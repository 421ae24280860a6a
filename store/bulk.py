"""Many rows at once, without a statement object for each page: the two statements that every pulled page needs.

Everything else in the store goes through SQLAlchemy's expressions; here their cost would be as high as the work.
"""

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from store.engine import Transaction


def insert(
    tx: Transaction, table: sa.Table, columns: tuple[str, ...], rows: list[tuple[Any, ...]], *, keep: bool = False
) -> None:
    """Insert rows of plain values in the order of `columns`. `keep`: one that is there already stays as it is."""
    if rows:
        tx.connection.exec_driver_sql(_insert(table, columns, keep=keep, postgresql=tx.is_postgresql), rows)


def current(
    tx: Transaction, table: sa.Table, columns: tuple[str, ...], connection: str, ids: Sequence[str]
) -> Iterator[Any]:
    """The current versions of these records: the id, then `columns`, as they are stored."""
    wanted = list(ids) if tx.is_postgresql else json.dumps(list(ids))
    statement = _current(table, columns, postgresql=tx.is_postgresql)
    yield from tx.connection.exec_driver_sql(statement, (tx.organisation, connection, wanted))


@lru_cache(maxsize=64)
def _insert(table: sa.Table, columns: tuple[str, ...], *, keep: bool, postgresql: bool) -> str:
    mark = "%s" if postgresql else "?"
    marks, end = ", ".join([mark] * len(columns)), " ON CONFLICT DO NOTHING" if keep else ""
    return f"INSERT INTO {table.name} ({_quoted(columns)}) VALUES ({marks}){end}"  # noqa: S608 - names of the schema only


@lru_cache(maxsize=64)
def _current(table: sa.Table, columns: tuple[str, ...], *, postgresql: bool) -> str:
    mark = "%s" if postgresql else "?"
    listed = f"= ANY({mark})" if postgresql else f"IN (SELECT value FROM json_each({mark}))"  # noqa: S608 - as above
    mine = f"organisation = {mark} AND connection = {mark} AND known_to IS NULL"
    return f"SELECT {_quoted(('id', *columns))} FROM {table.name} WHERE {mine} AND id {listed}"  # noqa: S608 - as above


def _quoted(columns: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)
