"""Reading one record of a platform's JSON: exact decimals, nulls taken as absent, and every complaint names its field.

Pure. A record is a plain dict whose fractions are Decimal; nothing here ever makes a float of an amount.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any, TypeVar

import msgspec
from babel import Locale

from connectors.errors import Malformed
from connectors.protocol import Row
from receivables.facts import Fact
from receivables.money import exponent, to_minor
from receivables.problems import Problem

Record = dict[str, Any]
Value = TypeVar("Value")

#: Beyond this nothing is an amount in any currency, and databases begin to round.
_LARGEST = 10**15

_RECORD = msgspec.json.Decoder(float_hook=Decimal)


class Unreadable(Malformed):
    """A record that does not say what it must; the message names the field."""


def text(row: Record, name: str) -> str:
    """ "" when absent or null. NUL characters are dropped: no database takes them."""
    value = row.get(name)
    if value is None:
        return ""
    if type(value) is not str:
        raise Unreadable(f"{name} is {_shown(value)}; expected text")
    return value.replace("\0", "") if "\0" in value else value


def identifier(row: Record, name: str) -> str:
    value = text(row, name)
    if not value:
        raise Unreadable(f"{name} is missing")
    return value


def code_or_number(row: Record, name: str) -> str:
    """Ids and codes that a platform writes now as text, now as a whole number."""
    value = row.get(name)
    return str(value) if type(value) is int else text(row, name)


def currency(row: Record, name: str) -> str:
    """An ISO 4217 code in capitals; raises MoneyError for one that does not exist."""
    code = identifier(row, name).upper()
    exponent(code)
    return code


def number(row: Record, name: str) -> Decimal | int:
    """A JSON number; text that looks like one is refused, because nobody knows what wrote it."""
    value = row.get(name)
    if type(value) is not int and type(value) is not Decimal:
        raise Unreadable(f"{name} is {_shown(value)}; expected a number")
    if not -_LARGEST < value < _LARGEST:
        raise Unreadable(f"{name} {_shown(value)} is too large to be an amount")
    return value


def amount(row: Record, name: str, of: str) -> int:
    """A decimal amount in major units, as minor units of the currency `of`."""
    return to_minor(number(row, name), of)


def amount_or_zero(row: Record, name: str, of: str) -> int:
    return 0 if row.get(name) is None else amount(row, name, of)


def amount_or_none(row: Record, name: str, of: str) -> int | None:
    return None if row.get(name) is None else amount(row, name, of)


def rounded(row: Record, name: str, of: str) -> int:
    """For figures that decide nothing, such as a line with four decimals: half up to whole minor units; absent is 0."""
    if row.get(name) is None:
        return 0
    found, digits = number(row, name), exponent(of)
    if isinstance(found, int):
        return found * int(10**digits)
    return int(found.scaleb(digits).to_integral_value(ROUND_HALF_UP))


def whole(row: Record, name: str) -> int:
    """A JSON integer."""
    value = row.get(name)
    if type(value) is not int:
        raise Unreadable(f"{name} is {_shown(value)}; expected a whole number")
    if not -_LARGEST < value < _LARGEST:
        raise Unreadable(f"{name} {_shown(value)} is too large")
    return value


def flag(row: Record, name: str) -> bool:
    """False when absent. Vendors write booleans as text now and then."""
    value = row.get(name)
    if value is None or value is False:
        return False
    if value is True:
        return True
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    raise Unreadable(f"{name} is {_shown(value)}; expected true or false")


def record(row: Record, name: str) -> Record:
    """A nested record; {} when absent or null."""
    value = row.get(name)
    if value is None:
        return {}
    if type(value) is not dict:
        raise Unreadable(f"{name} is {_shown(value)}; expected a record")
    return value


def records(row: Record, name: str) -> list[Record]:
    """A list of records; nulls in it are passed over."""
    value = row.get(name)
    if value is None:
        return []
    if type(value) is not list:
        raise Unreadable(f"{name} is {_shown(value)}; expected a list")
    for item in value:
        if type(item) is not dict:
            return _without_nulls(value, name)
    return value


def _without_nulls(value: list[Any], name: str) -> list[Record]:
    found = [item for item in value if item is not None]
    if not all(type(item) is dict for item in found):
        raise Unreadable(f"{name} holds something that is not a record")
    return found


def day(row: Record, name: str) -> dt.date | None:
    """A calendar day; a time behind it is cut off, not converted."""
    value = text(row, name)
    if not value:
        return None
    try:
        return dt.date.fromisoformat(value[:10])
    except ValueError:
        raise Unreadable(f"{name} is {_shown(value)}; expected a date") from None


def instant(row: Record, name: str) -> dt.datetime | None:
    """An ISO instant in UTC; one without an offset is taken as UTC."""
    value = text(row, name)
    return None if not value else instant_of(value, name)


def instant_of(value: str, name: str = "time") -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(value)
    except ValueError:
        raise Unreadable(f"{name} is {_shown(value)}; expected a time") from None
    return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)


def choice(row: Record, name: str, known: dict[str, Value]) -> Value:
    """The meaning of a code; a code that is not in `known` is told, never guessed."""
    value = text(row, name)
    if value not in known:
        raise Unreadable(f"{name} {_shown(value)} is unknown")
    return known[value]


@lru_cache(maxsize=1)
def _country_names() -> dict[str, str]:
    territories = Locale("en").territories
    return {name.lower(): code for code, name in territories.items() if len(code) == 2 and code.isalpha()}


def country_code(name: str) -> str:
    """ISO 3166 alpha-2 of a country written as a code or in English; "" when it is not known."""
    plain = name.strip()
    if len(plain) == 2 and plain.isalpha():
        return plain.upper()
    return _country_names().get(plain.lower(), "")


def decode(raw: bytes) -> Any:
    """JSON with exact decimals; raises Unreadable."""
    try:
        return _RECORD.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(f"not JSON: {error}") from None


def decode_record(raw: bytes) -> Record:
    found = decode(raw)
    if type(found) is not dict:
        raise Unreadable(f"is {_shown(found)}; expected a record")
    return found


def read_row(raw: bytes, where: str, id_field: str, translate: Callable[[Record], tuple[Fact, ...]]) -> Row:
    """One record as a Row. `where` is CONNECTION:KIND; what cannot be read becomes a problem and keeps its raw bytes."""
    name = "?"
    try:
        row = decode_record(raw)
        name = str(row.get(id_field) or "?")
        return Row(raw, translate(row))
    except (Unreadable, ValueError, ArithmeticError) as error:
        return Row(raw, problem=Problem(f"{where}:{name}", str(error), "the record is kept as received"))


def read_rows(
    raws: Iterable[bytes], where: str, id_field: str, translate: Callable[[Record], tuple[Fact, ...]]
) -> list[Row]:
    return [read_row(raw, where, id_field, translate) for raw in raws]


def _shown(value: object) -> str:
    if value is None:
        return "missing"
    shown = repr(value) if not isinstance(value, dict | list) else f"a {type(value).__name__}"
    return shown if len(shown) <= 60 else shown[:57] + "..."
