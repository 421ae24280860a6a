"""What went wrong, where, and how to mend it: a value, so that all problems can be told at once."""

import msgspec


class Problem(msgspec.Struct, frozen=True, order=True):
    """One line for a person. `where` is a file:line:column, a connection or a reference."""

    where: str
    what: str
    hint: str = ""

    def __str__(self) -> str:
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.where}: {self.what}{hint}"
