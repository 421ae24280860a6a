"""Open databases, shared by all organisations that live in them."""

import dataclasses
import threading
from collections import OrderedDict

from owed.errors import Outside
from store.engine import Store, StoreError, open_engine
from store.migrate import upgrade

#: Databases that are kept open; organisations with a file each are opened in turn.
_OPEN = 64


class Engines:
    """One engine a database, brought to this version's schema when it is first used. For many threads."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, Store] = OrderedDict()
        self._lock = threading.Lock()

    def store(self, url: str, organisation: str) -> Store:
        """Raises Outside when the database cannot be used."""
        with self._lock:
            store = self._open.pop(url, None) or open_store(url, organisation)
            self._open[url] = store
            while len(self._open) > _OPEN:
                self._open.popitem(last=False)[1].close()  # whoever still holds it opens its connection again
            return dataclasses.replace(store, organisation=organisation)


def open_store(url: str, organisation: str) -> Store:
    """Raises Outside when the database cannot be used."""
    try:
        engine = open_engine(url)
        upgrade(engine)
    except StoreError as error:
        raise Outside(str(error)) from error
    return Store(engine, organisation)
