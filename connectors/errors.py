"""What can go wrong at a platform. Each class says by attributes what the retry layer and the outbox may do."""

import datetime as dt


class ConnectorError(Exception):
    """Root. `transient`: a later try may succeed. `indeterminate`: a write may or may not have happened."""

    transient = False
    indeterminate = False

    def __init__(self, message: str, *, code: str = "", reference: str = "") -> None:
        super().__init__(message)
        self.code = code
        #: The platform's own id of the failed request (intuit_tid, Request-Id), for its support.
        self.reference = reference


class Refused(ConnectorError):
    """The platform understood and said no; nothing happened, and the same request will be refused again."""


class NotFound(Refused):
    """The record does not exist (any more), or belongs to another account."""


class BadRecipient(Refused):
    """Nobody can be reached at this e-mail address: the mail server says so before it takes the message."""

    def __init__(self, message: str, *, address: str, code: str = "") -> None:
        super().__init__(message, code=code)
        self.address = address


class Conflict(Refused):
    """The record changed since it was read (stale SyncToken): read again and decide again."""


class Unsupported(Refused):
    """The manifest does not list it: this platform cannot do it."""


class Unauthorised(ConnectorError):
    """The token or key is refused: a person has to reconnect."""


class Forbidden(ConnectorError):
    """The token is good but lacks a permission, or the company was disconnected."""


class Throttled(ConnectorError):
    """Too many calls. `retry_at` is when to come back (aware, UTC); never slept on for longer than a minute."""

    transient = True

    def __init__(self, message: str, *, retry_at: dt.datetime, code: str = "", reference: str = "") -> None:
        super().__init__(message, code=code, reference=reference)
        self.retry_at = retry_at


class Unreachable(ConnectorError):
    """No connection was made: nothing happened there."""

    transient = True


class Uncertain(ConnectorError):
    """The request left and no usable answer came (time-out, reset, 5xx): it may have happened."""

    transient = True
    indeterminate = True


class PlatformFailed(Uncertain):
    """The platform itself failed while it worked on the request (5xx). It may repeat this answer for the same key."""


class Malformed(ConnectorError):
    """An answer that is not what the platform documents: cut off, not JSON, or of another shape."""

    transient = True
