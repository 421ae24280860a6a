"""Ids of QuickBooks: whole numbers, unique within an entity of a company. Pure."""

import msgspec


class _Id(msgspec.Struct):
    Id: str = ""


def id_of(raw: bytes) -> str:
    """ "" for a record that has none that can be read."""
    try:
        return msgspec.json.decode(raw, type=_Id).Id
    except msgspec.DecodeError:
        return ""


def is_id(identifier: str) -> bool:
    """Nothing else is ever put into a query or a path."""
    return identifier.isascii() and identifier.isdigit()
