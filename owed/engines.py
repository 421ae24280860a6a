"""Open databases, shared by all organisations that live in them."""

import threading

from owed.errors import Outside
from store.engine import Engine, Store, StoreError, open_engine
from store.migrate import upgrade


class Engines:
    """One engine a database, brought to this version's schema when it is first used. For many threads.

    Raises Outside when a database cannot be used."""

    def __init__(self) -> None:
        self._open: dict[str, Engine] = {}
        self._lock = threading.Lock()

    def store(self, url: str, organisation: str) -> Store:
        with self._lock:
            if url not in self._open:
                self._open[url] = _opened(url)
            return Store(self._open[url], organisation)


def _opened(url: str) -> Engine:
    try:
        engine = open_engine(url)
        upgrade(engine)
    except StoreError as error:
        raise Outside(str(error)) from error
    return engine
