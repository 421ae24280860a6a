"""Saving facts, beside a plain executemany of the same bytes without versions, digests or an archive."""

import datetime as dt
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import sqlalchemy as sa

from benchmarks.timing import beside, cpu
from receivables.facts import Invoice
from store import ingest
from store.engine import Store, open_engine
from store.migrate import upgrade

COUNT, PAGE = 50_000, 1_000
NOW = dt.datetime(2026, 3, 4, 10, tzinfo=dt.UTC)

Rows = list[tuple[bytes, list[Invoice]]]


def rows() -> Rows:
    made: Rows = []
    for number in range(COUNT):
        day = dt.date(2025, 1, 1) + dt.timedelta(days=number % 365)
        invoice = Invoice(
            connection="books",
            id=f"{number:032x}",
            number=f"INV-{number:06}",
            customer_id=str(number % 5_000),
            currency="GBP",
            total=10_000 + number,
            open=number % 2 * 10_000,
            issue_on=day,
            due_on=day + dt.timedelta(days=30),
        )
        raw = {"InvoiceID": invoice.id, "Total": number, "LineItems": [{"Description": f"Work {number}"}] * 8}
        made.append((json.dumps(raw).encode(), [invoice]))
    return made


def run() -> Iterator[str]:
    made = rows()
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{folder}/owed.db")
        upgrade(engine)
        store = Store(engine, "bench")
        plain_seconds, _ = cpu(lambda: plain(Path(folder), made))
        first, _ = cpu(lambda: save(store, made, NOW))
        again, _ = cpu(lambda: save(store, made, NOW + dt.timedelta(hours=1)))
        engine.dispose()
    yield beside("first pull, versions and archive written", first, COUNT, "plain executemany", plain_seconds)
    yield beside("the same again, nothing changed", again, COUNT, "plain executemany", plain_seconds)


def save(store: Store, made: Rows, now: dt.datetime) -> None:
    for start in range(0, len(made), PAGE):
        with store.write() as tx:
            ingest.save_rows(tx, "books", "invoices", now, made[start : start + PAGE])


def plain(folder: Path, made: Rows) -> None:
    """The same rows, one table, one body column, nothing kept of earlier versions."""
    metadata = sa.MetaData()
    names = ("id", "number", "customer_id", "currency", "total", "open", "issue_on", "due_on")
    whole = ("total", "open")
    columns = [sa.Column(name, sa.Integer if name in whole else sa.Text) for name in names]
    table = sa.Table("invoice", metadata, *columns, sa.Column("body", sa.LargeBinary))
    engine = sa.create_engine(f"sqlite:///{folder}/plain.db")
    metadata.create_all(engine)
    for start in range(0, len(made), PAGE):
        page = [
            {name: _plain(getattr(facts[0], name)) for name in names} | {"body": raw}
            for raw, facts in made[start : start + PAGE]
        ]
        with engine.begin() as connection:
            connection.execute(table.insert(), page)
    engine.dispose()


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, dt.date) else msgspec.to_builtins(value)
