"""owed reconcile, owed breaks."""

import datetime as dt
from typing import Annotated, get_args

import typer

from owed.cli.options import DEFAULT_CONFIG, Config, Json, Now, open_installation
from owed.cli.printing import plain, print_json, say, table
from owed.errors import Mistake
from receivables.breaks import BreakKind
from receivables.money import Money
from reconciliation.results import Match
from store import outcomes
from sync.assess import Assessment, assess
from sync.cycle import remember_breaks


def register(application: typer.Typer) -> None:
    application.command("reconcile")(reconcile)
    application.command("breaks")(breaks)


def reconcile(config: Config = DEFAULT_CONFIG, now: Now = "", as_json: Json = False) -> None:
    """Match payments to invoices, recompute every balance, and name what does not agree."""
    installation = open_installation(config, now)
    seen = assess(installation, decide=False)
    remember_breaks(installation, seen)
    found = seen.reconciliation
    if as_json:
        print_json(
            {
                "settled_by_platform": found.settled_by_platform,
                "sightings": found.sightings,
                "mirrors": [{"mirror": str(one), "document": str(two)} for one, two in found.mirrors.items()],
                "matches": [{**plain(one), "amount": _amount(seen, one)} for one in found.matches],
                "unmatched": found.unmatched,
                "breaks": len(found.breaks),
            }
        )
        return
    rows = [[one.payment, one.invoice, _amount(seen, one), one.band, one.evidence] for one in found.matches]
    table("matches", ["payment", "invoice", "amount", "band", "why"], rows, numbers=["amount"], prose=["why"])
    say(f"{found.settled_by_platform} payments settle invoices by the platforms' own word")
    say(f"{len(found.sightings)} payments seen at two places, {len(found.mirrors)} invoices in two systems")
    say(f"{len(found.matches)} matched here, {len(found.unmatched)} belong to nothing we know")
    say(f"{len(found.breaks)} breaks; see: owed breaks")


def _amount(seen: Assessment, match: Match) -> Money:
    return Money(match.amount, seen.snapshot.invoices[match.invoice.connection, match.invoice.id].currency)


def breaks(
    config: Config = DEFAULT_CONFIG,
    now: Now = "",
    as_json: Json = False,
    kind: Annotated[str, typer.Option(help="Only breaks of this kind, such as 'unmatched payment'.")] = "",
) -> None:
    """Differences that are open, oldest first, each with its likely cause and a next step."""
    installation = open_installation(config, now)
    if kind and kind not in get_args(BreakKind):
        raise Mistake(f"--kind {kind}: expected one of {', '.join(get_args(BreakKind))}")
    with installation.store.read() as tx:
        found = [(since, one) for since, one in outcomes.open_breaks(tx) if kind in ("", one.kind)]
    found.sort(key=lambda pair: (pair[1].since_on or dt.date.max, pair[1].key))
    if as_json:
        print_json([{"first_seen_at": since, "key": one.key, "break": one} for since, one in found])
        return
    rows = [
        [one.kind, one.amount, " ".join(map(str, one.refs)), one.since_on, one.cause, one.next_step] for _, one in found
    ]
    table(
        "",
        ["kind", "amount", "about", "since", "cause", "next step"],
        rows,
        numbers=["amount"],
        prose=["cause", "next step"],
    )
    say(f"{len(found)} breaks open")
