"""owed breaks, owed breaks accept, refuse, assign: what does not agree, and a person's word about it."""

from typing import Annotated, Any, get_args

import typer

from owed.cli.options import DEFAULT_CONFIG, Config, Json, Now, open_installation
from owed.cli.plan import actor
from owed.cli.printing import print_json, say, table
from owed.cli.whose import whose
from owed.errors import Mistake
from receivables.breaks import ASKS_FOR_DEBT, Break, BreakKind, Choice
from receivables.refs import Ref
from receivables.snapshot import Snapshot
from reconciliation.breaks.answers import MATCHES
from store import outcomes
from store.outcomes import KnownBreak
from sync import answering
from sync.assess import assess, load_snapshot
from sync.installation import Installation

Key = Annotated[str, typer.Argument(metavar="KEY", help="The first letters of its key, as owed breaks shows it.")]
Reason = Annotated[str, typer.Option("--reason", help="In your words; it stands in the journal.")]

#: Fewer letters of a key could mean anything.
_SHORTEST = 4

application = typer.Typer(
    help="What does not agree: each difference with its likely cause and a next step.", invoke_without_command=True
)


@application.callback()
def breaks(
    context: typer.Context,
    config: Config = DEFAULT_CONFIG,
    now: Now = "",
    as_json: Json = False,
    kind: Annotated[str, typer.Option(help="Only breaks of this kind, such as 'unmatched payment'.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Accepted and closed ones too.")] = False,
) -> None:
    """Differences that are open, oldest first, each with its likely cause and a next step."""
    if context.invoked_subcommand:
        return
    installation = open_installation(config, now)
    if kind and kind not in get_args(BreakKind):
        raise Mistake(f"--kind {kind}: expected one of {', '.join(get_args(BreakKind))}")
    with installation.store.read() as tx:
        known = [one for one in outcomes.breaks(tx) if kind in ("", one.found.kind)]
    seen = load_snapshot(installation)
    today = seen.today
    shown = [one for one in known if everything or _state(one) == "open"]
    shown.sort(key=lambda one: (-(one.found.age(today) or 0), one.found.key))
    if as_json:
        print_json(
            [{**_plain(one), "age_days": one.found.age(today), "whose": whose(seen, _refs(one.found))} for one in shown]
        )
        return
    columns = ["key", "kind", "amount", "age", "whose", "about", "cause", "next step", "assigned to"]
    rows = [_row(one.found, one.found.age(today), seen) for one in shown]
    if everything:
        columns, rows = [*columns, "state"], [[*row, _state(one)] for row, one in zip(rows, shown, strict=True)]
    table("", columns, rows, numbers=["amount", "age"], prose=["whose", "cause", "next step"])
    say(f"{sum(_state(one) == 'open' for one in known)} breaks open")


def _state(one: KnownBreak) -> str:
    return "closed" if one.closed_at else one.found.answer or "open"


def _refs(one: Break) -> list[Ref]:
    return [*one.refs, *(ref for ref in one.about if ref not in one.refs)]


def _row(one: Break, age: int | None, seen: Snapshot) -> list[Any]:
    days = "" if age is None else f"{age} day" if age == 1 else f"{age} days"
    about = " ".join(map(str, _refs(one)))
    return [
        one.short_key,
        one.kind,
        one.amount,
        days,
        whose(seen, _refs(one)),
        about,
        one.cause,
        one.next_step,
        one.assigned_to,
    ]


def _plain(one: KnownBreak) -> dict[str, Any]:
    return {
        "first_seen_at": one.first_seen_at,
        "closed_at": one.closed_at,
        "state": _state(one),
        "key": one.found.key,
        "short_key": one.found.short_key,
        "break": one.found,
    }


@application.command("accept")
def accept(
    key: Key,
    config: Config = DEFAULT_CONFIG,
    now: Now = "",
    reason: Reason = "",
    stands: Annotated[bool, typer.Option("--debt-stands", help="The customer still owes it: chase again.")] = False,
    settled: Annotated[bool, typer.Option("--debt-is-settled", help="Nothing is owed any more.")] = False,
) -> None:
    """It is explained, until its amount changes; a match is confirmed, and a refund or chargeback decided."""
    installation = open_installation(config, now)
    one = _find(installation, key)
    if one.kind in ASKS_FOR_DEBT and stands == settled:
        raise Mistake(f"{key} is about money given back: say --debt-stands or --debt-is-settled")
    if one.kind not in ASKS_FOR_DEBT and (stands or settled):
        raise Mistake(f"{key}: --debt-stands and --debt-is-settled answer refunds and lost chargebacks alone")
    choice: Choice = "debt stands" if stands else "debt is settled" if settled else ""
    answering.accept(installation, one, actor(), reason, choice)
    say(f"accepted: {_named(one)}" + (f"; the {choice}" if choice else ""))


@application.command("refuse")
def refuse(key: Key, config: Config = DEFAULT_CONFIG, now: Now = "", reason: Reason = "") -> None:
    """The payment is not for this invoice: it is never proposed again."""
    installation = open_installation(config, now)
    one = _find(installation, key)
    if one.kind not in MATCHES:
        raise Mistake(f"{key} is no match ({one.kind}): only a match can be refused")
    answering.refuse(installation, one, actor(), reason)
    say(f"refused: {_named(one)}; it is not proposed again")


@application.command("assign")
def assign(
    key: Key,
    config: Config = DEFAULT_CONFIG,
    now: Now = "",
    to: Annotated[str, typer.Option("--to", help="Who looks after it; without it nobody does.")] = "",
    reason: Reason = "",
) -> None:
    """Say who looks after it."""
    installation = open_installation(config, now)
    one = _find(installation, key)
    answering.assign(installation, one, to, actor(), reason)
    say(f"{_named(one)}: assigned to {to or 'nobody'}")


def _find(installation: Installation, word: str) -> Break:
    """The one break of today's facts that a word means. Raises Mistake."""
    if len(word) < _SHORTEST:
        raise Mistake(f"{word}: give at least the first {_SHORTEST} letters of the key; see: owed breaks")
    found = assess(installation, decide=False).reconciliation.breaks
    exact = [one for one in found if one.key == word]
    meant = exact or [one for one in found if len(word) >= _SHORTEST and one.short_key.startswith(word)]
    if len(meant) != 1:
        raise Mistake(f"{word}: {'no' if not meant else 'more than one'} break has this key; see: owed breaks")
    return meant[0]


def _named(one: Break) -> str:
    return f"{one.kind} of {one.amount} ({' '.join(map(str, one.refs))})"
