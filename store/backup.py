"""The whole store as one file, the same for SQLite and PostgreSQL: a ZIP of tables as JSON lines, with their hashes.

    manifest.json              the schema's version, when it was made, rows and SHA-256 of each table, heads of the journals
    tables/NAME.jsonl          a row a line; bytes as {"base64": "..."}

It is restored into an empty store alone. The key that seals the credentials is not in it.
"""

import base64
import datetime as dt
import hashlib
import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from store import codec, journal
from store.columns import utc_text
from store.engine import StoreError, Transaction
from store.migrate import known_versions
from store.tables import metadata

FORMAT = 1
_MANIFEST = "manifest.json"
#: Entries of a ZIP carry a day; theirs says nothing.
_EPOCH = (1980, 1, 1, 0, 0, 0)


class Part(msgspec.Struct, frozen=True):
    """One table of a backup."""

    rows: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """`schema` is the newest migration; `made_at` is owed's clock; `heads` are (number, hash) by organisation."""

    format: int
    schema: str
    made_at: str
    tables: dict[str, Part]
    heads: dict[str, tuple[int, str]]


def save(engine: sa.Engine, path: Path, made_at: dt.datetime) -> Manifest:
    """Write everything to `path`, as it is at one instant, while others go on working. Never over a file that is there:
    raises FileExistsError. What fails half-way leaves no file."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file, zipfile.ZipFile(file, "w") as bundle:
            manifest = _save(engine, bundle, made_at)
            bundle.writestr(_entry(_MANIFEST), codec.encode(manifest))
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return manifest


def _save(engine: sa.Engine, bundle: zipfile.ZipFile, made_at: dt.datetime) -> Manifest:
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ")  # one view
        with connection.begin():
            tables = {table.name: _save_table(connection, bundle, table) for table in metadata.sorted_tables}
            return Manifest(
                format=FORMAT,
                schema=known_versions()[-1],
                made_at=utc_text(made_at),
                tables=tables,
                heads={name: journal.head(Transaction(connection, name)) for name in organisations(connection)},
            )


def organisations(connection: sa.Connection) -> list[str]:
    """Everyone who has a row in the journal, or is declared."""
    named = sa.union(
        sa.select(metadata.tables["organisation"].c.organisation), sa.select(metadata.tables["journal"].c.organisation)
    )
    return sorted(connection.execute(named).scalars())


def _save_table(connection: sa.Connection, bundle: zipfile.ZipFile, table: sa.Table) -> Part:
    """As the values are stored: text, whole numbers and bytes, in the order of the primary key."""
    digest, count = hashlib.sha256(), 0
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    order = ", ".join(f'"{column.name}"' for column in table.primary_key.columns)
    query = sa.text(f'SELECT {names} FROM "{table.name}" ORDER BY {order}')  # noqa: S608  # names of the schema only
    rows = connection.execution_options(yield_per=1000).execute(query)
    with bundle.open(_entry(f"tables/{table.name}.jsonl"), "w", force_zip64=True) as file:
        for row in rows.mappings():
            line = json.dumps({name: _plain(row[name]) for name in row}, ensure_ascii=False).encode() + b"\n"
            digest.update(line)
            file.write(line)
            count += 1
    return Part(count, digest.hexdigest())


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return {"base64": base64.b64encode(bytes(value)).decode()}
    return value


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


class Backup:
    """A backup that was checked: every table is as its hash says. Raises StoreError when it is not."""

    def __init__(self, path: Path) -> None:
        try:
            self._bundle = zipfile.ZipFile(path)
            self.manifest = codec.decode(self._bundle.read(_MANIFEST), Manifest)
        except (zipfile.BadZipFile, KeyError, msgspec.DecodeError, zipfile.LargeZipFile) as error:
            raise StoreError(f"{path}: not a backup of owed: {error}") from None
        if self.manifest.format != FORMAT:
            raise StoreError(f"{path}: made by another version of owed (format {self.manifest.format})")
        for name, part in self.manifest.tables.items():
            self._check(path, name, part)

    def _check(self, path: Path, name: str, part: Part) -> None:
        digest, count = hashlib.sha256(), 0
        try:
            for line in self._lines(name):
                digest.update(line)
                count += 1
        except (KeyError, zipfile.BadZipFile, OSError) as error:
            raise StoreError(f"{path}: table {name} cannot be read: {error}") from None
        if (count, digest.hexdigest()) != (part.rows, part.sha256):
            raise StoreError(f"{path}: table {name} is damaged: it is not what its hash says")

    def _lines(self, name: str) -> Iterator[bytes]:
        with self._bundle.open(f"tables/{name}.jsonl") as file:
            yield from file

    def rows(self, name: str) -> Iterator[dict[str, Any]]:
        for line in self._lines(name):
            row: dict[str, Any] = json.loads(line)
            yield {key: _value(value) for key, value in row.items()}

    def close(self) -> None:
        self._bundle.close()


def _value(value: Any) -> Any:
    return base64.b64decode(value["base64"]) if isinstance(value, dict) else value
