"""Errors that end a command with one line. 2: the user can mend it here; 1: something outside failed."""

from collections.abc import Iterable

from receivables.problems import Problem


class CommandError(Exception):
    """Printed as it is, without a traceback."""

    exit_code = 1


class Mistake(CommandError):
    """Something in the command or in a file of the user's is wrong."""

    exit_code = 2


class BadSettings(Mistake):
    """owed.toml has problems: all of them, a line each."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))


class Outside(CommandError):
    """A platform, the network, the disk or the database failed."""


#: Classes of the database libraries, by name: only the store may import them.
_CANNOT = "the database cannot be used"
_AWAY = ("sqlalchemy.exc.OperationalError", "sqlalchemy.exc.InterfaceError", "sqlalchemy.exc.TimeoutError")
_DATABASE = {
    **dict.fromkeys(_AWAY, _CANNOT),
    "sqlalchemy.exc.DatabaseError": _CANNOT,
    "alembic.util.exc.CommandError": "the database is of another version of owed; use that version, or restore a backup",
}


def outside(error: BaseException) -> str:
    """One line about a failure that is no defect of owed's: database, disk, network, platform. Else ""."""
    from connectors.errors import ConnectorError  # here, because `owed match` needs neither platforms nor a store
    from store.engine import StoreError

    if isinstance(error, StoreError | ConnectorError | Outside):
        return _first_line(error)
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror or error}"
    what = _DATABASE.get(f"{type(error).__module__}.{type(error).__qualname__}", "")
    return f"{what}: {_first_line(getattr(error, 'orig', None) or error)}" if what else ""


def away(error: BaseException) -> str:
    """One line when the database cannot be used at all just now, which passes; else "". A restart of its server is told
    in many ways, and the library knows by its driver that the connection is gone."""
    from store.engine import DatabaseMoved, StoreError

    cause: BaseException | None = error
    while isinstance(cause, StoreError | Outside) and not isinstance(cause, DatabaseMoved):
        cause = cause.__cause__
    name = f"{type(cause).__module__}.{type(cause).__qualname__}"
    is_away = isinstance(cause, DatabaseMoved) or name in _AWAY or getattr(cause, "connection_invalidated", False)
    return outside(error) or f"{_CANNOT}: {_first_line(error)}" if is_away else ""


def _first_line(error: object) -> str:
    return next(iter(str(error).splitlines()), "")
