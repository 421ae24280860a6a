"""The raw archive: every record as it was received, compressed, addressed by the digest of its bytes."""

import datetime as dt
from collections.abc import Iterable, Iterator

import sqlalchemy as sa
import zstandard

from store import bulk, codec
from store.columns import utc_text
from store.engine import Transaction
from store.tables import raw

_COLUMNS = ("organisation", "digest", "connection", "stream", "received_at", "size", "body")
#: Digests in one IN list.
_CHUNK = 5_000


def keep(tx: Transaction, connection: str, stream: str, received_at: dt.datetime, bodies: Iterable[bytes]) -> list[str]:
    """Archive `bodies` and return their digests, in order. What is already there is not written again."""
    compressor = zstandard.ZstdCompressor(level=1)  # never shared: two threads at one of them end the process
    at, rows, digests = utc_text(received_at), {}, []
    for body in bodies:
        name = codec.digest(body)
        digests.append(name)
        if name not in rows:
            rows[name] = (tx.organisation, name, connection, stream, at, len(body), compressor.compress(body))
    bulk.insert(tx, raw, _COLUMNS, list(rows.values()), keep=True)
    return digests


def fetch(tx: Transaction, digest: str) -> bytes | None:
    """The bytes as received; None when they were never kept or have been erased."""
    found = tx.execute(sa.select(raw.c.body).where(tx.mine(raw), raw.c.digest == digest)).scalar_one_or_none()
    return None if found is None else zstandard.ZstdDecompressor().decompress(found)


def empty(tx: Transaction, digests: Iterable[str]) -> None:
    """Erase what was received; that it was, and its digest, stay."""
    names = sorted({digest for digest in digests if digest})
    for start in range(0, len(names), _CHUNK):
        here = raw.c.digest.in_(names[start : start + _CHUNK])
        tx.execute(raw.update().where(tx.mine(raw), here).values(body=None))


def stored(tx: Transaction) -> Iterator[tuple[str, bytes]]:
    """Every record with its digest, as it was received."""
    query = sa.select(raw.c.digest, raw.c.body).where(tx.mine(raw), raw.c.body.is_not(None))
    for row in tx.execute(query.execution_options(yield_per=1000)):
        yield row.digest, zstandard.ZstdDecompressor().decompress(row.body)
