"""The raw archive: every record as it was received, compressed, addressed by the digest of its bytes."""

import datetime as dt
from collections.abc import Iterable

import sqlalchemy as sa
import zstandard
from sqlalchemy.dialects import postgresql, sqlite

from store import codec
from store.engine import Transaction
from store.tables import raw

_compressor = zstandard.ZstdCompressor(level=3)


def keep(tx: Transaction, connection: str, stream: str, received_at: dt.datetime, bodies: Iterable[bytes]) -> list[str]:
    """Archive `bodies` and return their digests, in order. What is already there is not written again."""
    rows = {}
    digests = []
    for body in bodies:
        name = codec.digest(body)
        digests.append(name)
        rows[name] = body
    insert = (postgresql if tx.is_postgresql else sqlite).insert(raw).on_conflict_do_nothing()
    if rows:
        tx.execute(
            insert,
            [
                {
                    "organisation": tx.organisation,
                    "digest": name,
                    "connection": connection,
                    "stream": stream,
                    "received_at": received_at,
                    "size": len(body),
                    "body": _compressor.compress(body),
                }
                for name, body in rows.items()
            ],
        )
    return digests


def fetch(tx: Transaction, digest: str) -> bytes | None:
    """The bytes as received; None when they were never kept or have been erased."""
    found = tx.execute(sa.select(raw.c.body).where(tx.mine(raw), raw.c.digest == digest)).scalar_one_or_none()
    return None if found is None else zstandard.ZstdDecompressor().decompress(found)
