"""owed reconcile."""

import re
from pathlib import Path
from typing import Annotated

import typer

from owed.bank_files import read_payments
from owed.cli.options import DEFAULT_CONFIG, Config, Json, Now, open_installation
from owed.cli.plan import actor
from owed.cli.printing import note, plain, print_json, say, table
from owed.errors import BadSettings, Mistake
from receivables.money import Money
from receivables.refs import LOCAL
from reconciliation.results import Match
from sync import banking
from sync.assess import Assessment, assess
from sync.cycle import remember_breaks
from sync.installation import Installation

#: It stands in references, beside the names of connections.
_ACCOUNT = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def register(application: typer.Typer) -> None:
    application.command("reconcile")(reconcile)


def reconcile(
    config: Config = DEFAULT_CONFIG,
    now: Now = "",
    as_json: Json = False,
    bank: Annotated[list[Path] | None, typer.Option("--bank", help="A bank's statement; may be given again.")] = None,
    account: Annotated[str, typer.Option(help="Your name for the bank account of --bank.")] = "bank",
) -> None:
    """Match payments to invoices, recompute every balance, and name what does not agree."""
    installation = open_installation(config, now)
    if bank:
        _read_statements(installation, bank, account)
    seen = assess(installation, decide=False)
    remember_breaks(installation, seen)
    found = seen.reconciliation
    if as_json:
        print_json(
            {
                "settled_by_platform": found.settled_by_platform,
                "sightings": found.sightings,
                "bank_lines": found.banked,
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
    if seen.snapshot.bank_lines:
        say(f"{len(found.banked)} lines of bank statements are in the books, or payouts")
    say(f"{len(found.matches)} matched here, {len(found.unmatched)} belong to nothing we know")
    say(f"{sum(one.is_open for one in found.breaks)} breaks open; see: owed breaks")


def _read_statements(installation: Installation, files: list[Path], account: str) -> None:
    """All files are understood, or none is kept. Raises BadSettings with every problem, and Mistake."""
    if not _ACCOUNT.fullmatch(account) or account == LOCAL:
        raise Mistake(f"--account {account}: expected small letters, digits and dashes, such as current-gbp")
    if account in installation.endpoints:
        raise Mistake(f"--account {account}: that is a connection; choose another name for the bank account")
    read = [(path, *read_payments(path)) for path in files]
    if problems := [problem for _, _, found in read for problem in found]:
        raise BadSettings(problems)
    for path, lines, _ in read:
        saved = banking.keep(installation, account, lines, actor(), path.name)
        note(f"{path.name}: {saved.new} new lines, {saved.changed} changed, {saved.same} known already")


def _amount(seen: Assessment, match: Match) -> Money:
    return Money(match.amount, seen.snapshot.invoices[match.invoice.connection, match.invoice.id].currency)
