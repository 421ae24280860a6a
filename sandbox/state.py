"""What the sandbox remembers: records in memory, written through to one SQLite file per request."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

Record = dict[str, Any]
Index = Callable[[Record], Iterable[str]]


class Table:
    """Records of one kind by id, in the order of their creation, with indexes that follow every `put`."""

    def __init__(self, name: str, indexes: dict[str, Index]) -> None:
        self.name = name
        self.records: dict[str, Record] = {}
        self.dirty: set[str] = set()
        self.version = 0
        self._indexes = indexes
        self._buckets: dict[str, dict[str, dict[str, None]]] = {index: {} for index in indexes}
        self._keys: dict[str, list[tuple[str, str]]] = {}

    def __iter__(self) -> Iterator[Record]:
        return iter(self.records.values())

    def __len__(self) -> int:
        return len(self.records)

    def __contains__(self, identity: object) -> bool:
        return identity in self.records

    def __getitem__(self, identity: str) -> Record:
        return self.records[identity]

    def get(self, identity: str) -> Record | None:
        return self.records.get(identity)

    def by(self, index: str, key: str) -> list[Record]:
        return [self.records[identity] for identity in self._buckets[index].get(key, ())]

    def put(self, record: Record) -> Record:
        self.hold(record)
        self.dirty.add(record["id"])
        return record

    def hold(self, record: Record) -> None:
        """Takes a record that is already in the file."""
        identity = record["id"]
        self.version += 1
        self._forget_keys(identity)
        self.records[identity] = record
        keys = [(index, key) for index, read in self._indexes.items() for key in read(record)]
        for index, key in keys:
            self._buckets[index].setdefault(key, {})[identity] = None
        self._keys[identity] = keys

    def remove(self, identity: str) -> None:
        self.version += 1
        self._forget_keys(identity)
        self.records.pop(identity, None)
        self.dirty.add(identity)

    def _forget_keys(self, identity: str) -> None:
        for index, key in self._keys.pop(identity, ()):
            self._buckets[index][key].pop(identity, None)


class State:
    """All tables and the file behind them."""

    def __init__(self, path: Path) -> None:
        self._tables: dict[str, Table] = {}
        # One connection, guarded by the sandbox's lock; it may be used from the server thread and from a test.
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        # A killed process loses nothing: only a power cut could, and that is no case for a sandbox.
        self._connection.execute("PRAGMA synchronous=OFF")
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS record (kind TEXT, id TEXT, body TEXT, PRIMARY KEY (kind, id))"
        )

    def table(self, name: str, /, **indexes: Index) -> Table:
        table = Table(name, indexes)
        rows = self._connection.execute("SELECT body FROM record WHERE kind = ? ORDER BY rowid", (name,))
        for (body,) in rows:
            table.hold(json.loads(body))
        self._tables[name] = table
        return table

    def commit(self) -> None:
        changed = [table for table in self._tables.values() if table.dirty]
        if not changed:
            return
        self._connection.execute("BEGIN IMMEDIATE")
        for table in changed:
            self._write(table)
        self._connection.execute("COMMIT")

    def _write(self, table: Table) -> None:
        kept = [identity for identity in table.dirty if identity in table]
        order = {identity: place for place, identity in enumerate(table.records)} if len(kept) > 1 else {}
        kept.sort(key=lambda identity: order.get(identity, 0))
        self._connection.executemany(
            "INSERT INTO record (kind, id, body) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body",
            [(table.name, identity, json.dumps(table[identity])) for identity in kept],
        )
        gone = [(table.name, identity) for identity in table.dirty if identity not in table]
        self._connection.executemany("DELETE FROM record WHERE kind = ? AND id = ?", gone)
        table.dirty.clear()

    def close(self) -> None:
        self._connection.close()
