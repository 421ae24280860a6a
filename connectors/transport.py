"""One call to a platform, whoever's library carries it: time-outs, limits, one fresh token, and what an answer means.

Reads are tried up to three times; writes exactly once, because only the outbox may decide to write again.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, Protocol, TypeVar

import msgspec
import tenacity
import urllib3

from connectors.errors import ConnectorError, Malformed, Throttled, Unauthorised, Uncertain, Unreachable
from connectors.protocol import Clock, Limiter

READ_TRIES = 3
#: A pause longer than this is left to the scheduler.
_PATIENCE = dt.timedelta(seconds=60)

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back over HTTP; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def of(cls, status: int, headers: Mapping[str, str], body: bytes) -> "Answer":
        return cls(status, {name.lower(): value for name, value in headers.items()}, body)

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def excerpt(self) -> str:
        """The first words of a body that is not JSON, for an error message."""
        return " ".join(self.body[:120].decode("utf-8", "replace").split())


class Grant(Protocol):
    """Where a call gets its bearer token from."""

    @property
    def renewable(self) -> bool: ...

    def access(self) -> str: ...

    def renew(self, refused: str) -> str: ...


#: Sends one request with this access token or key, over a vendor's library.
Send = Callable[[str], Answer]
#: What an answer is, if it is not a success.
Verdict = Callable[[Answer, dt.datetime], ConnectorError | None]


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and everything it was raised from or wraps."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        found = waiting.pop()
        if not isinstance(found, BaseException) or id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        waiting += [found.__cause__, found.__context__, getattr(found, "reason", None), *found.args]


def connection_error(error: Exception, what: str) -> ConnectorError:
    """Unreachable when no connection was made, else Uncertain: the request may have arrived.

    The message names the kind of failure only; a library's own text may hold a URL with somebody's address in it.
    """
    never_sent = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)
    causes = list(_causes(error))
    if any(isinstance(cause, never_sent) for cause in causes):
        return Unreachable(f"{what}: no connection")
    if any("CERTIFICATE_VERIFY_FAILED" in str(cause) for cause in causes):
        return Unreachable(f"{what}: the server's certificate is not trusted")
    return Uncertain(f"{what}: no answer ({type(error).__name__})")


def retry_after(answer: Answer, now: dt.datetime, otherwise: float) -> dt.datetime:
    """When to come back: the Retry-After header in seconds or as a date, else `otherwise` seconds from now."""
    value = answer.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return now + dt.timedelta(seconds=min(int(value), 7 * 86400))
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return now + dt.timedelta(seconds=otherwise)
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


class Caller:
    """Spends the limit, sends with the current token, and turns every failure into a ConnectorError."""

    def __init__(self, grant: Grant, limiter: Limiter, clock: Clock, verdict: Verdict) -> None:
        self._grant = grant
        self._limiter = limiter
        self._clock = clock
        self._verdict = verdict

    def write(self, what: str, send: Send) -> Answer:
        """Once. A refused token is the exception: nothing happened then, so one try with a fresh one is safe."""
        return self._call(what, send, write=True)

    def read(self, what: str, send: Send, understand: Callable[[Answer], Result], *, renew: bool = True) -> Result:
        """Up to three tries while the failure is a passing one. `understand` may raise Malformed.

        `renew` False where a platform answers 401 for a missing permission, which no fresh token mends.
        """
        tries = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(READ_TRIES),
            wait=tenacity.wait_random_exponential(multiplier=0.1, max=3),
            retry=tenacity.retry_if_exception(self._passes_soon),
            reraise=True,
        )
        return tries(lambda: understand(self._call(what, send, renew=renew)))

    def _passes_soon(self, error: BaseException) -> bool:
        if isinstance(error, Throttled):
            return error.retry_at - self._clock() <= _PATIENCE
        return isinstance(error, ConnectorError) and error.transient

    def _call(self, what: str, send: Send, *, renew: bool = True, write: bool = False) -> Answer:
        token = self._token(what)
        error, answer = self._try(send, token, write=write)
        if renew and isinstance(error, Unauthorised) and self._grant.renewable:
            error, answer = self._try(send, self._token(what, token), write=write)
        if error is None:
            return answer
        if isinstance(error, Throttled):
            self._limiter.pause(error.retry_at, str(error))
        error.args = (f"{what}: {error}",)
        raise error

    def _token(self, what: str, refused: str = "") -> str:
        """A token that could not be renewed means that the call itself was not made, or was refused."""
        try:
            return self._grant.renew(refused) if refused else self._grant.access()
        except (Uncertain, Malformed) as error:
            raise Unreachable(f"{what}: {error}") from None

    def _try(self, send: Send, token: str, *, write: bool) -> tuple[ConnectorError | None, Answer]:
        self._limiter.spend(write=write)
        answer = send(token)
        return self._verdict(answer, self._clock()), answer


_JSON = msgspec.json.Decoder(float_hook=Decimal)


def json_of(answer: Answer) -> dict[str, Any]:
    """The body as a record with exact decimals; raises Malformed."""
    try:
        found = _JSON.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Malformed(f"the answer is not JSON: {answer.excerpt()!r}") from None
    if not isinstance(found, dict):
        raise Malformed("the answer is not a JSON record")
    return found


def written(answer: Answer, what: str) -> dict[str, Any]:
    """The answer to a write that was accepted; one that cannot be read leaves it open what was written."""
    try:
        return json_of(answer)
    except Malformed as error:
        raise Uncertain(f"{what}: accepted, but {error}") from None


@contextmanager
def one_write(what: str) -> Iterator[None]:
    """An answer that cannot be understood never means that nothing was written."""
    try:
        yield
    except (Malformed, ValueError, ArithmeticError) as error:
        raise Uncertain(f"{what}: the answer cannot be understood: {error}") from None


def as_float(number: Decimal) -> float:
    """For JSON writers that know only floats: exactly this number, or ValueError."""
    nearest = float(number)
    if Decimal(repr(nearest)) != number:
        raise ValueError(f"{number} has no exact JSON form")
    return nearest
