"""The archive gives back the bytes that were received, whoever else is at it at the same time."""

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from store import archive
from store.engine import Store
from tests.builders import NOW
from tests.conftest import opened

ORGANISATIONS, RECORDS = 4, 3_000


def test_organisations_that_are_read_at_the_same_time_keep_their_own_bytes(tmp_path: Path) -> None:
    """Each has a database of its own, so that nothing but the threads keeps them apart."""
    received = [bodies(number) for number in range(ORGANISATIONS)]
    with ExitStack() as open_ones, ThreadPoolExecutor(ORGANISATIONS) as threads:
        stores = [open_ones.enter_context(opened(f"sqlite:///{tmp_path}/{n}.db")) for n in range(ORGANISATIONS)]
        digests = list(threads.map(keep, stores, received))
        read = [fetch(store, names) for store, names in zip(stores, digests, strict=True)]
    assert all(theirs == given for theirs, given in zip(read, received, strict=True))


def bodies(number: int) -> list[bytes]:
    source = random.Random(number)
    return [source.randbytes(source.randrange(100, 4_500)).hex().encode() for _ in range(RECORDS)]


def keep(store: Store, records: list[bytes]) -> list[str]:
    with store.write() as tx:
        return archive.keep(tx, "books", "invoices", NOW, records)


def fetch(store: Store, digests: list[str]) -> list[bytes | None]:
    with store.read() as tx:
        return [archive.fetch(tx, digest) for digest in digests]
