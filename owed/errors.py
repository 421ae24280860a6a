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
    """A platform, the network or the database failed."""
