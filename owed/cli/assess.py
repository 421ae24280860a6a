"""owed reconcile."""

import typer

from owed.cli.options import DEFAULT_CONFIG, Config, Json, Now, open_installation
from owed.cli.printing import plain, print_json, say, table
from receivables.money import Money
from reconciliation.results import Match
from sync.assess import Assessment, assess
from sync.cycle import remember_breaks


def register(application: typer.Typer) -> None:
    application.command("reconcile")(reconcile)


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
                "breaks": sum(one.is_open for one in found.breaks),
            }
        )
        return
    rows = [[one.payment, one.invoice, _amount(seen, one), one.band, one.evidence] for one in found.matches]
    table("matches", ["payment", "invoice", "amount", "band", "why"], rows, numbers=["amount"], prose=["why"])
    say(f"{found.settled_by_platform} payments settle invoices by the platforms' own word")
    say(f"{len(found.sightings)} payments seen at two places, {len(found.mirrors)} invoices in two systems")
    say(f"{len(found.matches)} matched here, {len(found.unmatched)} belong to nothing we know")
    say(f"{sum(one.is_open for one in found.breaks)} breaks open; see: owed breaks")


def _amount(seen: Assessment, match: Match) -> Money:
    return Money(match.amount, seen.snapshot.invoices[match.invoice.connection, match.invoice.id].currency)
