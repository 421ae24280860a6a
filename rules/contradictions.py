"""Conditions that cannot all hold: a policy that takes nobody, whatever the books show. Only what is plain to see."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from receivables.money import Money
from rules.fields import FIELDS

#: A `when` table as it is written, without mistakes.
When = Mapping[str, Any]


class Span(NamedTuple):
    """Whole numbers from `least` to `most`, both included; None: no limit."""

    least: int | None = None
    most: int | None = None

    @property
    def is_empty(self) -> bool:
        return self.least is not None and self.most is not None and self.least > self.most

    def within(self, other: "Span") -> "Span":
        least = [one for one in (self.least, other.least) if one is not None]
        most = [one for one in (self.most, other.most) if one is not None]
        return Span(max(least, default=None), min(most, default=None))


def why_never(when: When) -> str:
    """Why no invoice can meet these conditions; "" where one may."""
    for key, value in when.items():
        if key == "any_of":
            branches = [why_never(branch) for branch in value]
            if branches and all(branches):
                return branches[0]
        elif key in FIELDS and (why := _WAYS.get(FIELDS[key].type, _nothing_left)(key, _operators(value))):
            return why
    return _other_currency(when)


def span_of_days(when: When) -> Span:
    """The days past due between which the conditions can hold: below zero before the due date."""
    value = when.get("days_past_due")
    return Span() if value is None else _span(_operators(value).items())


def _operators(value: Any) -> Mapping[str, Any]:
    if isinstance(value, dict):
        return value
    return {"in" if isinstance(value, list) else "eq": value}


def _span(limits: Iterable[tuple[str, int]]) -> Span:
    found = Span()
    for name, limit in limits:
        found = found.within(
            {
                "eq": Span(limit, limit),
                "gt": Span(limit + 1, None),
                "gte": Span(limit, None),
                "lt": Span(None, limit - 1),
                "lte": Span(None, limit),
            }[name]
        )
    return found


def _no_number(field: str, operators: Mapping[str, Any]) -> str:
    return f"no {field} is within these limits" if _span(operators.items()).is_empty else ""


def _no_amount(field: str, operators: Mapping[str, Any]) -> str:
    return "" if _currencies(operators) else f"no {field} is within these limits, in any one currency"


def _currencies(operators: Mapping[str, Any]) -> set[str]:
    """Those in which an amount meets every limit: a limit holds in its own currency alone."""
    limits: dict[str, dict[str, int]] = {
        name: {money.currency: money.minor for money in map(Money.parse, _each(value))}
        for name, value in operators.items()
    }
    named = {one for limit in limits.values() for one in limit if all(one in other for other in limits.values())}
    return {one for one in named if not _span((name, limit[one]) for name, limit in limits.items()).is_empty}


def _no_tag(field: str, operators: Mapping[str, Any]) -> str:
    refused = _folded(operators.get("none_of", []))
    wanted = [value for key in ("eq", "in", "any_of") if key in operators for value in [_folded(operators[key])]]
    if any(one <= refused for one in wanted) or _folded(operators.get("all_of", [])) & refused:
        return f"the {field} that are asked for are refused as well"
    return ""


def _nothing_left(field: str, operators: Mapping[str, Any]) -> str:
    wanted = [_folded(operators[key]) for key in ("eq", "in") if key in operators]
    if not wanted:
        return ""
    left = set.intersection(*wanted)
    for key in ("ne", "not_in"):
        left -= _folded(operators.get(key, []))
    return "" if left else f"no {field} is left"


def _other_currency(when: When) -> str:
    """An amount in pounds, and the invoice in euros."""
    currencies = _operators(when["currency"]) if "currency" in when else {}
    wanted = [_folded(currencies[key]) for key in ("eq", "in") if key in currencies]
    for key, value in when.items():
        if wanted and key in FIELDS and FIELDS[key].type == "money":
            amounts = {one.casefold() for one in _currencies(_operators(value))}
            if not any(all(one in values for values in wanted) for one in amounts):
                return f"{key} is given in a currency that the condition on currency leaves out"
    return ""


def _each(value: Any) -> Iterator[Any]:
    yield from value if isinstance(value, list) else [value]


def _folded(value: Any) -> set[str]:
    return {str(one).strip().casefold() for one in _each(value)}


_WAYS = {"number": _no_number, "money": _no_amount, "list": _no_tag}
