"""References: how one thing in one connected system is named."""

import msgspec


class RefError(ValueError):
    """A reference that cannot be read."""


class Ref(msgspec.Struct, frozen=True, order=True, gc=False):
    """`books:invoice:1042`: the connection's name in owed.toml, the kind of fact, and the platform's own id."""

    connection: str
    kind: str
    id: str

    @classmethod
    def parse(cls, text: str) -> "Ref":
        """The reverse of str(); raises RefError."""
        connection, _, rest = text.partition(":")
        kind, _, identifier = rest.partition(":")
        if not (connection and kind and identifier):
            raise RefError(f"not a reference: {text!r}; expected CONNECTION:KIND:ID, such as books:invoice:1042")
        return cls(connection, kind, identifier)

    def __str__(self) -> str:
        return f"{self.connection}:{self.kind}:{self.id}"


#: The connection name of facts that a person states to owed itself: disputes, promises, holds, opt-outs.
LOCAL = "local"
