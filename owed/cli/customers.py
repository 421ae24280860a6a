"""owed customers, owed customers proposals, confirm, refuse: who owes, and which records are one and the same debtor."""

from typing import Annotated

import typer

from owed.cli.ledger import basis, debtor_rows
from owed.cli.options import DEFAULT_CONFIG, Config, Json, Now, open_installation
from owed.cli.plan import actor
from owed.cli.printing import print_json, say, table
from owed.cli.references import find
from owed.errors import Mistake
from receivables.facts import Customer
from receivables.refs import Ref
from reconciliation.lookalikes import proposals as likely
from sync import answering
from sync.addresses import blocked_now, lift_block
from sync.assess import Assessment, assess

One = Annotated[str, typer.Argument(metavar="A", help="A customer: reference, id or name.")]
Other = Annotated[str, typer.Argument(metavar="B", help="Another customer.")]
Reason = Annotated[str, typer.Option("--reason", help="In your words; it stands in the journal.")]

application = typer.Typer(help="Who owes what, and which records are one debtor.", invoke_without_command=True)


@application.callback()
def customers(context: typer.Context, config: Config = DEFAULT_CONFIG, now: Now = "", as_json: Json = False) -> None:
    """Who owes what: one line for each debtor and currency, largest overdue amount first."""
    if context.invoked_subcommand:
        return
    seen = assess(open_installation(config, now), decide=False)
    rows = debtor_rows(seen)
    if as_json:
        print_json(rows)
        return
    columns = ["debtor", "name", "invoices", "open", "overdue", "oldest_days", "unapplied"]
    table("", columns, [[row[name] for name in columns] for row in rows], numbers=columns[2:], prose=["name"])
    say(f"{len(rows)} debtors {basis(seen.snapshot)}".rstrip())


@application.command("proposals")
def proposals(config: Config = DEFAULT_CONFIG, now: Now = "", as_json: Json = False) -> None:
    """Records that may be one debtor, likeliest first, with what speaks for it. Nothing is joined unasked."""
    seen = assess(open_installation(config, now), decide=False)
    found = likely(seen.snapshot, seen.reconciliation.debtors)
    rows = [
        {
            "one": str(pair.one),
            "name": _name(seen, pair.one),
            "other": str(pair.other),
            "other_name": _name(seen, pair.other),
            "score": pair.score,
            "margin": pair.margin,
            "evidence": ", ".join(pair.evidence),
        }
        for pair in found
    ]
    if as_json:
        print_json(rows)
        return
    columns = ["one", "name", "other", "other_name", "score", "margin", "evidence"]
    prose = ["name", "other_name", "evidence"]
    table("", columns, [[row[name] for name in columns] for row in rows], numbers=["score", "margin"], prose=prose)
    say(f"{len(rows)} pairs; answer with: owed customers confirm A B, or owed customers refuse A B")


@application.command("confirm")
def confirm(one: One, other: Other, config: Config = DEFAULT_CONFIG, now: Now = "", reason: Reason = "") -> None:
    """They are one debtor: their debts and credits count together."""
    installation = open_installation(config, now)
    first, second = _pair(assess(installation, decide=False), one, other)
    answering.say_same(installation, first, second, actor(), reason, same=True)
    say(f"one debtor from now on: {first} and {second}")


@application.command("refuse")
def refuse(one: One, other: Other, config: Config = DEFAULT_CONFIG, now: Now = "", reason: Reason = "") -> None:
    """They are two debtors, whatever they have in common, and are never joined again."""
    installation = open_installation(config, now)
    first, second = _pair(assess(installation, decide=False), one, other)
    answering.say_same(installation, first, second, actor(), reason, same=False)
    say(f"two debtors for good: {first} and {second}")


@application.command("blocked")
def blocked(config: Config = DEFAULT_CONFIG, now: Now = "", as_json: Json = False) -> None:
    """Addresses that bounced: nobody writes there. Ask the customer for another one, and enter it at the platform."""
    found = blocked_now(open_installation(config, now))
    if as_json:
        print_json(found)
        return
    rows = [[one.address, one.subject, one.blocked_on, one.reason] for one in found]
    table("", ["address", "debtor", "since", "why"], rows, prose=["why"])
    say(f"{len(rows)} addresses; take one back with: owed customers unblock ADDRESS")


@application.command("unblock")
def unblock(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="As owed customers blocked lists it.")],
    config: Config = DEFAULT_CONFIG,
    now: Now = "",
    reason: Reason = "",
) -> None:
    """It can be reached again: it is written to from now on, until a new message bounces."""
    if not lift_block(open_installation(config, now), address, actor(), reason):
        raise Mistake(f"{address} is not blocked; owed customers blocked lists those that are")
    say(f"{address.strip().casefold()} may be written to again")


def _pair(seen: Assessment, one: str, other: str) -> tuple[Ref, Ref]:
    first, second = _customer(seen, one), _customer(seen, other)
    if first == second:
        raise Mistake(f"{one} and {other} are the same record")
    return first, second


def _customer(seen: Assessment, word: str) -> Ref:
    found = find(seen, word)
    if not isinstance(found, Customer):
        raise Mistake(f"{word} is no customer; owed customers lists them")
    return found.ref


def _name(seen: Assessment, ref: Ref) -> str:
    return seen.snapshot.customers[ref.connection, ref.id].name
