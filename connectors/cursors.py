"""Cursors as text: JSON of a small struct that only its own connector understands. Pure."""

from typing import TypeVar

import msgspec

Mark = TypeVar("Mark", bound=msgspec.Struct)


def write(mark: msgspec.Struct) -> str:
    return msgspec.json.encode(mark).decode()


def read(cursor: str, fresh: Mark) -> Mark:
    """`fresh` for no cursor, and for one that an older release wrote in another form: then everything is read again."""
    try:
        return msgspec.json.decode(cursor, type=type(fresh)) if cursor else fresh
    except msgspec.DecodeError:
        return fresh
